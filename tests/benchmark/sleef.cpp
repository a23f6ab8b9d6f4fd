#include "tests/benchmark/sleef.h"

#include "error.h"
#include "tests/benchmark/build.h"

#include <filesystem>
#include <regex>
#include <sstream>

namespace actinide::speed {
namespace {

constexpr int kRegisterBytes = 16;

/// SLEEF's bounds, in tenths of an ULP: suffixes of its names.
constexpr int kTenthsOfUlp[] = {10, 15, 35};

/// A call in a loop: the argument loaded, the routine's instructions, the result stored. Empty where the library lacks
/// the routine, or where it branches: then a straight run through it isn't what happens.
std::string loop_of(const std::string &routine, const std::string &library) {
  static const std::regex instruction(R"(^\s+([a-z][a-z0-9.]*)(\s.*)?$)"), branch("b|b\\..*|bl|blr|br|cbn?z|tbn?z");
  std::istringstream lines(command_output(
      fmt::format("llvm-objdump-19 -d --no-show-raw-insn --no-leading-addr --disassemble-symbols={} '{}' 2>/dev/null",
                  routine, library)));
  std::string text = "\tldr q0, [x0]\n";
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, instruction)) continue;
    if (match[1] == "ret") return text + "\tstr q0, [x1]\n";
    if (std::regex_match(match[1].str(), branch)) return "";
    text += line + "\n";
  }
  return "";
}

}  // namespace

std::vector<Routine> analyse_sleef(std::span<const Activation *const> rows, const std::string &library) {
  std::vector<Routine> routines;
  if (!std::filesystem::exists(library)) return routines;
  for (const Activation *row : rows)
    for (const DType dtype : {DType::f32, DType::f64})
      for (const int tenths : kTenthsOfUlp) {
        const std::string name =
            fmt::format("Sleef_{}{}_u{}advsimd", row->name, dtype == DType::f32 ? "f4" : "d2", tenths);
        const std::string loop = loop_of(name, library);
        if (loop.empty()) continue;
        Routine &routine = routines.emplace_back(Routine{name, row, dtype, {}});
        for (std::size_t i = 0; i < kCpuModels.size(); ++i)
          routine.cycles[i] = cycles_of(loop, kCpuModels[i]) * static_cast<double>(size_of(dtype)) / kRegisterBytes;
      }
  return routines;
}

}  // namespace actinide::speed
