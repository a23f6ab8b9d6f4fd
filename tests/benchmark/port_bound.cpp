#include "tests/benchmark/port_bound.h"

#include "tests/benchmark/analysis.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace actinide::speed {
namespace {

double cycles_per_element(const PortBound &bound, const Target &target, const std::string &cpu) {
  KernelRequest request =
      parse_kernel_request(std::string(bound.row->name), bound.pass, bound.variant.dtype, bound.variant.tier);
  request.schedule = "stream=0";
  const KernelSignature signature = signature_of(request);
  const Loop loop = main_loop(request, target);
  if (loop.bytes == 0) return std::nan("");
  const double elements =
      static_cast<double>(loop.bytes) / static_cast<double>(signature.outputs.size() * size_of(bound.variant.dtype));
  return loop_cost(loop.text, target.triple, cpu).port_bound / elements;
}

const Result *measured(const std::vector<Result> &results, const PortBound &bound) {
  const auto found = std::ranges::find_if(results, [&](const Result &result) {
    return result.row == bound.row && result.variant == bound.variant && result.pass == bound.pass &&
           result.n == kSizes[0];
  });
  return found == results.end() ? nullptr : &*found;
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

PortBounds port_bounds(std::span<const Activation *const> rows, double gigahertz) {
  PortBounds all{.cpu = llvm::sys::getHostCPUName().str(), .gigahertz = gigahertz, .bounds = {}};
  const Target target = host_target();
  for (const Activation *row : rows)
    for (const Variant &variant : kVariants)
      for (const Pass pass : kPasses) all.bounds.push_back({row, variant, pass, 0});
  on_all_cpus(all.bounds.size(),
              [&](std::size_t i) { all.bounds[i].cycles = cycles_per_element(all.bounds[i], target, all.cpu); });
  return all;
}

std::string port_bounds_text(const PortBounds &bounds, const std::vector<Result> &results) {
  if (bounds.gigahertz == 0) return "Not on this architecture.\n";
  Cells head = {"activation"}, means = {"geometric mean"};
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      head.push_back(fmt::format("{} {} {}", to_string(variant.dtype), to_string(variant.tier), to_string(pass)));
  std::vector<Cells> rows;
  std::vector<std::vector<double>> logarithms(head.size());
  for (const PortBound &bound : bounds.bounds) {
    if (rows.empty() || rows.back()[0] != bound.row->name) rows.push_back({std::string(bound.row->name)});
    const Result *result = measured(results, bound);
    Cells &row = rows.back();
    if (!result || std::isnan(bound.cycles)) {
      row.emplace_back(result ? "branches" : "-");
      continue;
    }
    const double least = bound.cycles / bounds.gigahertz, time = result->nanoseconds(bench::kKernel);
    logarithms[row.size()].push_back(std::log(least / time));
    row.push_back(fmt::format("{:.3f} of {:.3f}: {:.0f} %", least, time, 100 * least / time));
  }
  for (std::size_t i = 1; i < head.size(); ++i) {
    double sum = 0;
    for (const double one : logarithms[i]) sum += one;
    const auto count = static_cast<double>(logarithms[i].size());
    means.push_back(logarithms[i].empty() ? "-" : fmt::format("{:.0f} %", 100 * std::exp(sum / count)));
  }
  rows.push_back(means);
  return fmt::format("LLVM's model of this CPU is `{}`; it runs at {:.2f} GHz.\n\n", bounds.cpu, bounds.gigahertz) +
         table(head, rows);
}

}  // namespace actinide::speed
