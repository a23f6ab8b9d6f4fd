// Learns hand-written digits once for each activation and compares them.
//
//   digits                                          every activation, kernels emitted when this program was built
//   digits --activation "mine(x) = x * tanh(exp(x))"    a definition, compiled now
#include "digits_kernels.h"
#include "network.h"

#include "actinide/jit.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kHeldOut = 500;
constexpr std::uint64_t kSeed = 7;
constexpr double kGoal = 0.95;

void check(int status) {
  if (status != 0) throw std::runtime_error(actinide_status_string(status));
}

using Forward = int (*)(const float *x, float *y, size_t n);
using Backward = int (*)(const float *dy, const float *x, float *dx, size_t n);

digits::Activation emitted(const char *name, Forward forward, Backward backward) {
  return {name, [=](const float *x, float *y, std::size_t n) { check(forward(x, y, n)); },
          [=](const float *dy, const float *x, float *dx, std::size_t n) { check(backward(dy, x, dx, n)); }};
}

// kernel_table.inc: a line for each activation that CMakeLists.txt names.
std::vector<digits::Activation> emitted_activations() {
  return {
#include "kernel_table.inc"
  };
}

digits::Activation compiled(const std::string &text) {
  const actinide::Compiler compiler;
  const auto forward = compiler.elementwise<float>(text, actinide::Pass::forward);
  const auto backward = compiler.elementwise<float>(text, actinide::Pass::backward);
  return {text, [=](const float *x, float *y, std::size_t n) { forward(x, y, n); },
          [=](const float *dy, const float *x, float *dx, std::size_t n) { backward(dy, x, dx, n); }};
}

// The step function has gradient zero: nothing reaches the hidden layer, only the output layer learns.
bool learns(const std::string &name) {
  return name != "heaviside";
}

int run(const std::string &data_path, const std::string &definition) {
  const digits::DataSet data = digits::load(data_path, kHeldOut, kSeed);
  std::printf("%zu images to learn from, %zu held out\n", data.training.size(), data.held_out.size());
  const auto activations = definition.empty() ? emitted_activations() : std::vector{compiled(definition)};
  std::printf("%-28s %9s %12s %9s %8s\n", "activation", "accuracy", "in kernels", "of total", "zeros");
  bool all_reached = true;
  for (const digits::Activation &activation : activations) {
    const digits::Result result = digits::train(data, activation, kSeed);
    const bool reached = result.accuracy >= kGoal || !learns(activation.name);
    std::printf("%-28s %8.1f%% %9.2f ms %8.1f%% %7.1f%%%s\n", activation.name.c_str(), 100 * result.accuracy,
                1e3 * result.kernel_seconds, 100 * result.kernel_seconds / result.seconds, 100 * result.zeros,
                reached ? "" : "   below 95 %");
    std::fflush(stdout);
    all_reached = all_reached && reached;
  }
  if (definition.empty()) std::printf("heaviside's gradient is zero: its hidden layer stays as it was drawn.\n");
  return all_reached ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app("Learns hand-written digits once for each activation and compares them.");
  std::string data_path = DIGITS_DATA, definition;
  app.add_option("--data", data_path, "the images")->capture_default_str();
  app.add_option("--activation", definition,
                 "a name or a definition such as \"mine(x) = x * tanh(exp(x))\", compiled now");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(data_path, definition);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "digits: %s\n", error.what());
    return 1;
  }
}
