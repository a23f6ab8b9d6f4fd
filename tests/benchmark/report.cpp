#include "tests/benchmark/report.h"

#include "error.h"
#include "measure/machine.h"
#include "measure/tensors.h"
#include "tests/benchmark/markdown.h"
#include "tests/benchmark/speed_tables.h"

#include <algorithm>
#include <cmath>
#include <array>
#include <map>
#include <tuple>

namespace actinide::speed {
namespace {

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
  for (const Variant &variant : kAnalysed)
    for (const Pass pass : kPasses) {
      std::vector<const Compilation *> group;
      for (const Compilation &one : report.compilations)
        if (one.variant == variant && one.pass == pass) group.push_back(&one);
      all.insert(all.end(), group.begin(), group.end());
      rows.push_back(compile_row(fmt::format("{} {}", to_string(variant), to_string(pass)), group));
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
  Cells head = {fmt::format("{} {}", to_string(variant), to_string(pass))};
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
            cycle_cells(fmt::format("{} {}", analysis.row->name, to_string(analysis.variant)), analysis.cycles));
  }
  return table(head, rows);
}

// The time of forward_backward to that of forward and derivative: an activation on each line.
std::string together(const std::vector<Together> &all) {
  Cells head = {"forward_backward / (forward + derivative)"};
  for (const Variant &variant : kAnalysed) head.push_back(to_string(variant));
  std::map<std::string, Cells> rows;  // the results come in the order of the columns
  for (const Together &one : all) {
    Cells &row = rows.try_emplace(std::string(one.row->name), Cells{std::string(one.row->name)}).first->second;
    row.push_back(fmt::format("{:.2f}", one.ratio));
  }
  std::vector<Cells> lines;
  for (const auto &[name, row] : rows) lines.push_back(row);
  return table(head, lines);
}

// What goals were set for, the figures of each target below.
std::string goals(const Report &report) {
  std::string text = fmt::format(
      "## Goals\n\n"
      "Set beside the best of other libraries on a machine with AVX2: `x86-64-v3` comes first, the target that is "
      "best here after it. Where a line was missed, its figures stand in bold below, and beside the times what the "
      "execution ports allow.\n\n"
      "### Forward kernels and gradients beside other libraries\n\n"
      "f32, 4,096 elements N(0,1), everyone in turns, each library used as its own users would (docs/benchmark.md); "
      "the worst error of 4,096 results. `ports ns`: what the ports need for our main loop, by LLVM's analyser; `-` "
      "where it branches, and for `relaxed`. `0.89 of eigen` stands for the newest XNNPACK, which isn't packaged, by "
      "its share of Eigen's time where both were measured. With `x86-64-v3` the libraries are held to AVX2, but for "
      "XNNPACK, which can't be told.\n");
  for (const Measured &measured : report.targets)
    text += fmt::format("\n#### {}\n{}", measured.sweep.target, duels_text(measured.sweep, measured.ports));
  return text +
         fmt::format(
             "\n"
             "### Other goals\n\n"
             "Of all rows, forward and backward where nothing else is said: how many are as they are to be, the "
             "middle, and the one that is furthest off.\n"
             "- Peers: the fastest that is installed here. The newest XNNPACK isn't.\n"
             "- Bandwidth at 16 Mi: of the kernels that take no longer than the streaming copy when caches hold the "
             "tensors; each thread of two half of that.\n"
             "- bf16 is converted by integers on every target (the CPU's instruction takes subnormal numbers as "
             "zero), f16 by the CPU, natively to 64 bytes with x86-64-v4. Where f32 takes less time than a "
             "converting copy, the limit, the row `square` in that dtype stands for it.\n"
             "- A kernel has a rare path where its main loop branches.\n"
             "- Two callers: two threads that call a kernel for tensors of their own, again and again, beside one "
             "that does the work of both. A call of 1 Mi elements is shared by the runtime's threads, where it finds "
             "enough work for two. {}\n"
             "- Calls of 1 to 64 elements: the most ns of any, dispatch included, beyond the time that its vectors "
             "take in 4,096 elements and that of an empty call in the same loop.\n"
             "- Port bound: of the kernels whose main loop has no branch.\n\n"
             "{}",
             cores_description(), other_goals_text(report.targets));
}

std::string figures(const Report &report) {
  std::string text =
      "\n"
      "## The goals' figures\n\n"
      "Of every row; bold: not as it is to be. Rows of softmax and its relatives: 65,536 elements.\n";
  for (const Measured &measured : report.targets)
    text += fmt::format("\n### Of {}\n{}", measured.sweep.target, figures_text(measured));
  return text;
}

