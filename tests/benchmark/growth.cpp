#include "tests/benchmark/growth.h"

#include "aot/child_process.h"
#include "error.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>

namespace actinide::speed {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> emit_command(std::size_t kernels, const fs::path &directory) {
  std::vector<std::string> words = {ACTINIDE_COMMAND, "emit", "--name", "many", "-o", directory.string()};
  for (std::size_t i = 0; i < kernels; ++i) {
    words.emplace_back("--define");
    words.push_back(fmt::format("f{}(x) = x * sigmoid(1.{:04} * x)", i, i + 1));
  }
  return words;
}

/// Of the process so far, in KiB. What wait4 tells is no less than what this process has: they shared it for a moment.
double peak_memory(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  double peak = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) peak = std::stod(line.substr(6));
  return peak;
}

struct Resources {
  double cpu_seconds, peak_kibibytes;
};

double seconds_of(const timeval &time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Runs the command to its end; its output goes nowhere.
Resources resources_of(const std::vector<std::string> &words) {
  std::vector<char *> arguments;
  for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failure = posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  internal_check(failure == 0, "can't run {}", words[0]);
  int status = 0;
  rusage used{};
  double peak = 0;
  while (wait4(child, &status, WNOHANG, &used) == 0) {
    peak = std::max(peak, peak_memory(child));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  internal_check(status == 0, "{} failed", words[0]);
  return {seconds_of(used.ru_utime) + seconds_of(used.ru_stime), peak};
}

Growth grow(std::size_t kernels) {
  const aot::ScratchDirectory scratch;
  const auto start = std::chrono::steady_clock::now();
  const Resources used = resources_of(emit_command(kernels, scratch.path()));
  return {.kernels = kernels,
          .wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          .cpu_seconds = used.cpu_seconds,
          .peak_mebibytes = used.peak_kibibytes / 1024,
          .library_bytes = static_cast<double>(fs::file_size(scratch.path() / "lib" / "libmany.a"))};
}

}  // namespace

std::vector<Growth> measure_growth(std::size_t most) {
  std::vector<Growth> all;
  for (std::size_t kernels = 1; kernels <= most; kernels *= 10) all.push_back(grow(kernels));
  return all;
}

std::string growth_text(const std::vector<Growth> &all) {
  std::vector<Cells> rows;
  for (const Growth &one : all) {
    const auto each = [&](double amount) { return amount / static_cast<double>(one.kernels); };
    rows.push_back({std::to_string(one.kernels), fmt::format("{:.2f}", one.wall_seconds),
                    fmt::format("{:.1f}", each(one.wall_seconds) * 1000),
                    fmt::format("{:.1f}", each(one.cpu_seconds) * 1000), fmt::format("{:.0f}", one.peak_mebibytes),
                    fmt::format("{:.1f}", each(one.library_bytes) / 1024)});
  }
  return table({"kernels", "seconds", "ms each", "ms of CPU each", "peak memory: MiB", "library: KiB each"}, rows);
}

}  // namespace actinide::speed
