// Schedules as Halide understands them. With lowering/ and the statement visitor of codegen/ the only user of Halide.h.
#pragma once

#include "schedules/schedule.h"

#include <Halide.h>

namespace actinide {

/// Schedules a pointwise Func over `i`. `native_lanes`: elements of the storage type in one native vector.
void apply_elementwise(const Schedule &schedule, int native_lanes, Halide::Func &function, const Halide::Var &i);

}  // namespace actinide
