#include "tests/benchmark/analysis.h"

#include "codegen/module.h"
#include "error.h"
#include "pipeline.h"
#include "tests/benchmark/build.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <cmath>
#include <fstream>
#include <future>
#include <map>
#include <regex>
#include <sstream>
#include <thread>

namespace actinide::speed {
namespace {

// Simulated instructions, at least: enough that filling the pipeline doesn't count.
constexpr std::ptrdiff_t kInstructions = 20'000;

// Bytes of tensors that an AArch64 instruction stores. Registers are spilled to the stack, those of SVE by `str`.
int stored_bytes(const std::string &line, int vector_bytes) {
  static const std::regex store(R"(^\t(stp\tq|str\tq|st1[bhwd]\t\{ z)[0-9].*)");
  std::smatch match;
  if (!std::regex_match(line, match, store) || line.find("[sp") != std::string::npos) return 0;
  return match[1] == "stp\tq" ? 2 * vector_bytes : vector_bytes;
}

struct Loop {
  std::string text;
  int bytes = 0;  ///< stored by an iteration
};

// The main loop: of the loops without a branch inside, the one that stores most.
Loop main_loop(const std::string &assembly, int vector_bytes) {
  static const std::regex label(R"(^(\.L\w+):.*)"), branch(R"(^\t(b\.\w+|cbn?z|tbn?z)\t.*?(\.L\w+)$)");
  Loop best, current;
  std::string start;
  std::istringstream lines(assembly);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, label)) {
      start = match[1];
      current = {};
    }
    current.text += line + "\n";
    current.bytes += stored_bytes(line, vector_bytes);
    if (std::regex_match(line, match, branch) && match[2] == start && current.bytes > best.bytes) best = current;
  }
  return best;
}

std::string assembly_of(const KernelRequest &request, const Target &target) {
  Module module(target, "analysis");
  compile_kernel(request, target, module, signature_of(request).base_name());
  module.optimize();
  return module.assembly();
}

}  // namespace

double cycles_of(const std::string &loop, const CpuModel &cpu) {
  static std::atomic<int> files{0};
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("actinide_{}_{}.s", getpid(), files++);
  std::ofstream(file) << loop;
  const std::ptrdiff_t iterations = 20 + kInstructions / std::ranges::count(loop, '\n');
  const std::string command =
      fmt::format("llvm-mca-19 -mtriple=aarch64 -mcpu={} -iterations={} -json {}", cpu.name, iterations, file.string());
  const std::string output = command_output(command);
  std::filesystem::remove(file);
  const auto json = nlohmann::json::parse(output, nullptr, false);
  if (json.is_discarded()) user_error("`{}` gave no analysis; tools/setup installs llvm-mca-19", command);
  return json.at("CodeRegions").at(0).at("SummaryView").at("TotalCycles").get<double>() /
         static_cast<double>(iterations);
}

namespace {

Cycles cycles_per_element(const KernelRequest &request) {
  const KernelSignature signature = signature_of(request);
  const double bytes_of_element = static_cast<double>(signature.outputs.size() * size_of(request.dtype));
  std::map<std::string_view, std::string> assemblies;
  Cycles cycles;
  for (std::size_t i = 0; i < kCpuModels.size(); ++i) {
    const CpuModel &cpu = kCpuModels[i];
    std::string &assembly = assemblies[cpu.target];
    if (assembly.empty()) assembly = assembly_of(request, parse_target(cpu.target));
    const Loop loop = main_loop(assembly, cpu.vector_bytes);
    const bool found = loop.bytes > 0;
    cycles[i] = found ? cycles_of(loop.text, cpu) * bytes_of_element / loop.bytes : std::nan("");
  }
  return cycles;
}

}  // namespace

std::vector<Analysis> analyse(std::span<const Activation *const> rows) {
  std::vector<Analysis> analyses;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      for (const Activation *row : rows) analyses.push_back({row, variant, pass, {}});
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < analyses.size();) {
      Analysis &one = analyses[i];
      one.cycles = cycles_per_element(
          parse_kernel_request(std::string(one.row->name), one.pass, one.variant.dtype, one.variant.tier));
    }
  };
  std::vector<std::future<void>> workers;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    workers.push_back(std::async(std::launch::async, work));
  for (std::future<void> &worker : workers) worker.get();
  return analyses;
}

}  // namespace actinide::speed
