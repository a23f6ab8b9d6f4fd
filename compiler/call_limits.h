// What a call of the runtime has room for.
#pragma once

#include "pipeline.h"

namespace actinide {

/// Throws UserError if the kernel has more tensors or, `for_cuda`, more parameters than that.
void check_limits(const KernelSignature &signature, bool for_cuda);

}  // namespace actinide
