// A kernel in this process, with all that a call needs.
#pragma once

#include "actinide/jit.h"
#include "actinide/kernel.h"
#include "codegen/target.h"
#include "jit/code_names.h"
#include "jit/compile_service.h"
#include "jit/disk_cache.h"
#include "jit/executable_memory.h"
#include "jit/package.h"

#include <memory>
#include <string>
#include <vector>

namespace actinide::detail {

/// Immutable but for what the runtime keeps in the descriptor.
struct CompiledKernel {
  CompiledKernel(jit::KernelPackage &&package, const Target &target);
  CompiledKernel(const CompiledKernel &) = delete;
  CompiledKernel &operator=(const CompiledKernel &) = delete;

  const KernelInfo info;
  const std::vector<double> defaults;  ///< of info.parameters
  const jit::ExecutableMemory code;
  const jit::CodeName name;
  const actinide_variant variant;
  mutable actinide_kernel descriptor;
};

/// Immutable but for what the runtime keeps in the descriptor: what it has loaded into which context.
struct CompiledCudaKernel {
  explicit CompiledCudaKernel(jit::CudaKernelPackage &&package);
  CompiledCudaKernel(const CompiledCudaKernel &) = delete;
  CompiledCudaKernel &operator=(const CompiledCudaKernel &) = delete;

  const KernelInfo info;
  const std::vector<double> defaults;  ///< of info.parameters
  mutable actinide_cuda_kernel descriptor;

 private:
  const std::vector<std::string> ptx_;
  const std::vector<CudaEntry> entries_;
  std::vector<actinide_cuda_image> images_;
  std::vector<actinide_cuda_entry> entry_table_;
};

/// The kernel of `request` for its target, `target`, which must run here: made at most once in a process, from what
/// `disk` holds, or else by the compiler, whose work `disk` then keeps. `disk` may be null. Kernels stay until the
/// process ends.
const CompiledKernel &compiled_kernel(const jit::PackageRequest &request, const Target &target, jit::DiskCache *disk);
/// The same if this process or `disk` has it; else null, and nothing is compiled.
const CompiledKernel *find_kernel(const jit::PackageRequest &request, const Target &target, jit::DiskCache *disk);
/// The same for every CUDA target.
const CompiledCudaKernel &compiled_cuda_kernel(const jit::PackageRequest &request, jit::DiskCache *disk);

}  // namespace actinide::detail
