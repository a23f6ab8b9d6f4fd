#include "tests/benchmark/goals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

// The newest XNNPACK isn't packaged; beside Eigen's expressions, on one machine, it took 0.89, 0.65 and 0.76 of their
// time for gelu, gelu_tanh and tanh.
constexpr Goal goals[] = {
    {"relu", {}, 1, {1, 1, 1}},
    {"leaky_relu", {}, 1, {1, 1, 1}},
    {"prelu", {}, 1, {1, 1, 1}},
    {"hardswish", {}, 1, {1, 1, 1}},
    {"squareplus", "eigen", 1, {1.5, 1, 1.5}},
    {"exp", {}, 1, {1.6, 1.2, 1.7}},
    {"sigmoid", {}, 1, {1.15, 0.7, 1.2}},
    {"silu", {}, 1, {1.15, 0.6, 1.2}},
    {"tanh", "eigen", 0.76, {0.8, 0.45, 1.05}},
    {"gelu", "eigen", 0.89, {0.75, 0.3, 1.05}},
    {"gelu", "onednn", 1, {1.7, 0.7, 2.3}},
    {"gelu_tanh", "eigen", 0.65, {0.75, 0.45, 1.05}},
    {"gelu_tanh", "onednn", 1, {7, 4.5, 9}},
    {"elu", {}, 1, {1.4, 1.4, 1.5}},
    {"softplus", {}, 1, {2.3, 1.2, 2.5}},
    {"mish", {}, 1, {1.8, 0.95, 1.9}},
};

std::optional<double> ulp_of(const Cell &cell, const std::string &name) {
  const auto found = cell.ulp.find(name);
  return found == cell.ulp.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> bound_of(const PortBounds &ports, const Cell &cell, const Variant &variant) {
  const PortBound *bound = ports.find(cell.activation, variant, cell.pass);
  if (!bound || std::isnan(bound->cycles) || ports.gigahertz == 0) return std::nullopt;
  return bound->cycles / ports.gigahertz;
}

}  // namespace

std::span<const Goal> forward_goals() {
  return goals;
}

std::optional<Duel> duel(const Sweep &sweep, const Cell &cell, const Variant &variant, std::string_view peer,
                         double share) {
  const std::string ours = name_of(variant), of_it = share == 1 ? "" : fmt::format("{} of ", share);
  if (!cell.has(ours)) return std::nullopt;
  std::optional<std::string> chosen;
  for (const auto &[name, version] : sweep.peers)
    if (cell.has(name) && (peer.empty() || peer == name))
      if (!chosen || cell.nanoseconds(name) < cell.nanoseconds(*chosen)) chosen = name;
  if (!chosen) return std::nullopt;
  std::string peer_text = of_it + *chosen;
  if (const std::string &version = sweep.peers.at(*chosen); !version.empty()) peer_text += " " + version;
  return Duel{.activation = cell.activation,
              .variant = variant,
              .nanoseconds = cell.nanoseconds(ours),
              .ulp = ulp_of(cell, ours),
              .peer = peer_text,
              .peer_nanoseconds = share * cell.nanoseconds(*chosen),
              .peer_ulp = ulp_of(cell, *chosen),
              .disturbed = cell.disturbed,
              .ratio = share * cell.ratio(*chosen, ours),
              .goal = {},
              .port_bound = {}};
}

std::vector<Duel> forward_duels(const Sweep &sweep, const PortBounds &ports, Tier tier) {
  const Variant variant{DType::f32, tier};
  const auto place = std::ranges::find(kGoalTiers, tier) - std::begin(kGoalTiers);
  std::vector<Duel> duels;
  for (const Goal &goal : goals) {
    const Cell *cell = sweep.find(goal.activation, Pass::forward, kSmall, variant);
    std::optional<Duel> one = cell ? duel(sweep, *cell, variant, goal.peer, goal.share) : std::nullopt;
    if (!one) continue;
    one->goal = goal.ratios[static_cast<std::size_t>(place)];
    one->port_bound = bound_of(ports, *cell, variant);
    duels.push_back(*one);
  }
  return duels;
}

std::vector<Duel> backward_duels(const Sweep &sweep, const PortBounds &ports, Tier tier) {
  const Variant variant{DType::f32, tier};
  std::vector<Duel> duels;
  for (const Cell &cell : sweep.cells) {
    if (cell.pass != Pass::backward || cell.n != kSmall) continue;
    std::optional<Duel> one = duel(sweep, cell, variant);
    if (!one) continue;
    if (tier == Tier::standard) one->goal = kBackwardEach;
    one->port_bound = bound_of(ports, cell, variant);
    duels.push_back(*one);
  }
  return duels;
}

}  // namespace actinide::speed
