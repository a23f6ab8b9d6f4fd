#include "tests/benchmark/analysis.h"

#include "codegen/module.h"
#include "error.h"
#include "pipeline.h"
#include "tests/benchmark/machine.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace actinide::speed {
namespace {

constexpr int kIterations = 100;

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

double cycles_of(const Loop &loop, const CpuModel &cpu) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "actinide_analysis.s";
  std::ofstream(file) << loop.text;
  const std::string command =
      fmt::format("llvm-mca-19 -mtriple=aarch64-unknown-linux-gnu -mcpu={} -iterations={} -json {}", cpu.name,
                  kIterations, file.string());
  const std::string output = command_output(command);
  std::filesystem::remove(file);
  const auto json = nlohmann::json::parse(output, nullptr, false);
  if (json.is_discarded()) user_error("`{}` gave no analysis; tools/setup installs it", command);
  return json.at("CodeRegions").at(0).at("SummaryView").at("TotalCycles").get<double>() / kIterations;
}

double cycles_per_element(const KernelRequest &request, const CpuModel &cpu) {
  const Loop loop = main_loop(assembly_of(request, parse_target(cpu.target)), cpu.vector_bytes);
  internal_check(loop.bytes > 0, "{} has no main loop on {}", signature_of(request).base_name(), cpu.target);
  const std::size_t bytes_of_element = signature_of(request).outputs.size() * size_of(request.dtype);
  return cycles_of(loop, cpu) * static_cast<double>(bytes_of_element) / loop.bytes;
}

}  // namespace

std::vector<Analysis> analyse(std::span<const Activation *const> rows) {
  std::vector<Analysis> analyses;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      for (const Activation *row : rows) {
        const KernelRequest request = parse_kernel_request(std::string(row->name), pass, variant.dtype, variant.tier);
        Analysis analysis{row, variant, pass, {}};
        for (std::size_t i = 0; i < kCpuModels.size(); ++i)
          analysis.cycles[i] = cycles_per_element(request, kCpuModels[i]);
        analyses.push_back(analysis);
      }
  return analyses;
}

}  // namespace actinide::speed
