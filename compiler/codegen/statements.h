// A lowered Halide statement as an LLVM function.
#pragma once

#include "codegen/target.h"
#include "lowering/lower.h"

#include <string>

namespace llvm {
class Module;
}  // namespace llvm

namespace actinide {

/// Adds to `module` the function `symbol` (an actinide_kernel_function of the runtime) that runs `kernel`.
///
/// A statement under a predicate (the rest after the last full block) is run in pieces of the kernel's native lanes,
/// by the same instructions as the full block and hence to the same bits; it touches no element outside the predicate.
/// All loads of a block of elements precede its stores, so that an output may be exactly an input.
void emit_kernel(llvm::Module &module, const Target &target, const std::string &symbol, const LoweredKernel &kernel);

}  // namespace actinide
