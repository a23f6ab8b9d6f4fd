// The search, on machines that are made up: their noise is known, and so is what is fastest.
#include "schedules/tuner.h"

#include "schedules/space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <numeric>
#include <random>

namespace actinide {
namespace {

constexpr unsigned kSeed = 20261125;

/// A machine on which a schedule takes `seconds`, times noise: each call's own, and a drift that all calls of a round
/// share. Now and then something else runs.
class Machine {
 public:
  Machine(std::function<double(const Schedule &)> seconds, double noise, unsigned seed)
      : seconds_(std::move(seconds)), random_(seed), noise_(noise) {}

  Race race() {
    return [this](std::span<const Schedule> field, double, int rounds) {
      measured += field.size() * static_cast<std::size_t>(rounds);
      std::vector<std::vector<double>> times(field.size());
      for (int round = 0; round < rounds; ++round) {
        const double drift = std::exp(0.2 * gauss_(random_));
        for (std::size_t i = 0; i < field.size(); ++i) {
          const double disturbed = uniform_(random_) < 0.02 ? 3 : 1;
          times[i].push_back(seconds_(field[i]) * drift * disturbed * std::exp(noise_ * gauss_(random_)));
        }
      }
      return times;
    };
  }

  std::size_t measured = 0;

 private:
  std::function<double(const Schedule &)> seconds_;
  std::mt19937 random_;
  std::normal_distribution<double> gauss_;
  std::uniform_real_distribution<double> uniform_;
  double noise_;
};

TEST(Tuner, KeepsAnUnchangedScheduleThoughTheMachineIsNoisy) {
  std::cout << "seed " << kSeed << "\n";
  int changed = 0;
  constexpr int trials = 400;
  for (unsigned trial = 0; trial < trials; ++trial) {
    Machine machine([](const Schedule &) { return 1.0; }, trial % 2 ? 0.01 : 0.1, kSeed + trial);
    const Schedule base{.vectors = 4};
    const TuningResult result = tune(candidates_in_cache(base), machine.race(), 1);
    changed += result.schedule == base ? 0 : 1;
    if (result.schedule == base) {
      EXPECT_EQ(result.gain, 1);
    }
  }
  EXPECT_LE(changed, trials / 50) << "noise was crowned";
}

TEST(Tuner, FindsWhatIsFaster) {
  const auto seconds = [](const Schedule &schedule) {
    return schedule.vectors == 3 ? 0.9 : 1.0 + 0.01 * schedule.vectors;
  };
  int found = 0;
  constexpr int trials = 100;
  for (unsigned trial = 0; trial < trials; ++trial) {
    Machine machine(seconds, 0.03, kSeed + trial);
    const TuningResult result = tune(candidates_in_cache({.vectors = 4}), machine.race(), 1);
    if (result.schedule.vectors != 3) continue;
    ++found;
    EXPECT_NEAR(result.gain, 1.04 / 0.9, 0.05);
  }
  EXPECT_GE(found, trials * 95 / 100);
}

TEST(Tuner, LeavesAGainBelowTheLeastAlone) {
  Machine machine([](const Schedule &schedule) { return schedule.vectors == 3 ? 0.995 : 1.0; }, 0.0001, kSeed);
  EXPECT_EQ(tune(candidates_in_cache({.vectors = 4}), machine.race(), 1).schedule.vectors, 4);
}

TEST(Tuner, SpendsItsTimeOnTheBetterHalves) {
  std::vector<double> shares;
  std::vector<std::size_t> fields;
  const Race race = [&](std::span<const Schedule> field, double seconds, int rounds) {
    shares.push_back(seconds);
    fields.push_back(field.size());
    return std::vector(field.size(), std::vector<double>(static_cast<std::size_t>(rounds), 1.0));
  };
  tune(candidates_in_cache({.vectors = 4}), race, 8);
  EXPECT_LE(std::accumulate(shares.begin(), shares.end(), 0.0), 8.0);
  EXPECT_EQ(fields.back(), 2u);
  for (std::size_t i = 1; i < fields.size(); ++i) EXPECT_LE(fields[i], fields[i - 1]);
}

TEST(Tuner, KeepsTheFirstWhenItIsStopped) {
  int races = 0;
  Machine machine([](const Schedule &schedule) { return schedule.vectors == 3 ? 0.5 : 1.0; }, 0.01, kSeed);
  const Race race = [&, inner = machine.race()](std::span<const Schedule> field, double seconds, int rounds) {
    ++races;
    return inner(field, seconds, rounds);
  };
  const TuningResult result =
      tune(candidates_in_cache({.vectors = 4}), race, 1, {.stopped = [&] { return races > 0; }});
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.schedule.vectors, 4);
  EXPECT_EQ(races, 1);
}

TEST(LowerBoundOfMedian, IsBelowItAsOftenAsPromised) {
  std::mt19937 random(kSeed);
  std::lognormal_distribution<double> skewed;  // its median is 1
  int above = 0;
  constexpr int trials = 20'000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(41);
    std::ranges::generate(values, [&] { return skewed(random); });
    above += lower_bound_of_median(values) > 1 ? 1 : 0;
  }
  // Of so many trials, five standard deviations more than kDoubt allows.
  EXPECT_LE(above, trials * kDoubt + 5 * std::sqrt(trials * kDoubt));
  EXPECT_GT(above, 0);
}

TEST(LowerBoundOfMedian, SaysNothingOfAFew) {
  EXPECT_EQ(lower_bound_of_median({}), 0);
  EXPECT_EQ(lower_bound_of_median({2, 2, 2}), 0);
}

TEST(Candidates, BeginWithTheOneToBeatAndAreDistinct) {
  for (const Schedule &base : {Schedule{.vectors = 4}, Schedule{.vectors = 5, .prefetch = 64, .stream = 1}})
    for (const auto &candidates : {candidates_in_cache(base), candidates_from_memory(base)}) {
      EXPECT_EQ(candidates[0], base);
      EXPECT_GT(candidates.size(), 4u);
      for (std::size_t i = 0; i < candidates.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(candidates[i], candidates[j]);
    }
}

}  // namespace
}  // namespace actinide
