#include "schedules/tuner.h"

#include "error.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace actinide {
namespace {

constexpr int kRounds = 9;  // of the halving
constexpr int kDuelRounds = 41;

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// How many times faster `one` was, round by round.
std::vector<double> ratios(const std::vector<double> &base, const std::vector<double> &one) {
  std::vector<double> list;
  for (std::size_t round = 0; round < std::min(base.size(), one.size()); ++round)
    list.push_back(base[round] / one[round]);
  return list;
}

struct Runner {
  Schedule schedule;
  double gain = 1;
};

/// Of all but the first, the better half, the best first.
std::vector<Runner> better_half(std::span<const Schedule> field, const std::vector<std::vector<double>> &times) {
  std::vector<Runner> runners;
  for (std::size_t i = 1; i < field.size(); ++i) runners.push_back({field[i], median(ratios(times[0], times[i]))});
  std::ranges::stable_sort(runners, std::ranges::greater{}, &Runner::gain);
  runners.resize((runners.size() + 1) / 2);
  return runners;
}

}  // namespace

double lower_bound_of_median(std::vector<double> values) {
  std::ranges::sort(values);
  // P(at most k of n lie below the median) = sum of C(n, i) / 2^n for i <= k.
  const auto n = static_cast<double>(values.size());
  double probability = std::exp2(-n), sum = 0, bound = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    sum += probability;
    if (sum > kDoubt) break;
    bound = values[k];
    probability *= (n - static_cast<double>(k)) / (static_cast<double>(k) + 1);
  }
  return bound;
}

TuningResult tune(std::vector<Schedule> candidates, const Race &race, double seconds, const TuningWatch &watch) {
  internal_check(!candidates.empty(), "tuning without a schedule");
  const auto stopped = [&] { return watch.stopped && watch.stopped(); };
  // Each halving, and the duel, has the same time.
  const double share = seconds / static_cast<double>(std::bit_width(candidates.size()) + 1);
  while (candidates.size() > 2) {
    const std::vector<std::vector<double>> times = race(candidates, share, kRounds);
    if (stopped()) return {.schedule = candidates[0], .complete = false};
    const std::vector<Runner> best = better_half(candidates, times);
    candidates.resize(1);
    for (const Runner &runner : best) candidates.push_back(runner.schedule);
    if (watch.progress) watch.progress(best.size(), best[0].schedule, best[0].gain);
  }
  if (candidates.size() < 2) return {.schedule = candidates[0]};
  const std::vector<std::vector<double>> times = race(candidates, share, kDuelRounds);
  if (stopped()) return {.schedule = candidates[0], .complete = false};
  const std::vector<double> gains = ratios(times[0], times[1]);
  const bool is_faster = lower_bound_of_median(gains) >= kLeastGain;
  return is_faster ? TuningResult{candidates[1], median(gains)} : TuningResult{.schedule = candidates[0]};
}

}  // namespace actinide
