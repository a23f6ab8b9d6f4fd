// The object with the C functions that run kernels on the CPU.
#pragma once

#include "aot/plan.h"

#include <cstdint>
#include <vector>

namespace actinide::aot {

/// Object code for the plan's baseline. For each kernel it defines the exported function of its C name, which calls
/// actinide_kernel_run with the kernel's descriptor; that one chooses among the variants. It refers to the kernels'
/// symbols and to actinide_kernel_run, to nothing else.
/// `facts`: for each of the plan's CPUs, of each kernel.
std::vector<char> dispatch_object(const Plan &plan, const std::vector<std::vector<KernelFacts>> &facts);

}  // namespace actinide::aot
