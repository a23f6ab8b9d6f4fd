// How long a host program waits for a kernel: compiled, found on disk, found in the process; and what many different
// kernels cost one process. Links the host's side alone, as a host program does.
#include "actinide/jit.h"
#include "tests/scratch_directory.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>

namespace actinide::speed {
namespace {

constexpr const char *kRows[] = {"relu", "leaky_relu", "sigmoid",  "tanh",    "gelu",
                                 "silu", "mish",       "softplus", "softmax", "prelu"};

// Microseconds that `action` takes.
double time_of(const std::function<void()> &action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

// In a process of its own, since what a process has loaded it keeps.
void in_child(const std::function<void()> &body) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    body();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("a measuring process failed");
}

// The first kernel of a process, then each other one.
void print_gets(const char *what, const Compiler &compiler) {
  std::vector<double> times;
  for (const char *row : kRows)
    times.push_back(time_of([&] { (void)compiler.kernel(row, Pass::forward, DType::f32); }));
  const double first = times.front();
  times.erase(times.begin());
  fmt::print("{:<12} first {:>9.1f} us, then median {:>8.1f} us, worst {:>8.1f} us\n", what, first, median(times),
             std::ranges::max(times));
}

double lookup_nanoseconds(const Compiler &compiler, const std::vector<std::string> &requests) {
  constexpr std::size_t rounds = 200'000;
  const double microseconds = time_of([&] {
    for (std::size_t i = 0; i < rounds; ++i)
      (void)compiler.kernel(requests[i * 7919 % requests.size()], Pass::forward, DType::f32);
  });
  return microseconds * 1000 / rounds;
}

// Kibibytes of memory that this process has written.
double private_memory() {
  std::ifstream stream("/proc/self/smaps_rollup");
  double value = 0;
  for (std::string word; stream >> word;)
    if (word == "Private_Dirty:" && stream >> value) return value;
  throw std::runtime_error("/proc/self/smaps_rollup tells no Private_Dirty");
}

// `count` different definitions; a line whenever their number has grown tenfold.
void print_scale(const Compiler &compiler, std::size_t count) {
  std::vector<std::string> requests;
  double memory = 0;
  std::size_t counted = 0, next = 10;
  double microseconds = 0;
  (void)compiler.kernel("first(x) = x", Pass::forward, DType::f32);  // loads the compiler
  memory = private_memory();
  for (std::size_t i = 1; i <= count; ++i) {
    requests.push_back(fmt::format("f(x) = x * tanh({} * x)", i));
    microseconds += time_of([&] { (void)compiler.kernel(requests.back(), Pass::forward, DType::f32); });
    if (i != next) continue;
    const double now = private_memory(), kernels = static_cast<double>(i - counted);
    fmt::print("{:>6} kernels: {:>8.1f} us and {:>6.1f} KiB for each further one, {:>5.0f} ns to find one again\n", i,
               microseconds / kernels, (now - memory) / kernels, lookup_nanoseconds(compiler, requests));
    std::fflush(stdout);
    memory = private_memory();
    counted = i;
    next *= 10;
    microseconds = 0;
  }
}

int run(int argc, char **argv) {
  std::size_t definitions = 0;
  CLI::App app("Measures how long a host program waits for a kernel.");
  app.add_option("--definitions", definitions, "So many different definitions in one process, too");
  CLI11_PARSE(app, argc, argv);
  const ScratchDirectory scratch;
  const CompilerOptions options{.cache_directory = (scratch.path() / "cache").string(),
                                .cache_bytes = std::uint64_t{1} << 30};
  in_child([&] { print_gets("compiled", Compiler(options)); });
  in_child([&] { print_gets("on disk", Compiler(options)); });
  in_child([&] {
    const Compiler compiler(options);
    fmt::print("in the process {:.0f} ns\n", lookup_nanoseconds(compiler, {std::begin(kRows), std::end(kRows)}));
  });
  if (definitions) in_child([&] { print_scale(Compiler(options), definitions); });
  if (definitions) in_child([&] { print_scale(Compiler(options), definitions); });
  return 0;
}

}  // namespace
}  // namespace actinide::speed

int main(int argc, char **argv) {
  try {
    return actinide::speed::run(argc, argv);
  } catch (const std::exception &error) {
    fmt::print(stderr, "jit_latency: {}\n", error.what());
    return 1;
  }
}
