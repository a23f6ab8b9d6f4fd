// Element-wise functions over tensors of other shapes: where each tensor lies, and which outputs are sums.
#pragma once

#include "passes.h"
#include "symbolic_kernel.h"

namespace actinide {

struct KernelRequest;

/// The kernel of a pass over the request's shape. Sums come first: they read their inputs before an output in place
/// overwrites them. No sum lies in the place of an input that the elements read: the runtime refuses that.
SymbolicSteps arrange(const KernelRequest &request, const PassKernel &kernel);

}  // namespace actinide
