// A kernel in this process, with all that a call needs.
#pragma once

#include "actinide/jit.h"
#include "actinide/kernel.h"
#include "activations.h"
#include "codegen/target.h"
#include "cuda_kernel.h"
#include "pipeline.h"

#include <memory>
#include <string>
#include <vector>

namespace actinide::detail {

/// Immutable but for what the runtime keeps in the descriptor.
struct CompiledKernel {
  /// `functions`: the kernel's own, and its merge where it has sum_words.
  CompiledKernel(KernelInfo face, const Activation *row, const std::vector<actinide_kernel_function> &functions,
                 const Target &target, std::uint32_t cost, std::size_t sum_words);
  CompiledKernel(const CompiledKernel &) = delete;
  CompiledKernel &operator=(const CompiledKernel &) = delete;

  const KernelInfo info;
  const std::vector<double> defaults;                 ///< of info.parameters
  const std::vector<const Constraint *> constraints;  ///< of info.parameters; null: any finite number
  const actinide_variant variant;
  mutable actinide_kernel descriptor;
};

/// The kernel of `request` for `target`, which must run here. Compiled at most once in a process.
std::shared_ptr<const CompiledKernel> compiled_kernel(const KernelRequest &request, const Target &target);

/// Immutable but for what the runtime keeps in the descriptor: what it has loaded into which context.
struct CompiledCudaKernel {
  /// `ptx`: for each of `targets`, the highest compute capability first.
  CompiledCudaKernel(KernelInfo face, const Activation *row, std::span<const Target> targets,
                     std::vector<std::string> ptx, std::vector<CudaEntry> entries);
  CompiledCudaKernel(const CompiledCudaKernel &) = delete;
  CompiledCudaKernel &operator=(const CompiledCudaKernel &) = delete;

  const KernelInfo info;
  const std::vector<double> defaults;                 ///< of info.parameters
  const std::vector<const Constraint *> constraints;  ///< of info.parameters; null: any finite number
  mutable actinide_cuda_kernel descriptor;

 private:
  const std::vector<std::string> ptx_;
  const std::vector<CudaEntry> entries_;
  std::vector<actinide_cuda_image> images_;
  std::vector<actinide_cuda_entry> entry_table_;
};

/// The kernel of `request` for every CUDA target. Compiled at most once in a process.
std::shared_ptr<const CompiledCudaKernel> compiled_cuda_kernel(const KernelRequest &request);

}  // namespace actinide::detail
