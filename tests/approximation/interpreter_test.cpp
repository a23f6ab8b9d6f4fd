#include "approximation/builder.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// Runs what `make` builds of two inputs, so that nothing is folded.
double run(DType dtype, double first, double second, const std::function<ValueId(Builder &, ValueId, ValueId)> &make) {
  Builder b;
  const ValueId x = b.tensor(0, type_of(dtype)), y = b.tensor(1, type_of(dtype));
  const Program program = b.finish({{"x", dtype}, {"y", dtype}}, {}, {{"z", dtype, make(b, x, y)}});
  const double inputs[] = {first, second};
  return interpret(program, inputs, {})[0];
}

TEST(Interpreter, RoundsOnceInEachType) {
  const auto product_plus_one = [](Builder &b, ValueId x, ValueId y) { return b.fma(x, y, b.neg(b.mul(x, y))); };
  const double x = 1 + 0x1p-23;
  EXPECT_EQ(run(DType::f32, x, x, product_plus_one), 0x1p-46) << "the error of a product, by fma";
  EXPECT_EQ(run(DType::f64, x, x, product_plus_one), 0) << "the product is exact in f64";
}

TEST(Interpreter, UnderflowIsGradual) {
  const auto times = [](Builder &b, ValueId x, ValueId y) { return b.mul(x, y); };
  EXPECT_EQ(run(DType::f32, 0x1p-100, 0x1.8p-49, times), 0x1p-148) << "1.5 of the smallest, rounded to even";
}

struct ScaleCase {
  double x;
  int n;
  double result;
};

TEST(Interpreter, ScaleRoundsOnce) {
  for (const ScaleCase &c : {ScaleCase{1, -149, 0x1p-149},
                             {1.5, -150, 0x1p-149},
                             {1, -150, 0},
                             {1.25, 128, infinity},
                             {-1, -400, -0.0},
                             {0, 400, 0},
                             {infinity, -300, infinity}}) {
    const double y = run(DType::f32, c.x, 0, [&](Builder &b, ValueId x, ValueId) {
      const ValueId n = b.integer_add(b.bits_of(b.sub(x, x)), b.integer(Type::i32, c.n));
      return b.scale(x, std::isinf(c.x) ? b.integer(Type::i32, c.n) : n, 400);
    });
    EXPECT_EQ(y, c.result) << c.x << " * 2^" << c.n;
    EXPECT_EQ(std::signbit(y), std::signbit(c.result)) << c.x << " * 2^" << c.n;
  }
}

TEST(Interpreter, ComparisonsWithNanAreFalse) {
  const auto as_number = [](auto compare) {
    return [compare](Builder &b, ValueId x, ValueId y) {
      return b.select(compare(b, x, y), b.literal(Type::f64, 1), b.literal(Type::f64, 0));
    };
  };
  const auto less = as_number([](Builder &b, ValueId x, ValueId y) { return b.less(x, y); });
  const auto equal = as_number([](Builder &b, ValueId x, ValueId y) { return b.equal(x, y); });
  const auto unordered = as_number([](Builder &b, ValueId x, ValueId y) { return b.unordered(x, y); });
  EXPECT_EQ(run(DType::f64, 1, 2, less), 1);
  EXPECT_EQ(run(DType::f64, nan_value, 2, less), 0);
  EXPECT_EQ(run(DType::f64, nan_value, nan_value, equal), 0);
  EXPECT_EQ(run(DType::f64, 0.0, -0.0, equal), 1);
  EXPECT_EQ(run(DType::f64, nan_value, 2, unordered), 1);
  EXPECT_EQ(run(DType::f64, 1, 2, unordered), 0);
}

TEST(Interpreter, IntegersWrapAndShiftArithmetically) {
  const double minus_four = run(DType::f32, 1, 0, [](Builder &b, ValueId x, ValueId) {
    // 1.0f is 0x3f800000; minus 0x3f800010 is -16; shifted right by two, -4; as float through 1.5 * 2^23.
    const ValueId n = b.shift_right(b.integer_sub(b.bits_of(x), b.integer(Type::i32, 0x3f800010)), 2);
    const ValueId magic = b.bits_of(b.literal(Type::f32, 0x1.8p23));
    return b.sub(b.float_of(b.integer_add(n, magic)), b.literal(Type::f32, 0x1.8p23));
  });
  EXPECT_EQ(minus_four, -4);
}

TEST(Interpreter, NarrowRoundsToNearestEven) {
  Builder b;
  const ValueId x = b.tensor(0, Type::f64);
  const Program program = b.finish({{"x", DType::f64}}, {}, {{"y", DType::f32, b.narrow(x)}});
  for (const auto &[from, to] : {std::pair{1 + 0x1p-24, 1.0}, {1 + 0x3p-24, 1 + 0x1p-22}, {1e39, infinity}}) {
    EXPECT_EQ(interpret(program, {&from, 1}, {})[0], to);
  }
}

}  // namespace
}  // namespace actinide
