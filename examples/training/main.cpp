// A training loop whose activation is an argument: forward and backward are made at start-up, at the same time, and
// then serve every step. It learns to be y = |x| with one hidden layer.
#include <actinide/jit.h>

#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr std::size_t samples = 64, hidden = 16;
constexpr int steps = 3000;
constexpr float rate = 0.05F;

struct Network {
  std::vector<float> weight, bias, output;
  float offset = 0;

  explicit Network(std::mt19937 &random) : weight(hidden), bias(hidden), output(hidden) {
    std::normal_distribution<float> normal;
    for (std::size_t h = 0; h < hidden; ++h) {
      weight[h] = normal(random);
      bias[h] = normal(random);
      output[h] = normal(random) / std::sqrt(float(hidden));
    }
  }
};

}  // namespace

int main(int argc, char **argv) {
  const std::string text = argc > 1 ? argv[1] : "silu";
  try {
    const actinide::Compiler compiler;
    auto forward_later = compiler.elementwise_async<float>(text);
    auto backward_later = compiler.elementwise_async<float>(text, actinide::Pass::backward);
    std::mt19937 random(1);
    Network network(random);  // meanwhile
    const auto forward = forward_later.get(), backward = backward_later.get();

    // All units of all samples lie in one tensor: one call a step.
    std::vector<float> u(samples * hidden), a(u.size()), da(u.size()), du(u.size());
    float loss = 0;
    for (int step = 0; step < steps; ++step) {
      const auto input = [](std::size_t s) { return 4 * (static_cast<float>(s) + 0.5F) / samples - 2; };
      for (std::size_t i = 0; i < u.size(); ++i)
        u[i] = network.weight[i % hidden] * input(i / hidden) + network.bias[i % hidden];
      forward(u, a);
      loss = 0;
      for (std::size_t s = 0; s < samples; ++s) {
        float y = network.offset;
        for (std::size_t h = 0; h < hidden; ++h) y += network.output[h] * a[s * hidden + h];
        const float error = y - std::fabs(input(s));
        loss += error * error / samples;
        for (std::size_t h = 0; h < hidden; ++h) da[s * hidden + h] = 2 * error / samples * network.output[h];
        network.offset -= rate * 2 * error / samples;
        for (std::size_t h = 0; h < hidden; ++h) network.output[h] -= rate * 2 * error / samples * a[s * hidden + h];
      }
      backward(da, u, du);
      for (std::size_t i = 0; i < u.size(); ++i) {
        network.weight[i % hidden] -= rate * du[i] * input(i / hidden);
        network.bias[i % hidden] -= rate * du[i];
      }
    }
    std::printf("%s: mean squared error %.6f after %d steps\n", forward.info().name.c_str(), double(loss), steps);
    return loss < 0.01F ? 0 : 1;
  } catch (const actinide::UserError &error) {
    std::fprintf(stderr, "training: %s\n", error.what());
    return 1;
  }
}
