// What a call of the runtime has room for.
#pragma once

#include "pipeline.h"

namespace actinide {

/// Why no call has room for the kernel, which has too many tensors or, `for_cuda`, parameters; nothing if one has.
std::optional<std::string> beyond_limits(const KernelSignature &signature, bool for_cuda);
/// Throws UserError with that reason.
void check_limits(const KernelSignature &signature, bool for_cuda);

}  // namespace actinide
