// What a kernel costs: estimates from its program, for the runtime's decision to use several threads and for schedules.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"

#include <cstdint>

namespace actinide {

/// Time for one element on one core, in the unit of actinide_kernel::cost (1/1024 ns); at least 1.
std::uint32_t cost_of(const Program &program, const Target &target);

/// Instructions of one element on a CUDA device, in turns of a multiprocessor's schedulers, each for a warp.
double cuda_slots(const Program &program);

}  // namespace actinide
