#include "tests/benchmark/report.h"

#include "error.h"
#include "measure/machine.h"
#include "measure/tensors.h"
#include "tests/benchmark/markdown.h"

#include <algorithm>
#include <cmath>
#include <array>
#include <map>
#include <tuple>

namespace actinide::speed {
namespace {

std::string size_text(std::size_t n) {
  return n >= (1u << 20) ? fmt::format("{} Mi", n >> 20) : fmt::format("{},{:03}", n / 1000, n % 1000);
}

std::string variant_text(const Variant &variant) {
  return fmt::format("{} {}", to_string(variant.dtype), to_string(variant.tier));
}

std::string time_text(double nanoseconds) {
  return fmt::format("{:.3f}", nanoseconds);
}

std::string ratio_text(const Result &result) {
  return fmt::format("{:.2f}{}", result.ratio(), result.disturbed ? "*" : "");
}

std::vector<const Result *> select(const std::vector<Result> &results, const Variant &variant, Pass pass,
                                   std::size_t n) {
  std::vector<const Result *> chosen;
  for (const Result &result : results)
    if (result.variant == variant && result.pass == pass && result.n == n) chosen.push_back(&result);
  return chosen;
}

// Every contender in the order in which they were measured.
Cells contender_names(const std::vector<Result> &results) {
  Cells names;
  for (const Result &result : results)
    for (const Timing &timing : result.timings)
      if (std::ranges::find(names, timing.name) == names.end()) names.push_back(timing.name);
  return names;
}

// One line for each variant, pass and size: the middle and the extremes of the ratios.
std::string summary(const std::vector<Result> &results) {
  std::vector<Cells> rows;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      for (const std::size_t n : kSizes) {
        const std::vector<const Result *> chosen = select(results, variant, pass, n);
        if (chosen.empty()) continue;
        std::vector<double> times, ratios;
        for (const Result *result : chosen) {
          times.push_back(result->nanoseconds(bench::kKernel));
          ratios.push_back(result->ratio());
        }
        const Result &fastest = **std::ranges::min_element(chosen, {}, &Result::ratio);
        const Result &slowest = **std::ranges::max_element(chosen, {}, &Result::ratio);
        rows.push_back({fmt::format("{} {}", variant_text(variant), to_string(pass)), size_text(n),
                        time_text(median(times)), fmt::format("{:.2f}", median(ratios)),
                        fmt::format("{} {}", fastest.row->name, ratio_text(fastest)),
                        fmt::format("{} {}", slowest.row->name, ratio_text(slowest))});
      }
  return table({"kernels", "elements", "median ns", "median x copy", "nearest to the copy", "furthest"}, rows);
}

// Each contender at each size, and the kernel's ratio to the faster copy.
std::string kernels(const std::vector<Result> &results, const Variant &variant, Pass pass) {
  const Cells contenders = contender_names(results);
  Cells head = {"activation"};
  std::map<const Activation *, Cells> cells;
  std::vector<const Activation *> order;
  for (const std::size_t n : kSizes) {
    for (const std::string &name : contenders) head.push_back(fmt::format("{}: {}", size_text(n), name));
    head.push_back("x copy");
    for (const Result *result : select(results, variant, pass, n)) {
      Cells &row = cells[result->row];
      if (row.empty()) {
        row.emplace_back(result->row->name);
        order.push_back(result->row);
      }
      for (const std::string &name : contenders) {
        const bool measured = std::ranges::find(result->timings, name, &Timing::name) != result->timings.end();
        row.push_back(measured ? time_text(result->nanoseconds(name)) : "-");
      }
      row.push_back(ratio_text(*result));
    }
  }
  std::vector<Cells> rows;
  for (const Activation *row : order) rows.push_back(cells[row]);
  return table(head, rows);
}

// The copies alone: what the ratios rest on.
std::string copies(const std::vector<Result> &results) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>, std::array<std::vector<double>, 2>> groups;
  for (const Result &result : results) {
    auto &[plain, streaming] = groups[{size_of(result.variant.dtype), result.inputs, result.outputs, result.n}];
    plain.push_back(result.nanoseconds(bench::kCopy));
    streaming.push_back(result.nanoseconds(bench::kStreaming));
  }
  std::vector<Cells> rows;
  for (const auto &[key, times] : groups) {
    const auto &[element, inputs, outputs, n] = key;
    const auto &[plain, streaming] = times;
    const double middle = median(plain), bytes = static_cast<double>((inputs + outputs) * element);
    rows.push_back({fmt::format("{} in, {} out, {} bytes each", inputs, outputs, element), size_text(n),
                    time_text(middle), time_text(median(streaming)),
                    fmt::format("{:.1f}", bytes / std::min(middle, median(streaming))),
                    fmt::format("{:+.1f} % to {:+.1f} %", (std::ranges::min(plain) / middle - 1) * 100,
                                (std::ranges::max(plain) / middle - 1) * 100)});
  }
  return table({"tensors", "elements", "copy ns", "streaming copy ns", "faster: GB/s", "controls around their median"},
               rows);
}

Cells compile_row(const std::string &name, const std::vector<const Compilation *> &group) {
  const auto total = [](const Compilation *one) { return one->time.total(); };
  std::vector<double> totals;
  std::ranges::transform(group, std::back_inserter(totals), total);
  const Compilation &worst = **std::ranges::max_element(group, {}, total);
  Cells row = {name, std::to_string(group.size()), fmt::format("{:.1f}", median(totals)),
               fmt::format("{:.1f} ({})", worst.time.total(), worst.name())};
  for (std::size_t stage = 0; stage < bench::kCompileStages.size(); ++stage) {
    std::vector<double> parts;
    for (const Compilation *one : group) parts.push_back(one->time.milliseconds[stage]);
    row.push_back(fmt::format("{:.1f}", median(parts)));
  }
  return row;
}

std::string compiling(const Report &report) {
  Cells head = {"kernels", "number", "median ms", "worst ms"};
  head.insert(head.end(), bench::kCompileStages.begin(), bench::kCompileStages.end());
  std::vector<Cells> rows;
  std::vector<const Compilation *> all;
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses) {
      std::vector<const Compilation *> group;
      for (const Compilation &one : report.compilations)
        if (one.variant == variant && one.pass == pass) group.push_back(&one);
      all.insert(all.end(), group.begin(), group.end());
      rows.push_back(compile_row(fmt::format("{} {}", variant_text(variant), to_string(pass)), group));
    }
  rows.push_back(compile_row("all", all));
  rows.push_back(compile_row("first of the process", {&report.first_compilation}));
  return table(head, rows);
}

