// A kernel in this process, with all that a call needs.
#pragma once

#include "actinide/jit.h"
#include "actinide/kernel.h"
#include "codegen/target.h"
#include "pipeline.h"

#include <memory>
#include <string>
#include <vector>

namespace actinide::detail {

/// Immutable but for what the runtime keeps in the descriptor.
struct CompiledKernel {
  CompiledKernel(KernelInfo face, actinide_kernel_function function, const Target &target, std::uint32_t cost);
  CompiledKernel(const CompiledKernel &) = delete;
  CompiledKernel &operator=(const CompiledKernel &) = delete;

  const KernelInfo info;
  const std::vector<double> defaults;  ///< of info.parameters
  const actinide_variant variant;
  mutable actinide_kernel descriptor;
};

/// The kernel of `request` for `target`, which must run here. Compiled at most once in a process.
std::shared_ptr<const CompiledKernel> compiled_kernel(const KernelRequest &request, const Target &target);

}  // namespace actinide::detail
