// A network with one hidden layer, trained by Adam on the softmax cross-entropy. Plain loops: what matters here is the
// hidden activation, whose forward and backward are kernels of Actinide.
#pragma once

#include "data_set.h"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace digits {

/// The hidden layer's activation. Both throw if the kernel returns an error.
struct Activation {
  std::string name;
  std::function<void(const float *x, float *y, std::size_t n)> forward;
  std::function<void(const float *dy, const float *x, float *dx, std::size_t n)> backward;
};

/// A matrix of weights with its bias and the moments of Adam.
class Dense {
 public:
  Dense(int inputs, int outputs, std::mt19937_64 &random);
  /// y[i] = W x[i] + b for `rows` vectors.
  void forward(const float *x, float *y, int rows) const;
  /// Adds to the gradients of W and b; writes dx unless it is null.
  void backward(const float *dy, const float *x, float *dx, int rows);
  /// One step of Adam (Kingma and Ba, 2015, algorithm 1) with the gradients, which are then zero again.
  void step(float rate, int time);

 private:
  int inputs_, outputs_;
  std::vector<float> values_, gradients_, first_, second_;  // W row by row, then b
};

struct Result {
  double accuracy = 0;        ///< on held-out images, 0 to 1
  double kernel_seconds = 0;  ///< in forward and backward of the activation
  double seconds = 0;         ///< the whole training
  double zeros = 0;           ///< share of hidden values that are exactly zero, on held-out images
};

/// Trains a network with this activation and measures it. The same seed gives the same result.
Result train(const DataSet &data, const Activation &activation, std::uint64_t seed);

}  // namespace digits
