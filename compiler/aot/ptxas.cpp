#include "aot/ptxas.h"

#include "aot/child_process.h"
#include "error.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace actinide::aot {
namespace {
namespace fs = std::filesystem;

constexpr std::chrono::minutes limit(1);  // a kernel takes less than a second

/// Where a toolkit may be, in the order of find().
std::vector<fs::path> directories() {
  std::vector<fs::path> all;
  if (const char *path = std::getenv("PATH")) {
    std::istringstream list(path);
    for (std::string directory; std::getline(list, directory, ':');)
      if (!directory.empty()) all.emplace_back(directory);
  }
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *toolkit = std::getenv(variable); toolkit && *toolkit) all.push_back(fs::path(toolkit) / "bin");
  all.emplace_back("/usr/local/cuda/bin");
  return all;
}

/// The version in `Cuda compilation tools, release 13.0, V13.0.88`; empty where there is none.
std::string version_in(const std::string &text) {
  const std::size_t at = text.find(", V");
  if (at == text.npos) return "";
  const std::size_t begin = at + 3;
  return text.substr(begin, text.find_first_not_of("0123456789.", begin) - begin);
}

/// What `ptxas -v` says of each function:
///     ptxas info    : Function properties for k_gelu_forward_f32_cuda
///         0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
///     ptxas info    : Used 32 registers, used 0 barriers, 392 bytes cmem[0]
std::vector<EntryUsage> usage_in(const std::string &text) {
  constexpr std::string_view heading = "Function properties for ";
  std::vector<EntryUsage> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t at = line.find(heading); at != line.npos)
      all.push_back({.entry = line.substr(at + heading.size())});
    if (all.empty()) continue;
    EntryUsage &usage = all.back();
    int stores = 0, loads = 0;
    if (std::sscanf(line.c_str(), " %d bytes stack frame, %d bytes spill stores, %d bytes spill loads",
                    &usage.stack_bytes, &stores, &loads) == 3)
      usage.spill_bytes = stores + loads;
    if (const std::size_t at = line.find("Used "); at != line.npos)
      std::sscanf(line.c_str() + at, "Used %d registers", &usage.registers);
  }
  return all;
}

/// The first line that isn't information.
std::string complaint_in(const std::string &text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("ptxas info")) return line;
  return "it says nothing";
}

/// PTX without functions, of the version and for the target of `ptx`.
std::string directives_of(const std::string &ptx) {
  std::string text;
  std::istringstream lines(ptx);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(".version") || line.starts_with(".target") || line.starts_with(".address_size"))
      text += line + "\n";
  return text;
}

std::optional<ProgramResult> run(const fs::path &program, const std::string &ptx, const Target &target) {
  const ScratchDirectory scratch;
  const fs::path file = scratch.path() / "kernel.ptx";
  if (scratch.path().empty() || !(std::ofstream(file, std::ios::binary) << ptx).flush()) return std::nullopt;
  return run_program(program, {"-v", "-arch=" + target.cpu, "-o", "/dev/null", file.string()}, limit);
}

}  // namespace

std::optional<Ptxas> Ptxas::find() {
  for (const fs::path &directory : directories()) {
    const fs::path program = directory / "ptxas";
    if (access(program.c_str(), X_OK) != 0) continue;
    const std::optional<ProgramResult> answer = run_program(program, {"--version"}, limit);
    const std::string version = answer && answer->status == 0 ? version_in(answer->output) : "";
    if (!version.empty()) return Ptxas(program, version);
  }
  return std::nullopt;
}

std::optional<std::vector<EntryUsage>> Ptxas::assemble(const std::string &ptx, const Target &target) const {
  const std::optional<ProgramResult> result = run(program_, ptx, target);
  if (!result) return std::nullopt;
  if (result->status == 0) return usage_in(result->output);
  // A toolkit knows neither later devices and versions of PTX nor those that it has dropped: then it refuses all PTX.
  const std::optional<ProgramResult> nothing = run(program_, directives_of(ptx), target);
  if (!nothing || nothing->status != 0) return std::nullopt;
  throw InternalError(
      fmt::format("ptxas {} refuses the PTX for {}: {}", version_, target.name, complaint_in(result->output)));
}

}  // namespace actinide::aot
