// `actinide bench`: how fast kernels are, beside copies of the same bytes and beside peers.
#include "bench/bench.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "error.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <map>

namespace actinide::cli {
namespace {

struct Options {
  Activations activations;
  KernelWords words;
  std::string target;
  std::string sizes;
  std::string peers;
  std::string inputs = "normal";
  double seconds = speed::Effort().seconds;
  bool jit = false;
  bool json = false;
  bench::BenchOptions rest = {};
};

const std::map<std::string, speed::Distribution> kDistributions = {
    {"normal", speed::Distribution::normal}, {"wide", speed::Distribution::wide}, {"all", speed::Distribution::all}};

std::vector<std::size_t> parse_sizes(const std::string &text) {
  std::vector<std::size_t> sizes;
  for (const std::string &part : split_list(text, "--size")) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), size);
    if (error != std::errc() || end != part.data() + part.size() || size == 0)
      user_error("--size '{}' is no number of elements; write it like --size 4096,65536", part);
    sizes.push_back(size);
  }
  return sizes;
}

bench::BenchOptions bench_options(const Options &options) {
  bench::BenchOptions result = options.rest;
  result.pass = parse_pass(options.words.pass);
  result.dtypes = parse_dtypes(options.words.dtype);
  result.tier = parse_tier(options.words.tier);
  result.schedule = options.words.schedule;
  result.distribution = kDistributions.at(options.inputs);
  result.effort.seconds = options.seconds;
  if (!options.sizes.empty()) result.sizes = parse_sizes(options.sizes);
  if (options.peers == "none")
    result.peers.emplace();
  else if (!options.peers.empty())
    result.peers = split_list(options.peers, "--against");
  return result;
}

void run_jit(const std::vector<std::string> &texts, const bench::BenchOptions &how, const Target &target, bool json) {
  std::vector<bench::CompileResult> results;
  for (const std::string &text : texts) {
    const bench::CompileRequest request = {text, how.pass, how.dtypes, how.tier, how.schedule};
    results.push_back({text, bench::compile_time(request, target), bench::middle_compile_time(request, target)});
  }
  if (json)
    fmt::print("{}\n", compile_json(results).dump(2));
  else
    fmt::print("{}", compile_text(results));
}

void run(const Options &options) {
  const std::vector<std::string> texts = options.activations.texts();
  const bench::BenchOptions how = bench_options(options);
  const Compiler compiler({.target = options.target});
  if (options.jit) return run_jit(texts, how, parse_target(compiler.target()), options.json);
  auto list = nlohmann::ordered_json::array();
  bool steady = true, list_begins = true;
  for (const std::string &text : texts) {
    const bench::BenchResult result = bench::measure(text, compiler, how);
    for (const bench::SizeResult &at : result.sizes) steady = steady && at.steady();
    if (options.json)
      list.push_back(bench_json(result));
    else
      fmt::print("{}\n{}", list_begins ? bench_heading(how) : "", bench_text(result));
    list_begins = false;
    std::fflush(stdout);
  }
  if (options.json) {
    auto json = bench_heading_json(how);
    json["kernels"] = std::move(list);
    fmt::print("{}\n", json.dump(2));
  } else if (!steady) {
    fmt::print("\n* the copy beside it was unsteady: something else kept the machine busy\n");
  }
}

}  // namespace

void add_bench(const Command &app) {
  auto options = std::make_shared<Options>();
  const Command command =
      app.subcommand("bench", "Measure the speed of kernels, beside copies of the same bytes and other libraries");
  options->activations.add_to(command);
  options->words.add_to(command);
  command.option("--target", options->target, "That this machine runs; the best one unless given");
  command.option("--size", options->sizes, "Numbers of elements")
      .type_name("N,..")
      .default_text("2048,4096,65536,16777216");
  command.option("--columns", options->rest.columns, "Of a row, where there are rows or channels")
      .default_as_set()
      .whole_number_from(1);
  command.option("--threads", options->rest.threads, "That a kernel may use")
      .default_as_set()
      .whole_number_from(1, 1024);
  command.option("--input", options->inputs, "What the inputs are: N(0,1), N(0,3), or all finite numbers alike")
      .default_as_set()
      .one_of({"normal", "wide", "all"});
  command.option("--time", options->seconds, "Of each measurement, about, in seconds")
      .default_as_set()
      .number_between(0.001, 3600);
  command.option("--against", options->peers, "Peers, or none")
      .type_name("PEER,..")
      .default_text("all that are installed here and have such a kernel");
  command.flag("--jit", options->jit, "How long it takes to compile each just in time, stage by stage, instead");
  command.flag("--json", options->json, "As JSON");
  command.runs([options] { run(*options); });
}

}  // namespace actinide::cli
