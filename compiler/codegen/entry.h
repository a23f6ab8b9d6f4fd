// The function of a kernel: how its arguments come in, and which of many threads it is.
#pragma once

#include "codegen/target.h"
#include "lowering/lower.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <string>
#include <vector>

namespace actinide {

/// The kernel's arguments, unpacked.
struct KernelArguments {
  std::vector<llvm::Value *> pointers;    ///< of the buffers
  llvm::Value *size = nullptr;            ///< number of elements, i32
  std::vector<llvm::Value *> parameters;  ///< f64
};

/// The calling thread among those that share the kernel's work.
struct Share {
  llvm::Value *thread = nullptr;   ///< i32, from 0
  llvm::Value *threads = nullptr;  ///< i32
};

struct KernelEntry {
  llvm::Function *function;
  KernelArguments arguments;
  Share share;
};

/// Adds the function `symbol` to `module` and leaves `builder` in its first block, behind the reading of arguments.
///
/// CPU: an actinide_kernel_function, run by one thread. CUDA: an entry as actinide_cuda_entry describes it, run by a
/// grid of blocks.
KernelEntry enter_kernel(llvm::Module &module, llvm::IRBuilderBase &builder, const Target &target,
                         const std::string &symbol, const LoweredKernel &kernel);

}  // namespace actinide
