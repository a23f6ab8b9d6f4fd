// What judges kernels of rows, against rows whose exact results are known.
#include "accuracy/row_reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace actinide {
namespace {

using Values = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

Values forward_ulps(const std::string &activation, const Values &x, const Values &computed, DType dtype = DType::f32) {
  return RowReference(activation, x, dtype).forward_ulps(computed);
}

TEST(RowReference, CountsSpacingsOfTheDtype) {
  const Values equal(4, -7.5);
  EXPECT_EQ(forward_ulps("softmax", equal, {0.25, 0.25 + 0x1p-25, 0.25 - 0x1p-25, infinity}),
            (Values{0, 1, 1, infinity}));
  EXPECT_EQ(forward_ulps("softmin", equal, Values(4, 0.25 + 0x1p-54), DType::f64), Values(4, 1));
  EXPECT_EQ(forward_ulps("log_softmax", {3}, {-0x1p-149}), Values{1});
  EXPECT_EQ(forward_ulps("logsumexp", {3}, {3 + 0x1p-22}), Values{1});
}

TEST(RowReference, KnowsLogarithms) {
  EXPECT_LE(forward_ulps("logsumexp", {0, 0}, {std::log(2.0)}, DType::f64)[0], 0.5);
  EXPECT_LE(forward_ulps("logsumexp(leading_zero=1)", {0}, {std::log(2.0)}, DType::f64)[0], 0.5);
  EXPECT_LE(forward_ulps("log_softmax", {0, 1000}, {-1000, 0}, DType::f64)[0], 0.5);
  // log(1 + e^-1000) is no f64, log(1 + e^-700) is one.
  EXPECT_LE(forward_ulps("log_softmax", {0, 1000}, {-1000, 0}, DType::f64)[1], 1e-6);
  EXPECT_LE(forward_ulps("log_softmax", {0, 700}, {-700, -std::exp(-700.0)}, DType::f64)[1], 1);
}

TEST(RowReference, OverflowIsRightWhereTheExactResultRoundsToIt) {
  const double most = std::numeric_limits<float>::max();
  EXPECT_EQ(forward_ulps("logsumexp", {most}, {infinity}), Values{infinity});
  EXPECT_EQ(forward_ulps("log_softmax", {most, -most}, {0, -infinity}), (Values{0, 0}));
}

/// Of two elements with shares p and 1 - p the gradient of softmax is p (1 - p) (dy_1 - dy_2).
TEST(RowReference, KnowsGradients) {
  const Values x = {std::log(3.0), 0}, dy = {5, 1};  // shares 3/4 and 1/4, nearly
  const auto is_near = [](const Values &ulps, double most) {
    for (const double ulp : ulps)
      if (!(ulp <= most)) return false;
    return true;
  };
  EXPECT_TRUE(is_near(RowReference("softmax", x, DType::f32).backward_ulps(Values{0.75, -0.75}, dy), 1e-6));
  EXPECT_TRUE(is_near(RowReference("softmin", x, DType::f32).backward_ulps(Values{-0.75, 0.75}, dy), 1e-6));
  EXPECT_TRUE(is_near(RowReference("log_softmax", x, DType::f32).backward_ulps(Values{0.5, -0.5}, dy), 1e-6));
  EXPECT_TRUE(is_near(RowReference("logsumexp", x, DType::f32).backward_ulps(Values{1.5, 0.5}, Values{2}), 1e-6));
  EXPECT_FALSE(is_near(RowReference("softmax", x, DType::f32).backward_ulps(Values{0.75, -0.7500001}, dy), 0.5));
}

/// Where terms cancel the error counts beside the largest of them.
TEST(RowReference, JudgesWhatCancelsByItsTerms) {
  const Values equal(2, 0.0), dy(2, 1.0);
  EXPECT_EQ(RowReference("softmax", equal, DType::f32).backward_ulps(Values{0x1p-25, 0}, dy), (Values{1, 0}));
  EXPECT_EQ(from_output_ulps("softmax", Values{0x1p-24, 0}, dy, Values{0.5, 0.5}, DType::f32), (Values{1, 0}));
  EXPECT_EQ(from_output_ulps("log_softmax", Values{0x1p-23}, Values{1}, Values{0}, DType::f32), Values{1});
}

}  // namespace
}  // namespace actinide
