#include "call_limits.h"

#include "error.h"

#include <actinide/kernel.h>

namespace actinide {

void check_limits(const KernelSignature &signature, bool for_cuda) {
  const std::size_t buffers = signature.inputs.size() + signature.outputs.size();
  if (buffers > ACTINIDE_MAX_BUFFERS)
    user_error("{} has {} tensors; a kernel has at most {}: give the definition fewer inputs", signature.base_name(),
               buffers, static_cast<int>(ACTINIDE_MAX_BUFFERS));
  if (for_cuda && signature.parameters.size() > ACTINIDE_CUDA_MAX_PARAMETERS)
    user_error("{} has {} parameters; a CUDA kernel has at most {}: give some of them values in the request",
               signature.base_name(), signature.parameters.size(), static_cast<int>(ACTINIDE_CUDA_MAX_PARAMETERS));
}

}  // namespace actinide
