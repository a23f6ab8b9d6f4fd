// Kernels made by hand, for tests of the runtime: y = 3 x + p in f32, and ways to build descriptors.
#pragma once

#include "actinide/kernel.h"

#include <vector>

namespace fake {

inline void affine(void *const *buffers, const int64_t *sizes, const double *parameters) {
  const auto *x = static_cast<const float *>(buffers[0]);
  auto *y = static_cast<float *>(buffers[1]);
  const auto p = static_cast<float>(parameters[0]);
  for (int64_t i = 0; i < sizes[0]; ++i) y[i] = 3 * x[i] + p;
}

/// Cost of an element (1/1024 ns) at which a few thousand elements are worth several threads.
constexpr uint32_t costly = 1 << 24;

/// A descriptor with the given buffers; `variants` must outlive it.
inline actinide_kernel describe(const std::vector<int> &inputs, const std::vector<int> &outputs,
                                const std::vector<actinide_variant> &variants, uint32_t cost = 1024) {
  actinide_kernel kernel{};
  kernel.abi = ACTINIDE_KERNEL_ABI;
  kernel.inputs = static_cast<uint8_t>(inputs.size());
  kernel.outputs = static_cast<uint8_t>(outputs.size());
  int buffer = 0;
  for (const auto &group : {inputs, outputs}) {
    for (const int bytes : group) kernel.element_bytes[buffer++] = static_cast<uint8_t>(bytes);
  }
  kernel.variant_count = static_cast<uint32_t>(variants.size());
  kernel.variants = variants.data();
  kernel.cost = cost;
  return kernel;
}

inline const std::vector<actinide_variant> affine_variants = {{"any", 0, affine, nullptr, 0}};

/// The kernel y = 3 x + p.
inline actinide_kernel affine_kernel(uint32_t cost) {
  actinide_kernel kernel = describe({4}, {4}, affine_variants, cost);
  kernel.parameters = 1;
  return kernel;
}

}  // namespace fake
