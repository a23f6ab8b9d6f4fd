// The kernels of a plan as machine code.
#pragma once

#include "aot/archive.h"
#include "aot/plan.h"
#include "aot/ptxas.h"
#include "pipeline.h"

#include <optional>
#include <string>
#include <vector>

namespace actinide::aot {

struct CompiledKernels {
  std::vector<Member> objects;                  ///< one for each of the plan's CPUs, in its order
  std::vector<std::vector<KernelFacts>> facts;  ///< for each of the plan's CPUs, of each kernel
  std::vector<std::vector<std::string>> ptx;    ///< of each kernel, for each of the plan's CUDA targets
};

CompiledKernels compile(const Plan &plan);

/// What the machine's ptxas says of the PTX.
struct CudaUsage {
  std::string version;                                       ///< of the toolkit
  std::vector<std::vector<std::vector<EntryUsage>>> images;  ///< for each PTX, of each entry of which it says something
};

/// Empty where there is no ptxas, or nothing to assemble.
std::optional<CudaUsage> cuda_usage(const Plan &plan, const CompiledKernels &kernels);

}  // namespace actinide::aot
