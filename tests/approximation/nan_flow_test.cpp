#include "approximation/nan_flow.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

/// Two inputs and what is made of them; x is the one that is NaN.
class NanFlow : public testing::Test {
 protected:
  bool comes_through(ValueId value) const { return is_nan_with(b, x, value); }

  Builder b;
  const ValueId x = b.tensor(0, Type::f32), y = b.tensor(1, Type::f32), one = b.literal(Type::f32, 1);
};

TEST_F(NanFlow, ArithmeticPassesItOn) {
  EXPECT_TRUE(comes_through(x));
  EXPECT_FALSE(comes_through(y));
  EXPECT_TRUE(comes_through(b.fma(y, one, b.mul(x, b.literal(Type::f32, 0)))));
  EXPECT_TRUE(comes_through(b.narrow(b.sqrt(b.widen(x)))));
  EXPECT_FALSE(comes_through(b.mul(y, y)));
}

TEST_F(NanFlow, SignsAndBitsDoNot) {
  EXPECT_TRUE(comes_through(b.copysign(x, y)));
  EXPECT_FALSE(comes_through(b.copysign(y, x)));
  EXPECT_FALSE(comes_through(b.float_of(b.shift_left(b.bits_of(x), 1)))) << "any bits may come of that";
}

TEST_F(NanFlow, AComparisonThatItDecidesChoosesTheArm) {
  EXPECT_TRUE(comes_through(b.select(b.less(x, one), one, x))) << "a clamp";
  EXPECT_FALSE(comes_through(b.select(b.less(x, one), x, one)));
  EXPECT_TRUE(comes_through(b.select(b.unordered(x, y), x, y)));
  EXPECT_FALSE(comes_through(b.select(b.logical_not(b.less(x, one)), y, x)));
  EXPECT_TRUE(comes_through(b.select(b.logical_and(b.less(y, one), b.equal(x, one)), y, x)));
  EXPECT_FALSE(comes_through(b.select(b.logical_or(b.less(y, one), b.equal(x, one)), y, x)));
}

TEST_F(NanFlow, AComparisonThatItLeavesOpenTakesBothArms) {
  const ValueId open = b.less(y, one);
  EXPECT_TRUE(comes_through(b.select(open, x, b.neg(x))));
  EXPECT_FALSE(comes_through(b.select(open, x, y)));
}

}  // namespace
}  // namespace actinide