Cells cycle_cells(const std::string &name, const Cycles &cycles) {
  Cells cells = {name};
  for (const double one : cycles) cells.push_back(std::isnan(one) ? "branches" : fmt::format("{:.2f}", one));
  return cells;
}

// Cycles of an element on each model: a kernel on each line.
std::string analyses(const std::vector<Analysis> &all, const Variant &variant, Pass pass) {
  Cells head = {fmt::format("{} {}", variant_text(variant), to_string(pass))};
  for (const CpuModel &cpu : kCpuModels) head.push_back(fmt::format("{}: {}", cpu.name, cpu.target));
  std::vector<Cells> rows;
  for (const Analysis &analysis : all) {
    if (analysis.variant != variant || analysis.pass != pass) continue;
    rows.push_back(cycle_cells(std::string(analysis.row->name), analysis.cycles));
  }
  return table(head, rows);
}

// SLEEF's routines, each row's followed by our kernels in the same dtype.
std::string routines(const Report &report) {
  if (report.routines.empty()) return "SLEEF for AArch64 (Debian: `libsleef3:arm64`) isn't installed here.\n";
  Cells head = {"routine"};
  for (const CpuModel &cpu : kCpuModels) head.push_back(fmt::format("{}: {}", cpu.name, cpu.target));
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < report.routines.size(); ++i) {
    const Routine &routine = report.routines[i];
    rows.push_back(cycle_cells(fmt::format("`{}`", routine.name), routine.cycles));
    const bool last = i + 1 == report.routines.size() || report.routines[i + 1].row != routine.row ||
                      report.routines[i + 1].dtype != routine.dtype;
    if (!last) continue;
    for (const Analysis &analysis : report.analyses)
      if (analysis.row == routine.row && analysis.pass == Pass::forward && analysis.variant.dtype == routine.dtype)
        rows.push_back(
            cycle_cells(fmt::format("{} {}", analysis.row->name, variant_text(analysis.variant)), analysis.cycles));
  }
  return table(head, rows);
}

// The time of forward_backward to that of forward and derivative: an activation on each line.
std::string together(const std::vector<Together> &all) {
  Cells head = {"forward_backward / (forward + derivative)"};
  for (const Variant &variant : kVariants)
    for (const std::size_t n : kSizes) head.push_back(fmt::format("{}, {}", variant_text(variant), size_text(n)));
  std::map<std::string, Cells> rows;  // the results come in the order of the columns
  for (const Together &one : all) {
    Cells &row = rows.try_emplace(std::string(one.row->name), Cells{std::string(one.row->name)}).first->second;
    row.push_back(fmt::format("{:.2f}", one.ratio));
  }
  std::vector<Cells> lines;
  for (const auto &[name, row] : rows) lines.push_back(row);
  return table(head, lines);
}

