#include "tests/benchmark/goals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

namespace actinide::speed {
namespace {

struct Goal {
  std::string_view activation;
  std::string_view peer;              ///< that it is about; empty: the fastest
  double share = 1;                   ///< of that peer's time: stands for a library that isn't packaged
  std::array<double, 3> ratios = {};  ///< standard, faithful, relaxed
};

constexpr std::array kTiers = {Tier::standard, Tier::faithful, Tier::relaxed};

// As the best peer's time over ours on AVX2. The newest XNNPACK isn't packaged; beside Eigen's expressions, on one
// machine, it took 0.89, 0.65 and 0.76 of their time for gelu, gelu_tanh and tanh.
constexpr Goal goals[] = {
    {"relu", {}, 1, {1, 1, 1}},
    {"leaky_relu", {}, 1, {1, 1, 1}},
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
constexpr double kBackwardGoal = 1.5;

class Duels {
 public:
  explicit Duels(double seconds) { options_.effort.seconds = seconds; }

  /// What was measured of the kernel, once.
  const bench::BenchResult &result(const std::string &activation, Pass pass, Tier tier) {
    const auto known = std::ranges::find_if(
        known_, [&](const Known &one) { return one.activation == activation && one.pass == pass && one.tier == tier; });
    if (known != known_.end()) return known->result;
    options_.pass = pass;
    options_.tier = tier;
    return known_.emplace_back(Known{activation, pass, tier, bench::measure(activation, compiler_, options_)}).result;
  }

  /// Beside `peer`, or the fastest where it is empty; nothing if there is none.
  std::optional<Duel> duel(const std::string &activation, Pass pass, Tier tier, const Goal &goal) {
    const bench::BenchResult &measured = result(activation, pass, tier);
    const bench::SizeResult &at = measured.sizes[0];
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < measured.peers.size(); ++i) {
      if (!goal.peer.empty() && measured.peers[i].name != goal.peer) continue;
      if (!chosen || at.peers[i].median() < at.peers[*chosen].median()) chosen = i;
    }
    if (!chosen) return std::nullopt;
    const bench::PeerResult &peer = measured.peers[*chosen];
    const std::string share = goal.share == 1 ? "" : fmt::format("{} of ", goal.share);
    return Duel{.activation = activation,
                .pass = pass,
                .tier = tier,
                .nanoseconds = at.nanoseconds(at.kernel.median()),
                .ulp = measured.ulp,
                .peer = fmt::format("{}{} {}", share, peer.name, peer.version),
                .peer_nanoseconds = goal.share * at.nanoseconds(at.peers[*chosen].median()),
                .peer_ulp = peer.ulp,
                .ratio = goal.share * at.ratio_of(at.peers[*chosen]),
                .goal = {}};
  }

 private:
  struct Known {
    std::string activation;
    Pass pass;
    Tier tier;
    bench::BenchResult result;
  };
  const Compiler compiler_;
  bench::BenchOptions options_{.sizes = {4096}};
  std::deque<Known> known_;  // references stay
};

}  // namespace

std::vector<Duel> measure_goals(std::span<const Activation *const> rows, double seconds, const Progress &progress) {
  Duels duels(seconds);
  std::vector<Duel> list;
  const auto add = [&](std::optional<Duel> duel, std::optional<double> goal) {
    if (!duel) return;
    duel->goal = goal;
    list.push_back(*duel);
    progress(fmt::format("{} {} {}: {:.2f} x {}", duel->activation, to_string(duel->pass), to_string(duel->tier),
                         duel->ratio, duel->peer));
  };
  for (const Goal &goal : goals) {
    if (std::ranges::find(rows, goal.activation, &Activation::name) == rows.end()) continue;
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier)
      add(duels.duel(std::string(goal.activation), Pass::forward, kTiers[tier], goal), goal.ratios[tier]);
  }
  for (const Activation *row : rows)
    for (const Tier tier : {Tier::standard, Tier::faithful})
      add(duels.duel(std::string(row->name), Pass::backward, tier, {}),
          tier == Tier::standard ? std::optional(kBackwardGoal) : std::nullopt);
  return list;
}

}  // namespace actinide::speed
