// What is judged many at a time is judged as one by one.
#include "accuracy/exact_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace actinide {
namespace {

constexpr std::uint64_t seed = 4711;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Point {
  double x, y;
  Bracket exact;
};

ExactBlock::Summary judged_at_once(const std::vector<Point> &points) {
  std::vector<double> x, y;
  std::vector<Bracket> brackets;
  for (const Point &point : points) {
    x.push_back(point.x);
    y.push_back(point.y);
    brackets.push_back(point.exact);
  }
  ExactBlock block;
  block.set(brackets);
  return block.judge(x, y);
}

// Of those that their bracket decides.
ExactBlock::Summary judged_one_by_one(const std::vector<Point> &points) {
  ExactBlock::Summary summary = {0, true, 0, 0, 0};
  for (const Point &point : points) {
    const auto judgement = Reference::judge(point.y, point.exact, DType::f32);
    if (!judgement) continue;
    ++summary.plain;
    const double ulp = judgement->correctly_rounded ? std::min(judgement->ulp, 0.5) : judgement->ulp;
    summary.ulp = std::max(summary.ulp, ulp);
    const double size = std::isinf(judgement->nearest) ? 0x1p128 : std::fabs(judgement->nearest);
    summary.relative = std::max(summary.relative, judgement->distance / std::max(1.0, size));
    summary.not_nearest += judgement->correctly_rounded ? 0 : 1;
  }
  return summary;
}

// A result a few spacings from an exact value of any normal size, with a bracket about as wide as those of functions.
Point random_point(std::mt19937_64 &random) {
  std::uniform_real_distribution<double> unit(-1, 1);
  const double exact = std::ldexp(unit(random), static_cast<int>(100 * unit(random)));
  const double width = std::fabs(exact) * 0x1p-50;
  double y = static_cast<double>(static_cast<float>(exact));
  for (int steps = static_cast<int>(3 * std::fabs(unit(random))); steps > 0; --steps)
    y = static_cast<double>(std::nextafter(static_cast<float>(y), unit(random) < 0 ? -INFINITY : INFINITY));
  return {unit(random), y, {exact - width, exact + width}};
}

TEST(ExactBlock, JudgesAsOneByOne) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<Point> points(1 + random() % ExactBlock::points);
    for (Point &point : points) point = random_point(random);
    const ExactBlock::Summary one = judged_one_by_one(points), all = judged_at_once(points);
    ASSERT_EQ(all.plain, one.plain) << "seed " << seed << ", block " << i;
    EXPECT_EQ(all.ulp, one.ulp);
    EXPECT_EQ(all.relative, one.relative);
    EXPECT_EQ(all.not_nearest, one.not_nearest);
  }
}

struct Case {
  const char *name;
  Point point;
  bool plain;
};

class ExactBlockOf : public ::testing::TestWithParam<Case> {};

// Alone, and the last of many that are plain.
TEST_P(ExactBlockOf, IsPlainOnlyWhereNothingIsToBeLookedAt) {
  const Case &c = GetParam();
  EXPECT_EQ(judged_at_once({c.point}).plain, c.plain ? 1 : 0);
  std::vector<Point> points(ExactBlock::points, {1, 1, {1, 1}});
  points.back() = c.point;
  EXPECT_EQ(judged_at_once(points).plain, c.plain ? points.size() : points.size() - 1);
}

TEST(ExactBlock, SaysWhereTheSignOfAZeroIsOpen) {
  EXPECT_TRUE(judged_at_once({{2, 0, {0, 0x1p-900}}, {2, 3, {3, 3}}}).signs_known);
  EXPECT_FALSE(judged_at_once({{2, 0, {-0x1p-900, 0x1p-900}}, {2, 3, {3, 3}}}).signs_known);
  EXPECT_FALSE(judged_at_once({{2, -0.0, {0, 0x1p-900}}, {2, 3, {3, 3}}}).signs_known);
}

constexpr double least = 0x1p-126;
const Case cases[] = {
    {"exact", {2, 3, {3, 3}}, true},
    {"wide_bracket", {2, 3, {3, 3 + 0x1p-30}}, false},
    {"bracket_around_a_middle", {2, 3, {3 + 0x1p-23 - 0x1p-50, 3 + 0x1p-23 + 0x1p-50}}, false},
    {"nothing_known", {2, 3, {-infinity, infinity}}, false},
    {"undefined", {2, nan, {nan, nan}}, true},
    {"a_number_for_undefined", {2, 3, {nan, nan}}, false},
    {"nan_for_a_number", {2, nan, {3, 3}}, false},
    {"infinity_for_a_number", {2, infinity, {3, 3}}, false},
    {"overflow", {2, infinity, {0x1p200, infinity}}, true},
    {"overflow_missed", {2, 0x1.fffffep127, {0x1p200, infinity}}, false},
    {"overflow_of_the_wrong_sign", {2, -infinity, {0x1p200, infinity}}, false},
    {"negative_overflow", {2, -infinity, {-infinity, -0x1p200}}, true},
    {"beside_the_largest_number", {2, infinity, {0x1p128, 0x1p128}}, false},
    {"least_normal", {2, least, {least, least}}, true},
    {"subnormal", {2, least / 2, {least / 2, least / 2}}, false},
    {"subnormal_flushed", {2, 0, {least / 2, least / 2}}, false},
    {"vanished", {2, 0, {0, 0x1p-400}}, true},
    {"vanished_with_the_wrong_sign", {2, -0.0, {0, 0x1p-400}}, false},
    {"vanished_below", {2, -0.0, {-0x1p-400, 0}}, true},
    {"vanished_on_either_side", {2, 0, {-0x1p-400, 0x1p-400}}, false},
    {"vanished_altogether", {2, 0, {-0x1p-900, 0x1p-900}}, true},
    {"vanished_at_zero", {0, 0, {-0x1p-900, 0x1p-900}}, false},
    {"zero_at_zero", {0, 0, {0, 0}}, false},
};
INSTANTIATE_TEST_SUITE_P(Cases, ExactBlockOf, ::testing::ValuesIn(cases),
                         [](const auto &test) { return std::string(test.param.name); });

}  // namespace
}  // namespace actinide
