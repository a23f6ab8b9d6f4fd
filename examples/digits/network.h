// A network with one hidden layer, trained by Adam on the softmax cross-entropy. What matters here are the hidden
// activation and the head, whose forward and backward are kernels of Actinide.
#pragma once

#include "activation.h"
#include "data_set.h"

#include <cstdint>
#include <vector>

namespace digits {

struct Result {
  double accuracy = 0;              ///< on held-out images, 0 to 1
  double loss = 0;                  ///< mean cross-entropy, on held-out images
  double kernel_seconds = 0;        ///< in forward and backward of the activation
  double seconds = 0;               ///< the whole training
  double zeros = 0;                 ///< share of hidden values that are exactly zero, on held-out images
  std::vector<float> learned = {};  ///< the activation's own parameters
};

/// Trains a network with this activation and measures it. The same seed gives the same result.
Result train(const DataSet &data, const Activation &activation, std::uint64_t seed);

}  // namespace digits
