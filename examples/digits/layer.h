// What is learned: parameters with their gradients, and a dense layer of them. Plain loops.
#pragma once

#include <random>
#include <vector>

namespace digits {

/// Numbers that are learned by Adam (Kingma and Ba, 2015, algorithm 1).
struct Parameters {
  explicit Parameters(std::vector<float> initial);
  /// One step with the gradients, which are then zero again.
  void step(float rate, int time);

  std::vector<float> values, gradients;

 private:
  std::vector<float> first_, second_;  // moments
};

/// A matrix of weights with its bias.
class Dense {
 public:
  Dense(int inputs, int outputs, std::mt19937_64 &random);
  /// y[i] = W x[i] + b for `rows` vectors.
  void forward(const float *x, float *y, int rows) const;
  /// Adds to the gradients of W and b; writes dx unless it is null.
  void backward(const float *dy, const float *x, float *dx, int rows);
  void step(float rate, int time) { parameters_.step(rate, time); }

 private:
  int inputs_, outputs_;
  Parameters parameters_;  // W row by row, then b
};

}  // namespace digits