std::string disturbed_note(const std::vector<Result> &results) {
  const auto count = std::ranges::count_if(results, &Result::disturbed);
  return count ? fmt::format("{} of {} stayed off and are marked *.", count, results.size()) : "None stayed off.";
}

}  // namespace

std::string to_markdown(const Report &report, const std::filesystem::path &pictures) {
  std::string text = fmt::format(
      "# Speed\n\n"
      "Written by `{}` on {}, in {:.0f} s; don't edit.\n\n"
      "- Machine: {}. Target `{}`.\n"
      "- Built with {}.\n"
      "- One thread, bound to CPU {}. Inputs are N(0,1) of the seed {}, on huge pages where the system grants them; "
      "parameters have their defaults.\n"
      "- Each time, the thread's own on its CPU, is the median of {} repetitions after one to warm up; a repetition "
      "calls the kernel for {:.0f} ms "
      "or "
      "once. Calls that take more than {:.0f} ms are repeated {} times. Kernel and copies take turns.\n"
      "- Times are ns/element. A copy reads and writes as many tensors of the same bytes with AVX2 loads and stores "
      "(more inputs than one: it stores their xor); the streaming copy bypasses the caches with its stores. `x copy`: "
      "the kernel's time to that of the faster of the two, measured in turns with it.\n"
      "- The plain copy is the control: where it was off the median of its kind by more than {:.0f} %, the kernel was "
      "measured again. {}\n\n",
      report.command, today(), report.seconds, machine_description(), report.target, toolchain_description(),
      report.cpu, kSeed, report.repetitions, kRepetitionSeconds * 1000, kLongSeconds * 1000, kLongRounds,
      kControlTolerance * 100, disturbed_note(report.results));
  text += "## Summary\n\n" + summary(report.results);
  text += "\n## Copies\n\n" + copies(report.results);
  text += fmt::format(
      "\n## Compiling just in time\n\n"
      "From the text of the request to a function that can be called, in milliseconds of the CPU: cold (no cache is "
      "asked) in a process that has compiled before; the middle of {} compilations of each kernel. The stages' columns "
      "are medians.\n\n{}",
      bench::kCompilations, compiling(report));
  text += "\n### In a host program\n\n" + jit_text(report.jit);
  text += fmt::format(
      "\n## Runtime library\n\n"
      "`libactinide_runtime.a`: {:.1f} KiB in all ({} bytes text, {} data, {} bss).\n",
      static_cast<double>(report.library.total()) / 1024, report.library.text, report.library.data, report.library.bss);
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses)
      text += fmt::format("\n## {}, {}\n\n{}", variant_text(variant), to_string(pass),
                          kernels(report.results, variant, pass));
  text += "\n## Beside other libraries\n\n" + goals_text(report.duels);
  text +=
      "\n## From 64 elements to 16 Mi\n\n"
      "ns/element of f32 `standard`, N(0,1), one thread: the kernel, the copies of the same bytes, and every library "
      "that is installed here.\n\n" +
      draw_curves(report.curves, pictures);
  text +=
      "\n## Libraries of many kernels\n\n"
      "`actinide emit` of different definitions, f32 forward, for all targets of x86-64, on all cores.\n\n" +
      growth_text(report.growth);
  text += "\n## y and f'(x) together\n\nThe time of the one kernel to that of the two.\n\n" + together(report.together);
  text +=
      "\n## Beside what the ports allow\n\n"
      "ns for an element: what the execution ports and the front end need at least for the instructions of the main "
      "loop (the block reciprocal throughput of `llvm-mca-19`), of what 4,096 elements took; and the share. " +
      port_bounds_text(report.ports, report.results);
  text +=
      "\n## AArch64, not measured\n\n"
      "Cycles for an element in the main loop, by LLVM's machine-code analyser (`llvm-mca-19`): data in the "
      "first-level "
      "cache, every branch predicted. LLVM has no model of its own for apple-m1; it takes that of the Apple A7.\n";
  for (const Variant &variant : kVariants)
    for (const Pass pass : kPasses) text += "\n" + analyses(report.analyses, variant, pass);
  text +=
      "\n### Beside SLEEF\n\n"
      "SLEEF's routines of the same functions (`u10`: at most 1.0 ULP), and our kernels. A routine is analysed as it "
      "stands, its argument loaded and its result stored, without the call. Debian's XNNPACK for AArch64 has no names "
      "of "
      "its kernels, and Arm's Optimized Routines aren't packaged: neither can be found to be analysed.\n\n" +
      routines(report);
  return text;
}

}  // namespace actinide::speed
