#include "call_limits.h"

#include "error.h"

#include <actinide/kernel.h>

namespace actinide {

std::optional<std::string> beyond_limits(const KernelSignature &signature, bool for_cuda) {
  const std::size_t buffers = signature.inputs.size() + signature.outputs.size();
  if (buffers > ACTINIDE_MAX_BUFFERS)
    return fmt::format("{} has {} tensors; a kernel has at most {}: give the definition fewer inputs",
                       signature.base_name(), buffers, static_cast<int>(ACTINIDE_MAX_BUFFERS));
  if (for_cuda && signature.parameters.size() > ACTINIDE_CUDA_MAX_PARAMETERS)
    return fmt::format("{} has {} parameters; a CUDA kernel has at most {}: give some of them values in the request",
                       signature.base_name(), signature.parameters.size(),
                       static_cast<int>(ACTINIDE_CUDA_MAX_PARAMETERS));
  return std::nullopt;
}

void check_limits(const KernelSignature &signature, bool for_cuda) {
  if (const auto reason = beyond_limits(signature, for_cuda)) user_error("{}", *reason);
}

}  // namespace actinide
