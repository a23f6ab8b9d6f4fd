#include "approximation/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Interval, OperationsContainTheResults) {
  constexpr unsigned seed = 20;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> end(-10, 10);
  for (int round = 0; round < 2000; ++round) {
    const auto draw = [&] {
      const double p = end(random), q = end(random);
      return Interval{std::min(p, q), std::max(p, q)};
    };
    const Interval a = draw(), b = draw();
    for (const double s : {0.0, 0.3, 1.0}) {
      for (const double t : {0.0, 0.6, 1.0}) {
        const double x = std::lerp(a.low, a.high, s), y = std::lerp(b.low, b.high, t);
        EXPECT_TRUE((a + b).contains(x + y)) << "seed " << seed;
        EXPECT_TRUE((a - b).contains(x - y)) << "seed " << seed;
        EXPECT_TRUE((a * b).contains(x * y)) << "seed " << seed;
        EXPECT_TRUE((a / b).contains(x / y)) << "seed " << seed;
        EXPECT_TRUE(absolute(a).contains(std::abs(x))) << "seed " << seed;
      }
    }
  }
}

TEST(Interval, InfiniteEnds) {
  const Interval positive{0, infinity};
  EXPECT_EQ((positive * positive).low, 0);
  EXPECT_EQ((positive * positive).high, infinity);
  EXPECT_EQ((Interval::point(1) / Interval{0, 2}).high, infinity);
  EXPECT_EQ((Interval::point(1) / Interval{-1, 1}).low, -infinity);
  EXPECT_EQ((Interval::point(1) / Interval{1, infinity}).low, 0);
}

}  // namespace
}  // namespace actinide
