// How long a host program waits for a kernel: compiled, found on disk, found in the process; and what many different
// kernels cost one process. Links the host's side alone, as a host program does. Prints JSON, for tools/benchmark too.
#include "actinide/jit.h"
#include "tests/scratch_directory.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>

namespace actinide::speed {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char *kRows[] = {"relu", "leaky_relu", "sigmoid",  "tanh",    "gelu",
                                 "silu", "mish",       "softplus", "softmax", "prelu"};
constexpr int kProcesses = 5;  // each figure is the middle one of so many processes

// Microseconds of this thread's CPU that `action` takes: on a machine that does nothing else, the time that passes.
double time_of(const std::function<void()> &action) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
  };
  const double start = now();
  action();
  return now() - start;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

// What `body` gives in a process of its own, since what a process has loaded it keeps.
Json in_child(const std::function<Json()> &body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = body().dump();
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("a measuring process failed");
  return Json::parse(text);
}

// In an order that nobody can foresee, but for the requests themselves: they are the caller's, and at hand.
double lookup_nanoseconds(const Compiler &compiler, const std::vector<std::string> &requests) {
  std::vector<std::string_view> shuffled(requests.begin(), requests.end());
  std::ranges::shuffle(shuffled, std::mt19937_64(1));
  std::string text;
  for (const std::string_view request : shuffled) text += request;
  std::size_t begin = 0;
  for (std::string_view &request : shuffled) {
    request = std::string_view(text).substr(begin, request.size());
    begin += request.size();
  }
  const std::size_t rounds = (100'000 + requests.size() - 1) / requests.size();
  const double microseconds = time_of([&] {
    for (std::size_t round = 0; round < rounds; ++round)
      for (const std::string_view request : shuffled) (void)compiler.kernel(request, Pass::forward, DType::f32);
  });
  return microseconds * 1000 / static_cast<double>(rounds * requests.size());
}

// Microseconds for the first kernel of the process and for each row after it.
Json get_rows(const Compiler &compiler) {
  Json times;
  const auto get = [&](const char *text) { (void)compiler.kernel(text, Pass::forward, DType::f32); };
  times["first"] = time_of([&] { get("first(x) = x"); });
  for (const char *row : kRows) times[row] = time_of([&] { get(row); });
  return times;
}

CompilerOptions options_in(const std::filesystem::path &directory) {
  return {.cache_directory = directory.string(), .cache_bytes = std::uint64_t{1} << 30};
}

// Of each row and of the first kernel: the middle of each way to get it.
Json measure_rows() {
  std::map<std::string, std::vector<double>> compiled, on_disk, in_process;
  for (int process = 0; process < kProcesses; ++process) {
    const ScratchDirectory scratch;
    const CompilerOptions options = options_in(scratch.path() / "cache");
    const Json cold = in_child([&] { return get_rows(Compiler(options)); });
    const Json warm = in_child([&] { return get_rows(Compiler(options)); });
    const Json found = in_child([&] {
      const Compiler compiler(options);
      Json times = get_rows(compiler);
      for (auto &[row, time] : times.items())
        if (row != "first") time = lookup_nanoseconds(compiler, {row});
      return times;
    });
    for (const auto &[row, time] : cold.items()) compiled[row].push_back(time);
    for (const auto &[row, time] : warm.items()) on_disk[row].push_back(time);
    for (const auto &[row, time] : found.items()) in_process[row].push_back(time);
  }
  Json list = Json::array();
  for (const char *row : kRows)
    list.push_back({{"activation", row},
                    {"compiled_us", median(compiled[row])},
                    {"on_disk_us", median(on_disk[row])},
                    {"in_process_ns", median(in_process[row])}});
  return {{"first_compiled_us", median(compiled["first"])},
          {"first_on_disk_us", median(on_disk["first"])},
          {"rows", std::move(list)}};
}

// Kibibytes of memory that this process has written.
double private_memory() {
  std::ifstream stream("/proc/self/smaps_rollup");
  double value = 0;
  for (std::string word; stream >> word;)
    if (word == "Private_Dirty:" && stream >> value) return value;
  throw std::runtime_error("/proc/self/smaps_rollup tells no Private_Dirty");
}

// `count` different definitions; what each further one took whenever their number has grown tenfold.
Json measure_scale(const Compiler &compiler, std::size_t count) {
  Json list = Json::array();
  std::vector<std::string> requests;
  std::size_t counted = 0, next = 10;
  double microseconds = 0;
  (void)compiler.kernel("first(x) = x", Pass::forward, DType::f32);  // loads the compiler
  double memory = private_memory();
  for (std::size_t i = 1; i <= count; ++i) {
    requests.push_back(fmt::format("f(x) = x * tanh({} * x)", i));
    microseconds += time_of([&] { (void)compiler.kernel(requests.back(), Pass::forward, DType::f32); });
    if (i != next) continue;
    const double now = private_memory(), kernels = static_cast<double>(i - counted);
    list.push_back({{"kernels", i},
                    {"us_each", microseconds / kernels},
                    {"kib_each", (now - memory) / kernels},
                    {"find_ns", lookup_nanoseconds(compiler, requests)}});
    memory = private_memory();
    counted = i;
    next *= 10;
    microseconds = 0;
  }
  return list;
}

int run(int argc, char **argv) {
  std::size_t definitions = 0;
  CLI::App app("Measures how long a host program waits for a kernel.");
  app.add_option("--definitions", definitions, "So many different definitions in one process, too");
  CLI11_PARSE(app, argc, argv);
  Json json = measure_rows();
  const ScratchDirectory scratch;
  for (const char *way : {"scale_compiled", "scale_on_disk"})  // the second process finds what the first has made
    json[way] = in_child([&] { return measure_scale(Compiler(options_in(scratch.path() / "cache")), definitions); });
  fmt::print("{}\n", json.dump(2));
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
