#include "tests/benchmark/other_goals.h"

#include "codegen/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

// The figure of every element-wise row and pass at so many elements; `value` gives nothing where there is none.
template <typename Value>
Figures of_cells(const std::vector<Cell> &cells, std::size_t n, Value value) {
  Figures figures;
  for (const Cell &cell : cells)
    if (cell.n == n)
      if (const std::optional<double> one = value(cell)) figures.push_back({cell.activation, cell.pass, *one});
  return figures;
}

// The ratio of the times; nothing where either wasn't measured.
std::optional<double> ratio(const Cell &cell, const std::string &one, const std::string &other) {
  return cell.has(one) && cell.has(other) ? std::optional(cell.ratio(one, other)) : std::nullopt;
}

std::optional<double> peer_over_ours(const Sweep &sweep, const Cell &cell, const Variant &variant) {
  const std::optional<Duel> one = duel(sweep, cell, variant);
  return one ? std::optional(one->ratio) : std::nullopt;
}

template <Tier tier>
Figures backward_peers(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall, [&](const Cell &cell) -> std::optional<double> {
    if (cell.pass != Pass::backward) return std::nullopt;
    return peer_over_ours(measured.sweep, cell, {DType::f32, tier});
  });
}

Figures large_peers(const Measured &measured) {
  return of_cells(measured.sweep.cells, kLarge,
                  [&](const Cell &cell) { return peer_over_ours(measured.sweep, cell, kStandard); });
}

// Nothing where the kernel takes longer than the copy without having to wait for memory.
std::optional<double> share_of_copy(const Sweep &sweep, const Cell &cell, const std::string &copy,
                                    const std::string &ours, double threads) {
  const Cell *small = sweep.find(cell.activation, cell.pass, kSmall);
  if (!small || !cell.has(copy) || small->nanoseconds(name_of(kStandard)) / threads > cell.nanoseconds(copy))
    return std::nullopt;
  return ratio(cell, copy, ours);
}

Figures large_share(const Measured &measured) {
  return of_cells(measured.sweep.cells, kLarge, [&](const Cell &cell) {
    return share_of_copy(measured.sweep, cell, streaming_name(size_of(DType::f32)), name_of(kStandard), 1);
  });
}

template <Distribution input>
std::optional<double> input_ratio(const Cell &cell) {
  return ratio(cell, name_of(kStandard, input), name_of(kStandard));
}

Figures wide_inputs(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall, input_ratio<Distribution::wide>);
}

// The main loop branches to what is seldom needed.
bool has_rare_path(const Measured &measured, const Cell &cell) {
  const PortBound *bound = measured.ports.find(cell.activation, kStandard, cell.pass);
  return bound && std::isnan(bound->cycles);
}

template <bool rare>
Figures all_inputs(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall, [&](const Cell &cell) -> std::optional<double> {
    if (has_rare_path(measured, cell) != rare) return std::nullopt;
    return input_ratio<Distribution::all>(cell);
  });
}

// Elements a second beside those of f32; where f32 takes less time than reading, converting and writing do, beside that
// limit, for which `square` stands: one multiplication.
template <DType dtype>
Figures small_16_bits(const Measured &measured) {
  const std::string name = name_of({dtype, Tier::standard});
  return of_cells(measured.sweep.cells, kSmall, [&](const Cell &cell) -> std::optional<double> {
    const Cell *converting = measured.sweep.find("square", cell.pass, kSmall, {dtype, Tier::standard});
    const std::optional<double> speed = ratio(cell, name_of(kStandard), name);
    if (!speed || !converting) return speed;
    return std::max(*speed, converting->nanoseconds(name) / cell.nanoseconds(name));
  });
}

template <DType dtype>
Figures large_16_bits(const Measured &measured) {
  return of_cells(measured.sweep.cells, kLarge, [](const Cell &cell) {
    return ratio(cell, name_of(kStandard), name_of({dtype, Tier::standard}));
  });
}

template <bool forward>
Figures row_peers(const Measured &measured) {
  Figures figures;
  for (const Cell &cell : measured.sweep.rows)
    if (std::ranges::find(kColumns, cell.n) != std::end(kColumns) && (cell.pass == Pass::forward) == forward)
      if (const auto ratio = peer_over_ours(measured.sweep, cell, kStandard))
        figures.push_back({fmt::format("{} of {}", cell.activation, cell.n), cell.pass, *ratio});
  return figures;
}

std::optional<double> speed_up(const Cell &cell) {
  return ratio(cell, kOneThread, kTwoThreads);
}

Figures two_callers(const Measured &measured) {
  return of_cells(measured.sweep.threads, kSmall, speed_up);
}

Figures two_threads(const Measured &measured) {
  return of_cells(measured.sweep.threads, kShared, speed_up);
}

Figures two_threads_large(const Measured &measured) {
  return of_cells(measured.sweep.threads, kLarge,
                  [&](const Cell &cell) { return share_of_copy(measured.sweep, cell, kTwoCopies, kTwoThreads, 2); });
}

