// Schedules as Halide understands them. With lowering/ and the statement visitor of codegen/ the only user of Halide.h.
#pragma once

#include "schedules/schedule.h"

#include <Halide.h>

#include <limits>

namespace actinide {

/// Vectors along `i`. `native_lanes`: elements of the storage type in one native vector; `most`: that `i` can have.
void vectorize(const Schedule &schedule, int native_lanes, Halide::Stage stage, const Halide::VarOrRVar &i,
               int most = std::numeric_limits<int>::max());

}  // namespace actinide
