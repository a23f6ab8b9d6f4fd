#include "network.h"

#include "digits_head.h"
#include "layer.h"

#include <algorithm>
#include <chrono>

namespace digits {
namespace {

constexpr int kBatch = 32;
constexpr int kEpochs = 40;
constexpr float kRate = 0.003f;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The network and its buffers for one batch.
class Network {
 public:
  Network(const Activation &activation, std::mt19937_64 &random)
      : activation_(activation),
        hidden_(kPixels, activation.inputs, random),
        learned_(activation.learned),
        output_(kFeatures, kClasses, random) {}

  void train_on(const std::vector<const Sample *> &batch, int time) {
    const int images = forward(batch);
    std::vector<float> dlogits(logits_.size()), dy(y_.size()), dx(x_.size());
    // The loss is the mean of -log p of the right digit: its gradient by the log p, then back through log_softmax.
    for (int i = 0; i < images; ++i) dlogits[i * kClasses + batch[i]->digit] = -1.0f / static_cast<float>(images);
    check(digits_head_log_softmax_backward_from_output_f32(dlogits.data(), log_p_.data(), dlogits.data(), images,
                                                           kClasses));
    output_.backward(dlogits.data(), y_.data(), dy.data(), images);
    const auto start = Clock::now();
    activation_.backward(dy.data(), x_.data(), learned_.values.data(), dx.data(), learned_.gradients.data(), images);
    kernel_seconds_ += seconds_since(start);
    hidden_.backward(dx.data(), pixels_.data(), nullptr, images);
    hidden_.step(kRate, time);
    learned_.step(kRate, time);
    output_.step(kRate, time);
  }

  void measure(const std::vector<Sample> &samples, Result &result) {
    std::vector<const Sample *> all;
    for (const Sample &sample : samples) all.push_back(&sample);
    const int images = forward(all);
    for (int i = 0; i < images; ++i) {
      const float *log_p = log_p_.data() + i * kClasses;
      result.accuracy += std::max_element(log_p, log_p + kClasses) - log_p == all[i]->digit;
      result.loss -= log_p[all[i]->digit];
    }
    result.accuracy /= images;
    result.loss /= images;
    result.zeros = static_cast<double>(std::count(y_.begin(), y_.end(), 0.0f)) / static_cast<double>(y_.size());
    result.kernel_seconds = kernel_seconds_;
    result.learned = learned_.values;
  }

 private:
  int forward(const std::vector<const Sample *> &batch) {
    const int images = static_cast<int>(batch.size());
    pixels_.resize(batch.size() * kPixels);
    for (int i = 0; i < images; ++i) std::copy_n(batch[i]->pixels, kPixels, pixels_.begin() + i * kPixels);
    x_.resize(batch.size() * activation_.inputs);
    y_.resize(batch.size() * kFeatures);
    logits_.resize(batch.size() * kClasses);
    log_p_.resize(logits_.size());
    hidden_.forward(pixels_.data(), x_.data(), images);
    const auto start = Clock::now();
    activation_.forward(x_.data(), learned_.values.data(), y_.data(), batch.size());
    kernel_seconds_ += seconds_since(start);
    output_.forward(y_.data(), logits_.data(), images);
    check(digits_head_log_softmax_forward_f32(logits_.data(), log_p_.data(), batch.size(), kClasses));
    return images;
  }

  const Activation &activation_;
  Dense hidden_;
  Parameters learned_;
  Dense output_;
  std::vector<float> pixels_, x_, y_, logits_, log_p_;
  double kernel_seconds_ = 0;
};

}  // namespace

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
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace digits
