#include "tests/benchmark/goals.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace actinide::speed {
namespace {

std::string optional_text(const std::optional<double> &value, const char *format) {
  return value ? fmt::format(fmt::runtime(format), *value) : "-";
}

std::string goal_text(const Duel &duel) {
  if (!duel.goal) return "-";
  return duel.ratio >= *duel.goal ? fmt::format("{} reached", *duel.goal) : fmt::format("**{} missed**", *duel.goal);
}

// Each activation beside its fastest peer: gelu and gelu_tanh have two goals.
double mean_of(const std::vector<Duel> &duels) {
  std::map<std::string, double> least;
  for (const Duel &duel : duels) {
    const auto [place, is_new] = least.try_emplace(duel.activation, duel.ratio);
    place->second = std::min(place->second, duel.ratio);
  }
  std::vector<double> ratios;
  for (const auto &[activation, ratio] : least) ratios.push_back(ratio);
  return geometric_mean(ratios);
}

// Goals of rows that were measured, but beside which nobody is here.
std::string not_judged(const Sweep &sweep) {
  std::string names;
  for (const Goal &goal : forward_goals()) {
    const Cell *cell = sweep.find(goal.activation, Pass::forward, kSmall);
    if (!cell || duel(sweep, *cell, kStandard, goal.peer)) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", goal.activation);
    if (!goal.peer.empty()) names += fmt::format(" beside {}", goal.peer);
  }
  return names.empty() ? "" : fmt::format("\nNot judged, for want of the library: {}.\n", names);
}

std::string section(const std::vector<Duel> &duels, Pass pass, Tier tier, std::optional<double> mean_goal) {
  if (duels.empty()) return {};
  std::vector<Cells> rows;
  std::size_t reached = 0, goals = 0;
  for (const Duel &duel : duels) {
    rows.push_back({duel.activation, fmt::format("{:.3f}", duel.nanoseconds), optional_text(duel.port_bound, "{:.3f}"),
                    optional_text(duel.ulp, "{:.3g}"), duel.peer, fmt::format("{:.3f}", duel.peer_nanoseconds),
                    optional_text(duel.peer_ulp, "{:.3g}"),
                    fmt::format("{:.2f}{}", duel.ratio, duel.disturbed ? "*" : ""), goal_text(duel)});
    goals += duel.goal ? 1 : 0;
    reached += duel.goal && duel.ratio >= *duel.goal ? 1 : 0;
  }
  std::string text = fmt::format(
      "\n##### {}, f32 {}\n\n{}\nGeometric mean of peer / ours, each activation beside its fastest peer: {:.2f}",
      to_string(pass), to_string(tier),
      table({"activation", "ours ns", "ports ns", "ours ULP", "peer", "peer ns", "peer ULP", "peer / ours", "goal"},
            rows),
      mean_of(duels));
  if (mean_goal)
    text += fmt::format(" (goal {}: {})", *mean_goal, mean_of(duels) >= *mean_goal ? "reached" : "**missed**");
  return text + (goals ? fmt::format(". Reached: {} of {}.\n", reached, goals) : ".\n");
}

}  // namespace

std::string duels_text(const Sweep &sweep, const PortBounds &ports) {
  if (sweep.peers.empty()) return "No other library is installed here.\n";
  std::string text = not_judged(sweep);
  for (std::size_t i = 0; i < std::size(kGoalTiers); ++i)
    text += section(forward_duels(sweep, ports, kGoalTiers[i]), Pass::forward, kGoalTiers[i], kForwardMeans[i]);
  for (std::size_t i = 0; i < std::size(kGoalTiers); ++i)
    text += section(backward_duels(sweep, ports, kGoalTiers[i]), Pass::backward, kGoalTiers[i], kBackwardMeans[i]);
  return text;
}

}  // namespace actinide::speed
