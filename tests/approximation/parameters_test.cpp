// Roots that move with a parameter: where the derivative is a function of u alone, u being made of the input and the
// parameter, the numbers next to its root are as exact as all others.
#include "derivative/derivative.h"
#include "expression/printer.h"
#include "simplify/simplify.h"
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

#include <tuple>

namespace actinide {
namespace {

struct Moving {
  const char *name;
  const char *text;  ///< of x and p
  double parameter;
  double low, high;  ///< one root of the derivative lies between
};

void PrintTo(const Moving &moving, std::ostream *out) {
  *out << moving.text << ", p = " << moving.parameter;
}

constexpr Moving all_moving[] = {
    {"product", "x*sigmoid(p*x)", 0.7, -3, -1},
    {"negative_product", "x*sigmoid(p*x)", -3, 0.1, 2},
    {"gaussian_product", "x*normcdf(p*x)", 1.3, -2, -0.1},
    {"quotient", "x*sigmoid(x/p)", 0.7, -3, -0.1},
    {"sum", "(x + p)*sigmoid(x + p)", 0.7, -4, -1},
    {"difference", "(x - p)*sigmoid(x - p)", 0.7, -2, 0},
};

struct Way {
  const char *name;
  DType dtype;
  Precision precision;
  double bound;
};

constexpr Way ways[] = {
    {"f32_faithful", DType::f32, {Compute::f64, 52}, 1},
    {"f64_standard", DType::f64, {Compute::f64_pair, 57}, 2},
    {"f64_faithful", DType::f64, {Compute::f64_pair, 62}, 1},
};

/// A number of the format next to the sign change between low and high.
double root_of(const Reference &reference, const Moving &moving, DType dtype) {
  const auto negative = [&](double x) {
    const double point[] = {x, moving.parameter};
    return reference.rounded(point, dtype) < 0;
  };
  double low = moving.low, high = moving.high;
  EXPECT_NE(negative(low), negative(high));
  for (int step = 0; step < 60; ++step) {
    const double middle = low + (high - low) / 2;
    (negative(middle) == negative(low) ? low : high) = middle;
  }
  return dtype == DType::f32 ? static_cast<float>(low) : low;
}

class MovingRoots : public testing::TestWithParam<std::tuple<Moving, Way>> {};

TEST_P(MovingRoots, KeepTheBound) {
  auto [moving, way] = GetParam();
  if (way.dtype == DType::f32) moving.parameter = static_cast<float>(moving.parameter);
  const Expr exact = differentiate(parse_expression(moving.text, {"x", "p"}), "x");
  const Program program = program_of(stabilize(exact, {"x"}).expression, way.dtype, way.precision, {"p"});
  const Reference reference(exact, {"x", "p"});
  std::vector<double> inputs = sample_inputs(way.dtype, 500, 11);
  const double root = root_of(reference, moving, way.dtype);
  for (double x = root, step = std::abs(root) * 0x1p-24; step < 1; step *= 2) {
    for (const double side : {-1.0, 1.0}) {
      x = root + side * step;
      inputs.push_back(way.dtype == DType::f32 ? static_cast<float>(x) : x);
      if (way.dtype == DType::f64) inputs.push_back(root + side * step * 0x1p-28);
    }
  }
  const Worst worst = measure(program, reference, way.dtype, inputs, {moving.parameter});
  EXPECT_LE(worst.normal, way.bound) << "at " << worst.at_normal;
  EXPECT_LE(worst.subnormal, way.bound) << "at " << worst.at_subnormal;
}

INSTANTIATE_TEST_SUITE_P(All, MovingRoots, testing::Combine(testing::ValuesIn(all_moving), testing::ValuesIn(ways)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "_" + std::get<1>(info.param).name;
                         });

TEST(FunctionOfOneArgument, IsFoundBehindTheParameter) {
  const auto stable = [](const char *text) {
    return to_text(stabilize(differentiate(parse_expression(text, {"x", "p"}), "x"), {"x"}).expression);
  };
  EXPECT_EQ(stable("x*exp(p*x)"), "p * x * exp(p * x) + exp(p * x)");
  EXPECT_EQ(stable("p*exp(x/p)"), "exp(x / p)");
}

}  // namespace
}  // namespace actinide
