// What is made of times, and that contenders take turns. No test says how long anything takes.
#include "measure/timing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace actinide::speed {
namespace {

TEST(Timing, MediansAndQuartilesInterpolate) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({4, 1}), 2.5);
  EXPECT_EQ(median({9, 1, 2}), 2);
  const Timing timing{"", {5, 1, 2, 4, 3}};
  EXPECT_EQ(timing.lower_quartile(), 2);
  EXPECT_EQ(timing.median(), 3);
  EXPECT_EQ(timing.upper_quartile(), 4);
  EXPECT_EQ((Timing{"", {1, 2}}.upper_quartile()), 1.75);
  EXPECT_THROW(median({}), std::logic_error);
}

// Twice as slow in every round, though the machine becomes slower and slower; and a round in which one was disturbed.
TEST(Timing, APairedRatioKeepsWhatBothSuffer) {
  const Timing one{"", {2, 4, 8, 160, 32}}, other{"", {1, 2, 4, 8, 16}};
  EXPECT_EQ(paired_ratio(one, other), 2);
  EXPECT_EQ(paired_ratio({"", {3, 3}}, other), 2.25) << "of the rounds that both have";
}

TEST(TakeTurns, RunsEachContenderInEachRound) {
  std::string calls;
  const auto contender = [&](char name) {
    return Contender{std::string(1, name), [&calls, name] {
                       if (calls.empty() || calls.back() != name) calls += name;
                     }};
  };
  const Contender contenders[] = {contender('a'), contender('b'), contender('c')};
  const std::vector<Timing> timings = take_turns(contenders, {.seconds = 0.003, .rounds = 3});
  EXPECT_EQ(calls, "abcabcabcabc") << "the round that warms up, and three";
  ASSERT_EQ(timings.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(timings[i].name, contenders[i].name);
    EXPECT_EQ(timings[i].seconds.size(), 3u);
    EXPECT_GT(timings[i].lower_quartile(), 0);
  }
}

TEST(TakeTurns, LongCallsAreMadeInFewRounds) {
  const Contender contenders[] = {
      {"long", [] { std::this_thread::sleep_for(std::chrono::duration<double>(1.2 * kLongSeconds)); }},
      {"short", [] {}}};
  const std::vector<Timing> timings = take_turns(contenders, {.seconds = 0.007, .rounds = 7, .clock = Clock::wall});
  EXPECT_EQ(timings[0].seconds.size(), static_cast<std::size_t>(kLongRounds));
  EXPECT_EQ(timings[1].seconds.size(), 7u);
  EXPECT_GE(timings[0].median(), kLongSeconds) << "the time of a call, not of a round";
}

TEST(TakeTurns, TheThreadsClockStandsStillWhileItSleeps) {
  const Contender sleeper{"sleeper", [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }};
  const Effort effort{.seconds = 0.001, .rounds = 1};
  EXPECT_LT(take_turns({&sleeper, 1}, {effort.seconds, effort.rounds, Clock::thread})[0].median(), 0.01);
  EXPECT_GE(take_turns({&sleeper, 1}, {effort.seconds, effort.rounds, Clock::wall})[0].median(), 0.02);
}

}  // namespace
}  // namespace actinide::speed