std::string heading(const Report &report) {
  std::string disturbed;
  for (const Measured &measured : report.targets)
    disturbed += fmt::format(" {}: {}", measured.sweep.target, disturbed_text(measured.sweep));
  return fmt::format(
      "# Speed\n\n"
      "Written by `{}` on {}, in {:.0f} s; don't edit.\n\n"
      "- Machine: {}. Target `{}` where nothing else is said.\n"
      "- Built with {}.\n"
      "- One thread, bound to CPU {}. Inputs are N(0,1) of the seed {}, on huge pages where the system grants them; "
      "parameters have their defaults.\n"
      "- Each time, the thread's own on its CPU (of two threads: the clock on the wall), is the median of {} rounds "
      "after one to warm up; in each round everyone takes a turn: a row's kernels in all dtypes and tiers, copies of "
      "the same bytes, other libraries. A turn is 1.5 ms of calls. Goals ask most about 4,096 elements: other sizes "
      "have {} rounds, with one call of 16 Mi elements in each, or {} where it takes more than {:.0f} ms; short "
      "calls and two threads have a third of the rounds.\n"
      "- Times are ns/element. A copy reads and writes as many tensors of the same bytes with AVX2 loads and stores "
      "(more inputs than one: it stores their xor); the streaming copy bypasses the caches with its stores. `x "
      "copy`: the kernel's time to that of the faster of the two, measured in turns with it.\n"
      "- The plain copy of f32 is the control: where it was off the median of its kind by more than {:.0f} %, "
      "everything of that row was measured again.{}\n\n",
      report.command, today(), report.seconds, machine_description(), report.best().sweep.target,
      toolchain_description(), report.cpu, kSeed, report.rounds, few_rounds(report.rounds), kLongRounds,
      kLongSeconds * 1000, kControlTolerance * 100, disturbed);
}

std::string compiling_section(const Report &report) {
  return fmt::format(
             "\n"
             "## Compiling just in time\n\n"
             "From the text of the request to a function that can be called, in milliseconds of the CPU: cold (no "
             "cache is asked) in a process that has compiled before; the middle of {} compilations of each kernel. "
             "The stages' columns are medians.\n\n"
             "{}\n"
             "### In a host program\n\n"
             "{}",
             bench::kCompilations, compiling(report), jit_text(report.jit)) +
         fmt::format(
             "\n"
             "## Runtime library\n\n"
             "`libactinide_runtime.a`: {:.1f} KiB in all ({} bytes text, {} data, {} bss).\n",
             static_cast<double>(report.library.total()) / 1024, report.library.text, report.library.data,
             report.library.bss);
}

std::string ports_section(const Report &report) {
  return fmt::format(
      "\n"
      "## Beside what the ports allow\n\n"
      "ns for an element: what the execution ports and the front end need at least for the instructions of the main "
      "loop (the block reciprocal throughput of `llvm-mca-19`), of what 4,096 elements took; and the share. LLVM's "
      "model of this CPU is `{}`; it runs at {:.2f} GHz.\n\n"
      "{}",
      report.best().ports.cpu, report.best().ports.gigahertz,
      port_bounds_text(report.best().ports, report.best().sweep, kAnalysed));
}

std::string aarch64_section(const Report &report) {
  std::string text =
      "\n"
      "## AArch64, not measured\n\n"
      "Cycles for an element in the main loop, by LLVM's machine-code analyser (`llvm-mca-19`): data in the "
      "first-level cache, every branch predicted. LLVM has no model of its own for apple-m1; it takes that of the "
      "Apple A7.\n";
  for (const Variant &variant : kAnalysed)
    for (const Pass pass : kPasses) text += "\n" + analyses(report.analyses, variant, pass);
  return text +
         "\n"
         "### Beside SLEEF\n\n"
         "SLEEF's routines of the same functions (`u10`: at most 1.0 ULP), and our kernels. A routine is analysed as "
         "it stands, its argument loaded and its result stored, without the call. Debian's XNNPACK for AArch64 has "
         "no names of its kernels, and Arm's Optimized Routines aren't packaged: neither can be found to be "
         "analysed.\n\n" +
         routines(report);
}

}  // namespace

std::string to_markdown(const Report &report, const std::filesystem::path &pictures) {
  const Sweep &sweep = report.best().sweep;
  return heading(report) + goals(report) +
         "\n"
         "## From 64 elements to 16 Mi\n\n"
         "ns/element of f32 `standard`, N(0,1), one thread: the kernel, the copies of the same bytes, and every "
         "library that is installed here.\n\n" +
         draw_curves(report.curves, pictures) + "\n## Summary\n\n" + summary_text(sweep) + "\n## Copies\n\n" +
         copies_text(sweep) + "\n## Every kernel\n" + kernels_text(sweep) + figures(report) + ports_section(report) +
         "\n"
         "## y and f'(x) together\n\n"
         "The time of the one kernel to that of the two, 4,096 elements.\n\n" +
         together(report.together) + compiling_section(report) +
         "\n"
         "## Libraries of many kernels\n\n"
         "`actinide emit` of different definitions, f32 forward, for all targets of x86-64, on all cores.\n\n" +
         growth_text(report.growth) + aarch64_section(report);
}

}  // namespace actinide::speed
