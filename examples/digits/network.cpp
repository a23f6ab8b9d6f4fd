#include "network.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace digits {
namespace {

constexpr int kHidden = 96;
constexpr int kBatch = 32;
constexpr int kEpochs = 40;
constexpr float kRate = 0.003f;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// dlogits = softmax(logits) - one_hot(digit), over a batch; the mean is in the division.
void cross_entropy_gradient(const float *logits, const std::vector<int> &digits, float *gradient) {
  const float scale = 1 / static_cast<float>(digits.size());
  for (std::size_t row = 0; row < digits.size(); ++row) {
    const float *in = logits + row * kClasses;
    float *out = gradient + row * kClasses;
    const float largest = *std::max_element(in, in + kClasses);
    float sum = 0;
    for (int k = 0; k < kClasses; ++k) sum += out[k] = std::exp(in[k] - largest);
    for (int k = 0; k < kClasses; ++k) out[k] = (out[k] / sum - (k == digits[row] ? 1.0f : 0.0f)) * scale;
  }
}

// The network and its buffers for one batch.
class Network {
 public:
  Network(const Activation &activation, std::mt19937_64 &random)
      : activation_(activation), hidden_(kPixels, kHidden, random), output_(kHidden, kClasses, random) {}

  void train_on(const std::vector<const Sample *> &batch, int time) {
    const int rows = forward(batch);
    std::vector<int> digits;
    for (const Sample *sample : batch) digits.push_back(sample->digit);
    std::vector<float> dlogits(logits_.size()), dy(y_.size()), dx(x_.size());
    cross_entropy_gradient(logits_.data(), digits, dlogits.data());
    output_.backward(dlogits.data(), y_.data(), dy.data(), rows);
    const auto start = Clock::now();
    activation_.backward(dy.data(), x_.data(), dx.data(), x_.size());
    kernel_seconds_ += seconds_since(start);
    hidden_.backward(dx.data(), pixels_.data(), nullptr, rows);
    hidden_.step(kRate, time);
    output_.step(kRate, time);
  }

  /// Writes accuracy and share of zeros.
  void measure(const std::vector<Sample> &samples, Result &result) {
    std::vector<const Sample *> all;
    for (const Sample &sample : samples) all.push_back(&sample);
    forward(all);
    std::size_t right = 0;
    for (std::size_t row = 0; row < all.size(); ++row) {
      const float *logits = logits_.data() + row * kClasses;
      right += std::max_element(logits, logits + kClasses) - logits == all[row]->digit;
    }
    result.accuracy = static_cast<double>(right) / static_cast<double>(all.size());
    result.zeros = static_cast<double>(std::count(y_.begin(), y_.end(), 0.0f)) / static_cast<double>(y_.size());
  }

  double kernel_seconds() const { return kernel_seconds_; }

 private:
  int forward(const std::vector<const Sample *> &batch) {
    const std::size_t rows = batch.size();
    pixels_.resize(rows * kPixels);
    for (std::size_t row = 0; row < rows; ++row)
      std::copy_n(batch[row]->pixels, kPixels, pixels_.begin() + static_cast<long>(row * kPixels));
    x_.resize(rows * kHidden);
    y_.resize(x_.size());
    logits_.resize(rows * kClasses);
    hidden_.forward(pixels_.data(), x_.data(), static_cast<int>(rows));
    const auto start = Clock::now();
    activation_.forward(x_.data(), y_.data(), x_.size());
    kernel_seconds_ += seconds_since(start);
    output_.forward(y_.data(), logits_.data(), static_cast<int>(rows));
    return static_cast<int>(rows);
  }

  const Activation &activation_;
  Dense hidden_, output_;
  std::vector<float> pixels_, x_, y_, logits_;
  double kernel_seconds_ = 0;
};

}  // namespace

Dense::Dense(int inputs, int outputs, std::mt19937_64 &random)
    : inputs_(inputs),
      outputs_(outputs),
      values_(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(inputs + 1)),
      gradients_(values_.size()),
      first_(values_.size()),
      second_(values_.size()) {
  // He et al., 2015: variance 2 / inputs; the bias starts at 0.
  std::normal_distribution<float> normal(0, std::sqrt(2.0f / static_cast<float>(inputs)));
  std::generate_n(values_.begin(), inputs * outputs, [&] { return normal(random); });
}

void Dense::forward(const float *x, float *y, int rows) const {
  const float *bias = values_.data() + inputs_ * outputs_;
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < outputs_; ++k) {
      float sum = bias[k];
      for (int i = 0; i < inputs_; ++i) sum += values_[k * inputs_ + i] * x[row * inputs_ + i];
      y[row * outputs_ + k] = sum;
    }
}

void Dense::backward(const float *dy, const float *x, float *dx, int rows) {
  float *bias = gradients_.data() + inputs_ * outputs_;
  if (dx) std::fill_n(dx, rows * inputs_, 0.0f);
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < outputs_; ++k) {
      const float gradient = dy[row * outputs_ + k];
      bias[k] += gradient;
      for (int i = 0; i < inputs_; ++i) gradients_[k * inputs_ + i] += gradient * x[row * inputs_ + i];
      if (!dx) continue;
      for (int i = 0; i < inputs_; ++i) dx[row * inputs_ + i] += gradient * values_[k * inputs_ + i];
    }
}

void Dense::step(float rate, int time) {
  constexpr float kFirst = 0.9f, kSecond = 0.999f, kEpsilon = 1e-8f;
  const float step = rate * std::sqrt(1 - std::pow(kSecond, static_cast<float>(time))) /
                     (1 - std::pow(kFirst, static_cast<float>(time)));
  for (std::size_t i = 0; i < values_.size(); ++i) {
    first_[i] += (1 - kFirst) * (gradients_[i] - first_[i]);
    second_[i] += (1 - kSecond) * (gradients_[i] * gradients_[i] - second_[i]);
    values_[i] -= step * first_[i] / (std::sqrt(second_[i]) + kEpsilon);
    gradients_[i] = 0;
  }
}

Result train(const DataSet &data, const Activation &activation, std::uint64_t seed) {
  const auto start = Clock::now();
  std::mt19937_64 random(seed);
  Network network(activation, random);
  std::vector<const Sample *> order;
  for (const Sample &sample : data.training) order.push_back(&sample);
  int time = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t first = 0; first + kBatch <= order.size(); first += kBatch)
      network.train_on({order.begin() + static_cast<long>(first), order.begin() + static_cast<long>(first) + kBatch},
                       ++time);
  }
  Result result;
  network.measure(data.held_out, result);
  result.kernel_seconds = network.kernel_seconds();
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace digits
