// The point sets: complete, representable, and the same however they are cut into pieces.
#include "accuracy/points.h"
#include "element.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace actinide {
namespace {

std::vector<double> all_points(const PointSet &set) {
  std::vector<double> points(set.size);
  set.fill(0, points);
  return points;
}

class Points : public ::testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(Points, Points, ::testing::ValuesIn(all_dtypes().begin(), all_dtypes().end()),
                         [](const auto &dtype) { return std::string(to_string(dtype.param)); });

TEST_P(Points, ordinals_count_the_numbers_of_the_dtype) {
  const DType dtype = GetParam();
  const FloatFormat &format = float_format(dtype);
  const double least = std::ldexp(1, format.least);
  EXPECT_EQ(ordinal(0.0, dtype), 0);
  EXPECT_EQ(ordinal(-0.0, dtype), 0);
  EXPECT_EQ(from_ordinal(1, dtype), least);
  EXPECT_EQ(from_ordinal(-1, dtype), -least);
  EXPECT_EQ(from_ordinal(last_ordinal(dtype), dtype), std::numeric_limits<double>::infinity());
  EXPECT_EQ(from_ordinal(ordinal(1, dtype) + 1, dtype) - 1, std::ldexp(1, 1 - format.digits));
  EXPECT_EQ(from_ordinal(ordinal(format.least_normal(), dtype) - 1, dtype), format.least_normal() - least);
  for (const double x : {-1e4, -0.7, 3.0, 1e-38}) {
    const double value = with_element(dtype, [x]<typename T>(T) { return static_cast<double>(static_cast<T>(x)); });
    EXPECT_EQ(from_ordinal(ordinal(value, dtype), dtype), value);
  }
}

TEST_P(Points, log_uniform_visits_every_exponent_with_both_signs) {
  const DType dtype = GetParam();
  constexpr std::uint64_t seed = 7;
  std::set<int> exponents[2];
  for (const double x : all_points(log_uniform(dtype, 100'000, seed))) {
    ASSERT_TRUE(std::isfinite(x));
    ASSERT_TRUE(dtype == DType::f64 || static_cast<double>(static_cast<float>(x)) == x) << x;
    if (std::fabs(x) >= float_format(dtype).least_normal()) exponents[std::signbit(x)].insert(std::ilogb(x));
  }
  for (const auto &seen : exponents) {
    const FloatFormat &format = float_format(dtype);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(format.top - format.least - format.mantissa_bits()))
        << "seed " << seed;
  }
}

TEST_P(Points, a_set_is_the_same_in_pieces) {
  const double interesting[] = {-0.75, 1.5};
  const PointSet set = standard_points(GetParam(), 1000, 3, interesting);
  const std::vector<double> whole = all_points(set);
  std::vector<double> pieces(set.size);
  for (std::uint64_t first = 0; first < set.size; first += 97) {
    const auto count = std::min<std::uint64_t>(97, set.size - first);
    set.fill(first, std::span(pieces).subspan(first, count));
  }
  for (std::size_t i = 0; i < whole.size(); ++i)
    ASSERT_TRUE(whole[i] == pieces[i] || (std::isnan(whole[i]) && std::isnan(pieces[i]))) << i;
}

TEST_P(Points, standard_points_hold_what_they_promise) {
  const DType dtype = GetParam();
  const double interesting[] = {1.5};
  const std::vector<double> points = all_points(standard_points(dtype, 10, 3, interesting));
  const auto holds = [&](double x) { return std::find(points.begin(), points.end(), x) != points.end(); };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double largest = from_ordinal(last_ordinal(dtype) - 1, dtype);
  for (const double x :
       {0.0, 1.0, -1.0, infinity, -infinity, largest, -largest, float_format(dtype).least_normal(), -5.5, 10.5})
    EXPECT_TRUE(holds(x)) << x;
  for (const int step : {-64, 0, 64}) EXPECT_TRUE(holds(from_ordinal(ordinal(1.5, dtype) + step, dtype))) << step;
  EXPECT_TRUE(std::any_of(points.begin(), points.end(), [](double x) { return std::isnan(x); }));
  EXPECT_TRUE(std::any_of(points.begin(), points.end(), [](double x) { return x == 0 && std::signbit(x); }));
}

TEST(PointSets, neighbourhoods_end_at_the_largest_number) {
  const double largest[] = {from_ordinal(last_ordinal(DType::f32) - 1, DType::f32)};
  const std::vector<double> points = neighbourhoods(largest, DType::f32, 3);
  EXPECT_EQ(points.size(), 4u);
  EXPECT_EQ(points.back(), largest[0]);
}

TEST(PointSets, standard_points_of_16_bits_are_all) {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    std::set<std::uint16_t> seen;
    std::size_t nan = 0;
    const std::uint16_t most = static_cast<std::uint16_t>((1 << float_format(dtype).mantissa_bits()) - 1);
    for (const double x : all_points(standard_points(dtype, 1, 1, {})))
      std::isnan(x) ? void(++nan) : void(seen.insert(encode_16_bit(x, dtype)));
    EXPECT_EQ(nan, 2u * most);
    EXPECT_EQ(seen.size() + nan, 1u << 16);
  }
}

TEST(PointSets, patterns_of_f32) {
  EXPECT_EQ(patterns(DType::f32, 1).size, std::uint64_t{1} << 32);
  const PointSet strided = patterns(DType::f32, 1'000'003);
  EXPECT_EQ(strided.size, 4295u);
  double last[2];
  strided.fill(strided.size - 2, last);
  EXPECT_TRUE(std::isnan(last[1]));  // the topmost patterns are NaNs
  double first[2];
  patterns(DType::f32, 1).fill(0x3f800000, first);
  EXPECT_EQ(first[0], 1.0);
  EXPECT_EQ(first[1], 1.0 + 0x1p-23);
}

}  // namespace
}  // namespace actinide
