// gpu_suite [OPTION...]: checks every kernel on the first CUDA device and writes one JSON file. tests/gpu/run builds
// and runs it. Exit status: 0; 1 if a check fails; 2 for a wrong option; 77 where there is no device.
#include "checks.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

namespace actinide::gpu {
namespace {

struct Options {
  std::string output;
  CorrectnessOptions correctness;
  SpeedOptions speed;
  bool measure = true;
};

constexpr const char *parts_that_fail[] = {"correctness", "reciprocals", "misuse"};
constexpr int failed = 1, usage = 2, skipped = 77;

std::size_t number(const std::string &text) {
  char *end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || text[0] == '-' || value == 0)
    throw std::invalid_argument(fmt::format("'{}' is no number above 0", text));
  return value;
}

Options parse(std::vector<std::string> words) {
  Options options;
  const std::map<std::string, std::function<void(const std::string &)>> known = {
      {"--output", [&](const std::string &value) { options.output = value; }},
      {"--points", [&](const std::string &value) { options.correctness.points = number(value); }},
      {"--rounds", [&](const std::string &value) { options.correctness.rounds = unsigned(number(value)); }},
      {"--elements", [&](const std::string &value) { options.speed.elements = number(value); }},
      {"--repetitions", [&](const std::string &value) { options.speed.repetitions = unsigned(number(value)); }},
      {"--launches", [&](const std::string &value) { options.speed.launches = unsigned(number(value)); }},
  };
  while (!words.empty()) {
    const std::string word = words.front();
    words.erase(words.begin());
    if (word == "--no-speed") {
      options.measure = false;
      continue;
    }
    const auto found = known.find(word);
    if (found == known.end()) throw std::invalid_argument(fmt::format("unknown option '{}'", word));
    if (words.empty()) throw std::invalid_argument(fmt::format("{} needs a value", word));
    found->second(words.front());
    words.erase(words.begin());
  }
  if (options.output.empty()) throw std::invalid_argument("name the file to write with --output");
  return options;
}

std::size_t failures_in(const Json &report) {
  std::size_t failures = 0;
  for (const char *part : parts_that_fail) failures += report[part]["failures"].size();
  return failures;
}

Json report_of(const Options &options) {
  const std::span<const kernel> table(kernels, kernel_count);
  const Device device;
  Json report = {{"device", device.name},
                 {"compute_capability", device.compute_capability},
                 {"cuda_driver", device.driver_version}};
  progress(fmt::format("{} kernels on {}", table.size(), device.name));
  report["correctness"] = check_correctness(table, options.correctness);
  progress("reciprocals");
  report["reciprocals"] = check_reciprocals(options.correctness.points * 128);
  progress("wrong calls");
  const auto copy =
      std::ranges::find_if(table, [](const kernel &k) { return std::string(k.name).starts_with("copy "); });
  report["misuse"] = check_misuse(*copy, device);
  if (options.measure && failures_in(report) == 0) {
    progress("speed");
    report["speed"] = measure_speed(table, options.speed);
  }
  return report;
}

int run(const Options &options) {
  std::ofstream file(options.output);
  if (!file) throw std::invalid_argument(fmt::format("can't write {}", options.output));
  const Json report = report_of(options);
  file << report.dump(2) << "\n";
  file.close();
  if (!file) throw std::runtime_error(fmt::format("can't write {}", options.output));
  for (const char *part : parts_that_fail)
    for (const Json &failure : report[part]["failures"])
      std::cerr << "gpu: " << failure.get<std::string>() << std::endl;
  return failures_in(report) == 0 ? 0 : failed;
}

}  // namespace

void progress(const std::string &line) {
  std::cerr << "gpu: " << line << std::endl;
}

}  // namespace actinide::gpu

int main(int argc, char **argv) {
  using namespace actinide::gpu;
  try {
    return run(parse({argv + 1, argv + argc}));
  } catch (const NoGpu &error) {
    std::cout << "SKIPPED: " << error.what() << std::endl;
    return skipped;
  } catch (const std::invalid_argument &error) {
    progress(error.what());
    return usage;
  } catch (const std::exception &error) {
    progress(error.what());
    return failed;
  }
}
