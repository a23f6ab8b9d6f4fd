#include "tests/benchmark/analysis.h"

#include "codegen/module.h"
#include "error.h"
#include "pipeline.h"
#include "tests/benchmark/build.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <regex>
#include <sstream>
#include <thread>

namespace actinide::speed {
namespace {

// Simulated instructions, at least: enough that filling the pipeline doesn't count.
constexpr std::ptrdiff_t kInstructions = 10'000;

// What the assembly of an architecture looks like.
struct Syntax {
  std::regex label, branch, store;
};

const Syntax &syntax_of(Architecture architecture) {
  static const Syntax aarch64 = {std::regex(R"(^(\.L\w+):.*)"),
                                 std::regex(R"(^\t(?:b\.\w+|cbn?z|tbn?z)\t.*?(\.L\w+)$)"),
                                 std::regex(R"(^\t(stp\tq|str\tq|st1[bhwd]\t\{ z)[0-9].*)")};
  static const Syntax x86 = {std::regex(R"(^(\.L\w+):.*)"), std::regex(R"(^\tj\w+\t(\.L\w+)$)"),
                             std::regex(R"(^\tvmov\w+\t%([xyz])mm[0-9]+, .*\(.*)")};
  return architecture == Architecture::x86_64 ? x86 : aarch64;
}

// Bytes of tensors that an instruction stores. Registers are spilled to the stack, those of SVE by `str`.
int stored_bytes(const std::string &line, const Target &target) {
  std::smatch match;
  if (!std::regex_match(line, match, syntax_of(target.architecture).store)) return 0;
  if (line.find("[sp") != std::string::npos || line.find("(%rsp") != std::string::npos) return 0;
  const std::string kind = match[1];
  if (target.architecture == Architecture::x86_64) return kind == "z" ? 64 : kind == "y" ? 32 : 16;
  return kind == "stp\tq" ? 2 * target.vector_bytes : target.vector_bytes;
}

std::string assembly_of(const KernelRequest &request, const Target &target) {
  Module module(target, "analysis");
  compile_kernel(request, target, module, signature_of(request).base_name());
  module.optimize();
  return module.assembly();
}

}  // namespace

Loop main_loop(const KernelRequest &request, const Target &target) {
  const Syntax &syntax = syntax_of(target.architecture);
  Loop best, current;
  std::string start;
  std::istringstream lines(assembly_of(request, target));
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, syntax.label)) {
      start = match[1];
      current = {};
    }
    current.text += line + "\n";
    current.bytes += stored_bytes(line, target);
    if (std::regex_match(line, match, syntax.branch) && match[1] == start && current.bytes > best.bytes) best = current;
  }
  return best;
}

namespace {

// What the analyser says of so many iterations of a loop.
nlohmann::json summary_of(const std::string &loop, const std::string &triple, std::string_view cpu,
                          std::ptrdiff_t iterations) {
  static std::atomic<int> files{0};
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("actinide_{}_{}.s", getpid(), files++);
  std::ofstream(file) << loop;
  const std::string command =
      fmt::format("llvm-mca-19 -mtriple={} -mcpu={} -iterations={} -json {}", triple, cpu, iterations, file.string());
  const std::string output = command_output(command);
  std::filesystem::remove(file);
  const auto json = nlohmann::json::parse(output, nullptr, false);
  if (json.is_discarded()) user_error("`{}` gave no analysis; tools/setup installs llvm-mca-19", command);
  return json.at("CodeRegions").at(0).at("SummaryView");
}

}  // namespace

double cycles_of(const std::string &loop, const CpuModel &cpu) {
  const std::ptrdiff_t iterations = 20 + kInstructions / std::max<std::ptrdiff_t>(1, std::ranges::count(loop, '\n'));
  return summary_of(loop, "aarch64", cpu.name, iterations).at("TotalCycles").get<double>() /
         static_cast<double>(iterations);
}

double port_bound_of(const std::string &loop, const std::string &triple, std::string_view cpu) {
  return summary_of(loop, triple, cpu, 1).at("BlockRThroughput").get<double>();
}

void on_all_cpus(std::size_t count, const std::function<void(std::size_t)> &work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::future<void>> workers;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::size_t k; (k = next++) < count;) work(k);
    }));
  for (std::future<void> &worker : workers) worker.get();
}

namespace {

Cycles cycles_per_element(const KernelRequest &request) {
  const KernelSignature signature = signature_of(request);
  const double bytes_of_element = static_cast<double>(signature.outputs.size() * size_of(request.dtype));
  std::map<std::string_view, Loop> loops;
  Cycles cycles;
  for (std::size_t i = 0; i < kCpuModels.size(); ++i) {
    const CpuModel &cpu = kCpuModels[i];
    const auto [place, is_new] = loops.try_emplace(cpu.target);
    if (is_new) place->second = main_loop(request, parse_target(cpu.target));
    const Loop &loop = place->second;
    const bool found = loop.bytes > 0;
    cycles[i] = found ? cycles_of(loop.text, cpu) * bytes_of_element / loop.bytes : std::nan("");
  }
  return cycles;
}

}  // namespace

std::vector<Analysis> analyse(std::span<const Activation *const> rows) {
  std::vector<Analysis> analyses;
  for (const Variant &variant : kAnalysed)
    for (const Pass pass : kPasses)
      for (const Activation *row : rows) analyses.push_back({row, variant, pass, {}});
  on_all_cpus(analyses.size(), [&](std::size_t i) {
    Analysis &one = analyses[i];
    one.cycles = cycles_per_element(
        parse_kernel_request(std::string(one.row->name), one.pass, one.variant.dtype, one.variant.tier));
  });
  return analyses;
}

}  // namespace actinide::speed
