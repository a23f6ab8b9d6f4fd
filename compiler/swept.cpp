#include "swept.h"

#include <algorithm>

namespace actinide {

const SweptKernel *find_swept(std::string_view activation, Pass pass, DType dtype, bool arguments) {
  const auto kernels = swept_kernels();
  const auto found = std::ranges::find_if(kernels, [&](const SweptKernel &kernel) {
    return kernel.activation == activation && kernel.pass == pass && kernel.dtype == dtype &&
           kernel.arguments == arguments;
  });
  return found == kernels.end() ? nullptr : &*found;
}

int swept_bits(DType dtype) {
  return dtype == DType::bf16 ? 20 : 24;
}

}  // namespace actinide
