// Learns hand-written digits once for each activation and compares them.
//
//   digits                                          every activation, kernels emitted when this program was built
//   digits --activation "mine(x) = x * tanh(exp(x))"    a definition, compiled now
#include "network.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kHeldOut = 500;
constexpr std::uint64_t kSeed = 7;
constexpr double kGoal = 0.95;

// The step function has gradient zero: nothing reaches the hidden layer, only the output layer learns.
bool learns(const std::string &name) {
  return name != "heaviside";
}

// Of the activation's own parameters.
std::string mean(const std::vector<float> &values) {
  if (values.empty()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f",
                std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
  return text;
}

int run(const std::string &data_path, const std::string &definition) {
  const digits::DataSet data = digits::load(data_path, kHeldOut, kSeed);
  std::printf("%zu images to learn from, %zu held out\n", data.training.size(), data.held_out.size());
  const auto activations =
      definition.empty() ? digits::emitted_activations() : std::vector{digits::compiled_activation(definition)};
  std::printf("%-28s %9s %6s %12s %9s %7s %8s\n", "activation", "accuracy", "loss", "in kernels", "of total", "zeros",
              "learned");
  bool all_reached = true;
  for (const digits::Activation &activation : activations) {
    const digits::Result result = digits::train(data, activation, kSeed);
    const bool reached = result.accuracy >= kGoal || !learns(activation.name);
    std::printf("%-28s %8.1f%% %6.3f %9.2f ms %8.1f%% %6.1f%% %8s%s\n", activation.name.c_str(), 100 * result.accuracy,
                result.loss, 1e3 * result.kernel_seconds, 100 * result.kernel_seconds / result.seconds,
                100 * result.zeros, mean(result.learned).c_str(), reached ? "" : "   below 95 %");
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
