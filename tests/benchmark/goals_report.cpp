#include "tests/benchmark/goals.h"
#include "tests/benchmark/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

std::string ulp_text(const std::optional<double> &ulp) {
  return ulp ? fmt::format("{:.3g}", *ulp) : "-";
}

std::string verdict(const Duel &duel) {
  if (!duel.goal) return "-";
  return duel.ratio >= *duel.goal ? fmt::format("{} reached", *duel.goal) : fmt::format("**{} missed**", *duel.goal);
}

double geometric_mean(const std::vector<const Duel *> &duels) {
  double sum = 0;
  for (const Duel *duel : duels) sum += std::log(duel->ratio);
  return std::exp(sum / static_cast<double>(duels.size()));
}

// The duels of a pass and tier, and their mean.
std::string section(const std::vector<Duel> &duels, Pass pass, Tier tier) {
  std::vector<const Duel *> chosen;
  for (const Duel &duel : duels)
    if (duel.pass == pass && duel.tier == tier) chosen.push_back(&duel);
  if (chosen.empty()) return {};
  std::vector<Cells> rows;
  for (const Duel *duel : chosen)
    rows.push_back({duel->activation, fmt::format("{:.3f}", duel->nanoseconds), ulp_text(duel->ulp), duel->peer,
                    fmt::format("{:.3f}", duel->peer_nanoseconds), ulp_text(duel->peer_ulp),
                    fmt::format("{:.2f}", duel->ratio), verdict(*duel)});
  return fmt::format(
      "\n### {}, f32 {}\n\n{}\nGeometric mean of peer / ours: {:.2f}.\n", to_string(pass), to_string(tier),
      table({"activation", "ours ns", "ours ULP", "peer", "peer ns", "peer ULP", "peer / ours", "goal"}, rows),
      geometric_mean(chosen));
}

}  // namespace

std::string goals_text(const std::vector<Duel> &duels) {
  if (duels.empty()) return "No other library is installed here.\n";
  std::string text =
      "4,096 elements N(0,1) of f32, in turns with the library named, each used as its own users would "
      "(docs/benchmark.md); "
      "the worst error of 4,096 results of both. The goals were set beside the libraries' best on a machine with AVX2: "
      "the "
      "peer's time over ours. `0.89 of eigen` stands for the newest XNNPACK, which isn't packaged, by its share of "
      "Eigen's time "
      "where both were measured.\n";
  for (const Pass pass : kPasses)
    for (const Tier tier : {Tier::standard, Tier::faithful, Tier::relaxed}) text += section(duels, pass, tier);
  return text;
}

}  // namespace actinide::speed
