// Windows grows a stack page by page and wants a frame of more than a page touched in order. LLVM calls a function of
// the C runtime for that; kernels bring their own, because they depend on nothing.
#pragma once

#include "codegen/target.h"

namespace llvm {
class Function;
}

namespace actinide {

/// Lets `kernel` probe its frame by a function in its own module, which is added if it is missing.
void probe_stack_locally(llvm::Function &kernel, Architecture architecture);

}  // namespace actinide
