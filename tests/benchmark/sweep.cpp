#include "tests/benchmark/sweep.h"

#include "actinide/jit.h"
#include "bench/bench.h"
#include "bench/contenders.h"
#include "bench/peers.h"
#include "bench/workload.h"
#include "error.h"
#include "measure/machine.h"
#include "tests/benchmark/child.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide::speed {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Timing, name, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cell, activation, pass, n, elements, inputs, outputs, timings, ulp, disturbed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sweep, target, peers, cells, rows, short_calls, threads)

namespace {

// Of a round, of each contender: of kRowElements, and of a call of few elements.
constexpr double kRowSeconds = 0.003, kShortSeconds = 0.0002;
constexpr std::size_t kRowElements = 65536;

// Everything is done by one thread first, bound to its CPU.
Sweep sweep_here(const SweepOptions &options, const Progress &progress) {
  Sweep sweep{.target = options.target};
  {
    const Pinned pinned(options.cpu);
    actinide_set_threads(1);
    sweep.cells = measure_cells(options, progress);
    progress("measuring rows");
    sweep.rows = measure_rows(options);
    progress("measuring short calls");
    sweep.short_calls = measure_short_calls(options);
  }
  progress("measuring two threads");
  sweep.threads = measure_threads(options, sweep);
  for (const bench::OpenPeer &peer : bench::open_peers(bench::installed_peers(options.target), options.target, 1)) {
    const auto has = [&](const Cell &cell) { return cell.has(peer.name); };
    if (std::ranges::any_of(sweep.cells, has) || std::ranges::any_of(sweep.rows, has))
      sweep.peers[peer.name] = peer.peer->version;
  }
  return sweep;
}

// A kernel of rows or channels.
struct RowCase {
  const char *activation;
  Pass pass;
  Tier tier;
  std::size_t elements, columns;
};

std::vector<RowCase> row_cases() {
  std::vector<RowCase> cases;
  // The gradient that oneDNN and frameworks compute is that of the output; of logsumexp there is one of the input.
  for (const std::size_t columns : kColumns)
    for (const auto &[activation, backward] :
         {std::pair("softmax", Pass::backward_from_output), std::pair("log_softmax", Pass::backward_from_output),
          std::pair("logsumexp", Pass::backward)})
      for (const Pass pass : {Pass::forward, backward})
        cases.push_back({activation, pass, Tier::standard, kRowElements, columns});
  for (const Tier tier : {Tier::standard, Tier::faithful, Tier::relaxed})
    cases.push_back({"prelu", Pass::forward, tier, kSmall, kColumns[0]});
  return cases;
}

// As bench::measure has it, in our words.
Cell measured(const RowCase &one, const Compiler &compiler, const Effort &effort) {
  const bench::BenchResult result = bench::measure(
      one.activation, compiler,
      {.pass = one.pass, .tier = one.tier, .sizes = {one.elements}, .columns = one.columns, .effort = effort});
  const bench::SizeResult &at = result.sizes.at(0);
  const std::size_t bytes = size_of(DType::f32);
  Cell cell{.activation = one.activation,
            .pass = one.pass,
            .n = result.kernel.shape == ShapeClass::row ? one.columns : one.elements,
            .elements = one.elements,
            .inputs = result.kernel.inputs.size(),
            .outputs = result.kernel.outputs.size(),
            .timings = {{name_of({DType::f32, one.tier}), at.kernel.seconds},
                        {copy_name(bytes), at.copy.seconds},
                        {streaming_name(bytes), at.streaming.seconds}}};
  cell.timings.insert(cell.timings.end(), at.peers.begin(), at.peers.end());
  return cell;
}

}  // namespace

std::string short_call_name(std::size_t n) {
  return fmt::format("{} elements", n);
}

const Cell *Sweep::find(std::string_view activation, Pass pass, std::size_t n, const Variant &variant) const {
  for (const std::vector<Cell> *list : {&cells, &rows})
    for (const Cell &cell : *list)
      if (cell.activation == activation && cell.pass == pass && cell.n == n && cell.has(name_of(variant))) return &cell;
  return nullptr;
}

Sweep measure_sweep(const SweepOptions &options, const Progress &progress) {
  return in_child([&] { return nlohmann::json(sweep_here(options, progress)); }).get<Sweep>();
}

std::vector<Cell> measure_rows(const SweepOptions &options) {
  const Compiler compiler({.target = options.target});
  std::vector<Cell> cells;
  for (const RowCase &one : row_cases())
    cells.push_back(measured(one, compiler, {.seconds = kRowSeconds * options.rounds, .rounds = options.rounds}));
  return cells;
}

std::vector<Cell> measure_short_calls(const SweepOptions &options) {
  const Compiler compiler({.target = options.target});
  std::vector<Cell> cells;
  for (const Activation *row : options.rows)
    for (const Pass pass : kPasses) {
      const std::string activation(row->name);
      std::vector<std::size_t> sizes;
      for (std::size_t n = 1; n <= kShort; ++n) sizes.push_back(n);
      const bench::Workload workload(activation, parse_kernel_request(activation, pass, DType::f32, Tier::standard),
                                     compiler, sizes, 1, Distribution::normal);
      int status = ACTINIDE_OK;
      // What measuring a call takes is known from one that does nothing.
      std::vector<Contender> contenders = {{short_call_name(0), [] {}}};
      for (const std::size_t n : sizes)
        contenders.push_back(
            {short_call_name(n), [&, n] { status = workload.kernel().run(workload.buffers().data(), n); }});
      const int rounds = (options.rounds + 2) / 3;
      cells.push_back({.activation = activation,
                       .pass = pass,
                       .n = kShort,
                       .elements = 1,
                       .inputs = workload.kernel().info().inputs.size(),
                       .outputs = workload.kernel().info().outputs.size(),
                       .timings = take_turns(contenders, {.seconds = kShortSeconds * rounds, .rounds = rounds})});
      internal_check(status == ACTINIDE_OK, "{}: {}", activation, actinide_status_string(status));
    }
  return cells;
}

}  // namespace actinide::speed
