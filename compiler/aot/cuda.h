// The object with the C functions that launch kernels on a CUDA device, and with the kernels' PTX.
#pragma once

#include "aot/plan.h"

#include <string>
#include <vector>

namespace actinide::aot {

/// Object code for the plan's baseline. For each kernel it defines the exported function of its C name with `_cuda`
/// appended, which calls actinide_cuda_kernel_run with the kernel's descriptor. It refers to that function alone.
/// `ptx`: of each kernel, for each of the plan's CUDA targets.
std::vector<char> cuda_object(const Plan &plan, const std::vector<std::vector<std::string>> &ptx);

}  // namespace actinide::aot
