// Measures kernels, compiling and the size of the runtime library, analyses kernels for other CPUs, and writes
// generated/SPEED.md. See tools/benchmark.
#include "actinide/jit.h"
#include "error.h"
#include "measure/machine.h"
#include "tests/benchmark/report.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace actinide::speed {
namespace {

struct Options {
  bool quick = false;
  std::vector<std::string> rows;
  std::string output;
  int cpu = -1;
  int rounds = 15;
  std::string sleef = kSleefLibrary;
};

// What a trial of this program measures: a cheap row and a dear one.
const std::vector<std::string> kQuickRows = {"relu", "softplus"};
// The target that goals are set for.
constexpr std::string_view kGoalTarget = "x86-64-v3";
// After so long, for each target, disturbed measurements are marked and not repeated.
constexpr std::chrono::minutes kRepeatTime{4};

const Progress progress = [](const std::string &line) { std::cerr << "benchmark: " << line << std::endl; };

std::vector<const Activation *> chosen_rows(const std::vector<std::string> &names) {
  std::vector<const Activation *> rows;
  for (const std::string &name : names) {
    rows.push_back(find_activation(name));
    if (!rows.back()) user_error("unknown activation '{}'; `actinide list` shows all", name);
    if (rows.back()->shape != ShapeClass::element)
      user_error("{} is not measured: its kernels aren't of single elements", name);
  }
  if (rows.empty())
    for (const Activation &row : all_activations())
      if (row.shape == ShapeClass::element) rows.push_back(&row);
  return rows;
}

// Of the target that goals are set for, if this CPU runs it, and of the best one, each of which a process measures
// before this one starts a thread.
std::vector<Measured> sweeps(const Options &options, const std::vector<const Activation *> &rows) {
  const Target best = host_target();
  std::vector<SweepOptions> wanted = {{.target = best.name, .goals_alone = false}};
  if (best.architecture == Architecture::x86_64 && best.name != kGoalTarget && runs_here(parse_target(kGoalTarget)))
    wanted.insert(wanted.begin(), {.target = std::string(kGoalTarget), .goals_alone = true});
  std::vector<Measured> all;
  auto deadline = std::chrono::steady_clock::now();
  for (SweepOptions &one : wanted) {
    one.rows = rows;
    one.cpu = options.cpu;
    one.rounds = options.rounds;
    one.deadline = deadline += kRepeatTime;
    all.push_back({measure_sweep(one, progress), {}});
  }
  return all;
}

Report measure(const Options &options, const std::string &command) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<const Activation *> rows = chosen_rows(options.rows);
  std::vector<Measured> targets = sweeps(options, rows);
  auto pinned = std::make_unique<Pinned>(options.cpu);
  actinide_set_threads(1);
  Report report{.command = command,
                .cpu = pinned->cpu(),
                .rounds = options.rounds,
                .first_compilation = first_compilation(),
                .compilations = {},
                .jit = {},
                .library = runtime_library_size(),
                .analyses = {},
                .routines = {},
                .targets = std::move(targets),
                .together = {},
                .curves = {},
                .growth = {},
                .seconds = 0};
  progress(fmt::format("compiling {} activations", rows.size()));
  report.compilations = compilations(rows);
  progress("measuring a host program, with many kernels");
  report.jit = measure_jit(options.quick ? 100 : 10'000);
  progress("measuring forward_backward");
  report.together = measure_together(rows, options.rounds);
  report.curves = measure_curves(rows, options.rounds, progress);
  const double gigahertz = measured_gigahertz();
  pinned.reset();
  progress("emitting libraries of many kernels");
  report.growth = measure_growth(options.quick ? 10 : 1000);
  progress("analysing for this CPU");
  for (Measured &measured : report.targets)
    measured.ports = port_bounds(rows, kAnalysed, measured.sweep.target, gigahertz);
  progress("analysing for CPUs that aren't here");
  report.analyses = analyse(rows);
  report.routines = analyse_sleef(rows, options.sleef);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

void write(const std::string &text, const std::string &file) {
  if (file.empty()) {
    std::cout << text;
    return;
  }
  std::ofstream stream(file);
  stream << text;
  stream.close();
  if (!stream) user_error("can't write {}; name a writable file with --output", file);
  std::cerr << "benchmark: wrote " << file << std::endl;
}

int run(int argc, char **argv) {
  Options options;
  CLI::App app("Measures Actinide's kernels beside copies of the same bytes, on one core.", "tools/benchmark");
  app.add_flag("--quick", options.quick, "Two activations in a minute, to try this program");
  app.add_option("--activation", options.rows, "Measure these activations only")->excludes("--quick");
  app.add_option("--output", options.output,
                 "The Markdown file; generated/SPEED.md if everything is measured, or else standard output");
  app.add_option("--cpu", options.cpu, "The CPU to run on; the last one that this process may use");
  app.add_option("--repetitions", options.rounds, "Of each measurement")->check(CLI::Range(3, 1000));
  app.add_option("--sleef", options.sleef, "libsleef.so.3 for AArch64, to analyse its routines")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (options.quick) options.rows = kQuickRows;
  if (options.rows.empty() && options.output.empty()) options.output = "generated/SPEED.md";
  std::string command = "tools/benchmark";
  for (int i = 1; i < argc; ++i) command += fmt::format(" {}", argv[i]);
  // Minutes of measuring are not to end in a file that can't be written.
  if (!options.output.empty() && !std::ofstream(options.output, std::ios::app))
    user_error("can't write {}; name a writable file with --output", options.output);
  const std::filesystem::path pictures = std::filesystem::path(options.output).parent_path();
  write(to_markdown(measure(options, command), pictures), options.output);
  return 0;
}

}  // namespace
}  // namespace actinide::speed

int main(int argc, char **argv) {
  try {
    return actinide::speed::run(argc, argv);
  } catch (const std::exception &error) {
    std::cerr << "benchmark: " << error.what() << std::endl;
    return 1;
  }
}
