// The hidden layer's activations: all of them kernels of Actinide.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace digits {

constexpr int kFeatures = 96;  // what the hidden layer makes of an image, whatever its activation

/// Tensors hold `images` rows: x `inputs` numbers each, y kFeatures. Both functions throw if a kernel returns an error.
struct Activation {
  std::string name;
  int inputs = kFeatures;
  std::vector<float> learned = {};  ///< where the activation's own parameters start, if it has any
  std::function<void(const float *x, const float *learned, float *y, std::size_t images)> forward;
  std::function<void(const float *dy, const float *x, const float *learned, float *dx, float *dlearned,
                     std::size_t images)>
      backward;
};

/// Every activation whose kernels were emitted when this program was built.
std::vector<Activation> emitted_activations();

/// An element-wise activation, by name or definition, compiled now.
Activation compiled_activation(const std::string &text);

/// Throws unless `status`, which a kernel returned, is 0.
void check(int status);

}  // namespace digits
