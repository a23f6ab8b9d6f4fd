// The function of a kernel: how its arguments come in, and which of many threads it is.
#pragma once

#include "codegen/target.h"
#include "lowering/lower.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <string>
#include <vector>

namespace actinide {

/// The extents of the kernel's space, i32; null where it is 1 for every kernel of the shape.
struct Space {
  llvm::Value *outer = nullptr;
  llvm::Value *channels = nullptr;
  llvm::Value *inner = nullptr;
};

/// The kernel's arguments, unpacked.
struct KernelArguments {
  std::vector<llvm::Value *> pointers;  ///< of the buffers
  Space space;
  std::vector<llvm::Value *> row_strides;  ///< of each buffer, i32, in elements; none where the space has no rows
  std::vector<llvm::Value *> parameters;   ///< f64
  llvm::Value *streams = nullptr;          ///< i1: past the caches; null where the kernel never does
};

/// One of several that take turns, i32: it takes number `first`, then every `step`th.
struct Turns {
  llvm::Value *first = nullptr;
  llvm::Value *step = nullptr;
};

/// The calling thread among those that share the kernel's work.
struct Share {
  Turns threads;      ///< of its team: elements
  Turns teams;        ///< rows, or whatever the outermost parallel loop walks
  Turns inner_teams;  ///< what a parallel loop within that walks
};

struct KernelEntry {
  llvm::Function *function;
  KernelArguments arguments;
  Share share;
};

/// Adds the function `symbol` to `module` and leaves `builder` in its first block, behind the reading of arguments.
///
/// CPU: an actinide_kernel_function, run by one thread. CUDA: an entry of the kernel's only part, as
/// actinide_cuda_entry describes it, run by a grid of blocks.
KernelEntry enter_kernel(llvm::Module &module, llvm::IRBuilderBase &builder, const Target &target,
                         const std::string &symbol, const LoweredKernel &kernel);

}  // namespace actinide
