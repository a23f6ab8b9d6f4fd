#include "approximation/builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace actinide {
namespace {

class BuilderTest : public testing::Test {
 protected:
  Builder b;
  ValueId x = b.tensor(0, Type::f32);
  ValueId y = b.tensor(1, Type::f32);
  ValueId number(double value) { return b.literal(Type::f32, value); }
};

TEST_F(BuilderTest, EqualInstructionsAreOne) {
  EXPECT_EQ(b.add(x, y), b.add(x, y));
  EXPECT_EQ(b.add(x, y), b.add(y, x)) << "addition commutes";
  EXPECT_EQ(b.fma(x, y, x), b.fma(y, x, x)) << "the product in fma commutes";
  EXPECT_NE(b.sub(x, y), b.sub(y, x));
  EXPECT_NE(number(0.0), number(-0.0)) << "the zeros differ";
}

TEST_F(BuilderTest, LiteralsAreFoldedInTheirType) {
  const ValueId sum = b.add(number(1), number(0x1p-24));
  ASSERT_TRUE(b.is_literal(sum));
  EXPECT_EQ(b.literal_value(sum), 1) << "f32 rounds 1 + 2^-24 to 1";
  EXPECT_EQ(b.literal_value(b.sqrt(number(4))), 2);
  EXPECT_EQ(b.select(b.less(number(1), number(2)), x, y), x);
}

TEST_F(BuilderTest, IdentitiesHoldForSignedZeros) {
  EXPECT_EQ(b.add(x, number(-0.0)), x);
  EXPECT_NE(b.add(x, number(0.0)), x) << "-0 + 0 is +0";
  EXPECT_EQ(b.sub(x, number(0.0)), x);
  EXPECT_NE(b.sub(x, number(-0.0)), x);
  EXPECT_EQ(b.mul(x, number(1)), x);
  EXPECT_NE(b.mul(x, number(0)), number(0)) << "x may be NaN or infinite";
}

TEST_F(BuilderTest, SignsAreMovedOutOfSums) {
  EXPECT_EQ(b.neg(b.neg(x)), x);
  EXPECT_EQ(b.add(x, b.neg(y)), b.sub(x, y));
  EXPECT_EQ(b.sub(x, b.neg(y)), b.add(x, y));
  EXPECT_EQ(b.abs(b.neg(x)), b.abs(x));
}

TEST_F(BuilderTest, DivisionByAPowerOfTwoIsAProduct) {
  EXPECT_EQ(b.div(x, number(8)), b.mul(x, number(0.125)));
  EXPECT_EQ(b.instruction(b.div(x, number(3))).code, Code::div);
  EXPECT_EQ(b.instruction(b.div(x, number(0x1p-140))).code, Code::div) << "its reciprocal is infinite";
}

TEST_F(BuilderTest, FinishKeepsWhatTheOutputsNeed) {
  b.mul(x, y);
  const ValueId sum = b.add(x, y);
  const Program program = b.finish({{"x", DType::f32}, {"y", DType::f32}}, {}, {{"z", DType::f32, sum}});
  EXPECT_EQ(program.instructions.size(), 3u);
  const double inputs[] = {2, 3};
  EXPECT_EQ(interpret(program, inputs, {})[0], 5);
  EXPECT_EQ(to_text(program), "v0 = x  f32\nv1 = y  f32\nv2 = v0 + v1  f32\nz = v2\n");
}

TEST_F(BuilderTest, AnF32LiteralMustBeExact) {
  EXPECT_ANY_THROW(number(0.1));
}

}  // namespace
}  // namespace actinide