// The most ns that any of them takes beyond its vectors' share of a long call.
Figures short_calls(const Measured &measured) {
  const std::size_t lanes = static_cast<std::size_t>(parse_target(measured.sweep.target).vector_bytes) / sizeof(float);
  return of_cells(measured.sweep.short_calls, kShort, [&](const Cell &cell) -> std::optional<double> {
    const Cell *small = measured.sweep.find(cell.activation, cell.pass, kSmall);
    if (!small) return std::nullopt;
    double worst = 0;
    for (std::size_t n = 1; n <= kShort; ++n) {
      const std::size_t vectors = (n + lanes - 1) / lanes;
      const double call = cell.nanoseconds(short_call_name(n)) - cell.nanoseconds(short_call_name(0));
      worst = std::max(worst, call - static_cast<double>(vectors * lanes) * small->nanoseconds(name_of(kStandard)));
    }
    return worst;
  });
}

Figures exact_tier(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall,
                  [](const Cell &cell) { return ratio(cell, name_of(kExact), name_of(kStandard)); });
}

Figures port_shares(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall, [&](const Cell &cell) -> std::optional<double> {
    const PortBound *bound = measured.ports.find(cell.activation, kStandard, cell.pass);
    if (!bound || std::isnan(bound->cycles) || measured.ports.gigahertz == 0) return std::nullopt;
    return bound->cycles / measured.ports.gigahertz / cell.nanoseconds(name_of(kStandard));
  });
}

// The lesser of both dtypes'.
Figures torch_16_bits(const Measured &measured) {
  return of_cells(measured.sweep.cells, kSmall, [](const Cell &cell) -> std::optional<double> {
    const auto brain = ratio(cell, torch_name(DType::bf16), name_of(kBrain));
    const auto half = ratio(cell, torch_name(DType::f16), name_of(kHalf));
    return brain && half ? std::min(*brain, *half) : brain ? brain : half;
  });
}

Figures torch_rows(const Measured &measured) {
  Figures figures;
  for (const Cell &cell : measured.sweep.rows)
    if (const auto one = cell.pass == Pass::forward ? std::nullopt : ratio(cell, kTorch, name_of(kStandard)))
      figures.push_back({fmt::format("{} of {}", cell.activation, cell.n), cell.pass, *one});
  return figures;
}

constexpr std::optional<double> any = std::nullopt;

const OtherGoal goals[] = {
    {"f32 backward, 4,096 elements", "`standard`: peer / ours", kBackwardEach, kBackwardMeans[0], false,
     backward_peers<Tier::standard>},
    {"f32 backward, 4,096 elements", "`faithful`: peer / ours", any, kBackwardMeans[1], false,
     backward_peers<Tier::faithful>},
    {"f32 `standard`, 16 Mi elements", "16 Mi: peer / ours", 1.3, any, false, large_peers},
    {"f32 `standard`, 16 Mi elements", "16 Mi: share of the streaming copy's bandwidth", 0.85, any, false, large_share},
    {"other inputs, f32 `standard`", "N(0,3): time / that of N(0,1)", 1.3, any, true, wide_inputs},
    {"other inputs, f32 `standard`", "all floats: time / that of N(0,1)", 1.3, any, true, all_inputs<false>},
    {"other inputs, f32 `standard`", "all floats, rare path: time / that of N(0,1)", 3, any, true, all_inputs<true>},
    {"16 bits, 4,096 elements", "bf16: speed / f32's", 1, any, false, small_16_bits<DType::bf16>},
    {"16 bits, 4,096 elements", "f16, AVX2: speed / f32's", 1, any, false, small_16_bits<DType::f16>, "x86-64-v3"},
    {"16 bits, 4,096 elements", "f16, native: speed / f32's", 1.3, any, false, small_16_bits<DType::f16>, "x86-64-v4"},
    {"16 bits, 16 Mi elements", "bf16, 16 Mi: speed / f32's", 1.4, any, false, large_16_bits<DType::bf16>},
    {"16 bits, 16 Mi elements", "f16, 16 Mi: speed / f32's", 1.4, any, false, large_16_bits<DType::f16>},
    {"16 bits", "speed / PyTorch's", 3, any, false, torch_16_bits},
    {"rows of 1,024 and 32,768", "forward: peer / ours", 1.5, any, false, row_peers<true>},
    {"rows of 1,024 and 32,768", "backward: peer / ours", 3, any, false, row_peers<false>},
    {"rows of 1,024 and 32,768", "backward: PyTorch / ours", 1.2, any, false, torch_rows},
    {"two threads", "two callers of 4,096: speed-up", 1.9, any, false, two_callers},
    {"two threads", "one call of 1 Mi: speed-up", any, any, false, two_threads},
    {"two threads", "16 Mi: share of the bandwidth of two streaming copies", 0.85, any, false, two_threads_large},
    {"calls of 1 to 64 elements", "ns beyond the vectors' time", 10, any, true, short_calls},
    {"`exact`, 4,096 elements", "`exact` / `standard`", 3.5, any, true, exact_tier},
    {"port bound, 4,096 elements", "share of it", any, 0.8, false, port_shares},
};

}  // namespace

std::span<const OtherGoal> other_goals() {
  return goals;
}

bool applies(const OtherGoal &goal, const Measured &measured) {
  return goal.target.empty() || goal.target == measured.sweep.target;
}

bool is_reached(const OtherGoal &goal, double value) {
  return !goal.each || (goal.at_most ? value <= *goal.each : value >= *goal.each);
}

bool is_reached(const OtherGoal &goal, const Figures &figures) {
  std::vector<double> values;
  for (const Figure &figure : figures) values.push_back(figure.value);
  if (values.empty() || (goal.mean && geometric_mean(values) < *goal.mean)) return false;
  return std::ranges::all_of(values, [&](double value) { return is_reached(goal, value); });
}

}  // namespace actinide::speed
