#include "tests/benchmark/port_bound.h"

#include "tests/benchmark/analysis.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace actinide::speed {
namespace {

// Whether the kernel branches around what is seldom needed.
bool has_rare_path(const KernelRequest &request, const Target &target) {
  return std::ranges::any_of(make_stages(request, target).program.instructions, [](const Instruction &instruction) {
    return instruction.code == Code::select && instruction.bits != 0;
  });
}

double cycles_per_element(const PortBound &bound, const Target &target, const std::string &cpu) {
  KernelRequest request =
      parse_kernel_request(std::string(bound.row->name), bound.pass, bound.variant.dtype, bound.variant.tier);
  if (has_rare_path(request, target)) return std::nan("");
  request.schedule = "stream=0";
  const KernelSignature signature = signature_of(request);
  const Loop loop = main_loop(request, target);
  if (loop.bytes == 0) return std::nan("");
  const double elements =
      static_cast<double>(loop.bytes) / static_cast<double>(signature.outputs.size() * size_of(bound.variant.dtype));
  return port_bound_of(loop.text, target.triple, cpu) / elements;
}

}  // namespace

double measured_gigahertz() {
#ifdef __x86_64__
  constexpr int rounds = 7, turns = 1'000'000, additions = 16;
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    long sum = 0;
    for (int turn = 0; turn < turns; ++turn) asm volatile(".rept 16\n\tadd $1, %0\n\t.endr" : "+r"(sum));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, static_cast<double>(turns) * additions / seconds * 1e-9);
  }
  return best;
#else
  return 0;
#endif
}

const PortBound *PortBounds::find(std::string_view activation, const Variant &variant, Pass pass) const {
  const auto found = std::ranges::find_if(bounds, [&](const PortBound &bound) {
    return bound.row->name == activation && bound.variant == variant && bound.pass == pass;
  });
  return found == bounds.end() ? nullptr : &*found;
}

PortBounds port_bounds(std::span<const Activation *const> rows, std::span<const Variant> variants,
                       const std::string &target, double gigahertz) {
  PortBounds all{.cpu = llvm::sys::getHostCPUName().str(), .gigahertz = gigahertz, .bounds = {}};
  const Target parsed = parse_target(target);
  for (const Activation *row : rows)
    for (const Variant &variant : variants)
      for (const Pass pass : kPasses) all.bounds.push_back({row, variant, pass, 0});
  on_all_cpus(all.bounds.size(),
              [&](std::size_t i) { all.bounds[i].cycles = cycles_per_element(all.bounds[i], parsed, all.cpu); });
  return all;
}

std::string port_bounds_text(const PortBounds &bounds, const Sweep &sweep, std::span<const Variant> variants) {
  if (bounds.gigahertz == 0) return "Not on this architecture.\n";
  Cells head = {"activation"}, means = {"geometric mean"};
  for (const Variant &variant : variants)
    for (const Pass pass : kPasses) head.push_back(fmt::format("{} {}", to_string(variant), to_string(pass)));
  std::vector<Cells> rows;
  std::vector<std::vector<double>> shares(head.size());
  for (const PortBound &bound : bounds.bounds) {
    if (rows.empty() || rows.back()[0] != bound.row->name) rows.push_back({std::string(bound.row->name)});
    const Cell *cell = sweep.find(bound.row->name, bound.pass, kSmall, bound.variant);
    Cells &row = rows.back();
    if (!cell || std::isnan(bound.cycles)) {
      row.emplace_back(cell ? "branches" : "-");
      continue;
    }
    const double least = bound.cycles / bounds.gigahertz, time = cell->nanoseconds(name_of(bound.variant));
    shares[row.size()].push_back(least / time);
    row.push_back(fmt::format("{:.3f} of {:.3f}: {:.0f} %", least, time, 100 * least / time));
  }
  for (std::size_t i = 1; i < head.size(); ++i)
    means.push_back(shares[i].empty() ? "-" : fmt::format("{:.0f} %", 100 * geometric_mean(shares[i])));
  rows.push_back(means);
  return table(head, rows);
}

}  // namespace actinide::speed
