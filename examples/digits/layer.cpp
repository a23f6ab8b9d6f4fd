#include "layer.h"

#include <algorithm>
#include <cmath>

namespace digits {
namespace {

// He et al., 2015: variance 2 / inputs; the bias starts at 0.
std::vector<float> weights(int inputs, int outputs, std::mt19937_64 &random) {
  std::vector<float> values(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(inputs + 1));
  std::normal_distribution<float> normal(0, std::sqrt(2.0f / static_cast<float>(inputs)));
  std::generate_n(values.begin(), inputs * outputs, [&] { return normal(random); });
  return values;
}

}  // namespace

Parameters::Parameters(std::vector<float> initial)
    : values(std::move(initial)), gradients(values.size()), first_(values.size()), second_(values.size()) {}

void Parameters::step(float rate, int time) {
  constexpr float kFirst = 0.9f, kSecond = 0.999f, kEpsilon = 1e-8f;
  const float step = rate * std::sqrt(1 - std::pow(kSecond, static_cast<float>(time))) /
                     (1 - std::pow(kFirst, static_cast<float>(time)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    first_[i] += (1 - kFirst) * (gradients[i] - first_[i]);
    second_[i] += (1 - kSecond) * (gradients[i] * gradients[i] - second_[i]);
    values[i] -= step * first_[i] / (std::sqrt(second_[i]) + kEpsilon);
    gradients[i] = 0;
  }
}

Dense::Dense(int inputs, int outputs, std::mt19937_64 &random)
    : inputs_(inputs), outputs_(outputs), parameters_(weights(inputs, outputs, random)) {}

void Dense::forward(const float *x, float *y, int rows) const {
  const float *weights = parameters_.values.data(), *bias = weights + inputs_ * outputs_;
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < outputs_; ++k) {
      float sum = bias[k];
      for (int i = 0; i < inputs_; ++i) sum += weights[k * inputs_ + i] * x[row * inputs_ + i];
      y[row * outputs_ + k] = sum;
    }
}

void Dense::backward(const float *dy, const float *x, float *dx, int rows) {
  const float *weights = parameters_.values.data();
  float *gradients = parameters_.gradients.data(), *bias = gradients + inputs_ * outputs_;
  if (dx) std::fill_n(dx, rows * inputs_, 0.0f);
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < outputs_; ++k) {
      const float gradient = dy[row * outputs_ + k];
      bias[k] += gradient;
      for (int i = 0; i < inputs_; ++i) gradients[k * inputs_ + i] += gradient * x[row * inputs_ + i];
      if (!dx) continue;
      for (int i = 0; i < inputs_; ++i) dx[row * inputs_ + i] += gradient * weights[k * inputs_ + i];
    }
}

}  // namespace digits
