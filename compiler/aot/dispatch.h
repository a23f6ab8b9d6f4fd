// The object that the user's program calls: one C function and one descriptor for each kernel.
#pragma once

#include "aot/plan.h"

#include <cstdint>
#include <vector>

namespace actinide::aot {

/// Object code for the plan's baseline. For each kernel it defines the exported function of its C name, which gathers
/// the arguments and calls actinide_kernel_run with the kernel's descriptor (runtime/include/actinide/kernel.h); that
/// one chooses among the variants. It refers to the kernels' symbols and to actinide_kernel_run, to nothing else.
/// `costs`: of an element of each kernel, in the unit of the descriptor.
std::vector<char> dispatch_object(const Plan &plan, const std::vector<std::uint32_t> &costs);

}  // namespace actinide::aot
