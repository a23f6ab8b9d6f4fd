// What a program guarantees whatever the expression: NaN, infinities, signs of zero, subnormal tails.
#include "approximation/builder.h"
#include "tests/approximation/measure.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

struct Way {
  DType dtype;
  Precision precision;
};
constexpr Way ways[] = {
    {DType::f32, {Compute::f32, 26}}, {DType::f32, {Compute::f64, 52}}, {DType::f64, {Compute::f64_pair, 62}}};

std::string describe(const char *text, const Way &way) {
  return fmt::format("{} in {} computed in {}", text, name_of(way.dtype), to_string(way.precision.compute));
}

TEST(Nan, PassesWhatComparisonsWouldSwallow) {
  for (const char *text : {"max(x, 0)", "min(x, 1)", "max(0, min(x, 6))", "step(x)", "sign(x)", "select(x > 0, 1, 0)",
                           "select(x > 0, x, 0.01*x)", "select(x > 0, 1, exp(x))", "select(abs(x) < 1, 2, 3)"}) {
    for (const Way &way : ways) {
      const Program program = program_of(parse_expression(text, {"x"}), way.dtype, way.precision);
      EXPECT_TRUE(std::isnan(value_at(program, nan_value))) << describe(text, way);
    }
  }
}

TEST(Nan, OfAnyPayloadSurvivesTheScalingByBits) {
  const Program program = program_of(parse_expression("exp(x)", {"x"}), DType::f32, {Compute::f32, 26});
  for (const std::uint32_t payload : {0x7fc00001u, 0x7fc00100u, 0x7fffffffu, 0xffc00055u}) {
    const double x = std::bit_cast<float>(payload);
    EXPECT_TRUE(std::isnan(value_at(program, x))) << std::hex << payload;
  }
}

TEST(Nan, InASecondInput) {
  const SymbolicKernel kernel{{"dy", "x"}, {}, {{"dx", parse_expression("dy*select(x > 0, 1, 0)", {"dy", "x"})}}};
  const Program program = build_program(kernel, DType::f32, {Compute::f32, 26});
  const auto at = [&](double dy, double x) {
    const double inputs[] = {dy, x};
    return interpret(program, inputs, {})[0];
  };
  EXPECT_EQ(at(3, 2), 3);
  EXPECT_EQ(at(3, -2), 0);
  EXPECT_TRUE(std::isnan(at(nan_value, -2)));
  EXPECT_TRUE(std::isnan(at(3, nan_value)));
}

struct Limit {
  const char *text;
  double x;
  double result;
};

TEST(Limits, WhereTheFormulaHasZeroTimesInfinity) {
  for (const Limit &limit : {Limit{"x*sigmoid(x)", -infinity, -0.0},
                             {"x*sigmoid(x)", infinity, infinity},
                             {"x*exp(-x^2)", infinity, 0},
                             {"x*exp(-x^2)", -infinity, -0.0},
                             {"x*tanh(exp(x))", -infinity, -0.0},
                             {"exp(x)/(1 + exp(x))", infinity, 1},
                             {"x/(1 + abs(x))", infinity, 1},
                             {"x/(1 + abs(x))", -infinity, -1},
                             {"x^2*normpdf(x)", infinity, 0},
                             {"x*normcdf(x)", -infinity, -0.0},
                             {"max(x, 0)", -infinity, 0},
                             {"1/x", -infinity, -0.0}}) {
    for (const Way &way : ways) {
      const Program program = program_of(parse_expression(limit.text, {"x"}), way.dtype, way.precision);
      const double y = value_at(program, limit.x);
      EXPECT_EQ(y, limit.result) << describe(limit.text, way) << " at " << limit.x;
      EXPECT_EQ(std::signbit(y), std::signbit(limit.result)) << describe(limit.text, way) << " at " << limit.x;
    }
  }
}

TEST(Limits, OfAPeriodicFunctionIsNan) {
  for (const Way &way : ways) {
    const Program program = program_of(parse_expression("sin(x)", {"x"}), way.dtype, way.precision);
    EXPECT_TRUE(std::isnan(value_at(program, infinity))) << describe("sin(x)", way);
  }
}

struct Parametric {
  const char *text;
  double p;
  double x;
  double result;
};

TEST(Limits, WithAParameterOfTheKernel) {
  const char *swish = "x*(select(p*x < 0, exp(-abs(p*x)), 1)/(1 + exp(-abs(p*x))))";
  const char *leaky = "select(x > 0, x, p*x)";
  const char *elu = "select(x > 0, x, p*expm1(x))";
  for (const Parametric &c : {Parametric{swish, 1, -infinity, 0},
                              {swish, 1, infinity, infinity},
                              {swish, 1, -1e30, 0},
                              {swish, 0, 3, 1.5},
                              {swish, 0, -infinity, -infinity},
                              {leaky, 0, -infinity, 0},
                              {leaky, 0.25, -infinity, -infinity},
                              {leaky, 0, infinity, infinity},
                              {elu, 0, -infinity, 0},
                              {elu, 2, -infinity, -2},
                              {elu, 2, infinity, infinity}}) {
    for (const Way &way : ways) {
      const Program program = program_of(parse_expression(c.text, {"x", "p"}), way.dtype, way.precision, {"p"});
      EXPECT_EQ(value_at(program, c.x, {c.p}), c.result) << describe(c.text, way) << ", p = " << c.p << ", x = " << c.x;
      EXPECT_TRUE(std::isnan(value_at(program, nan_value, {c.p}))) << describe(c.text, way) << ", p = " << c.p;
    }
  }
}

TEST(Zeros, KeepTheirSign) {
  for (const char *text :
       {"x*sigmoid(x)", "tanh(x)", "expm1(x)", "x*normcdf(x)", "erf(x)", "log1p(x)", "sin(x)", "-x"}) {
    for (const Way &way : ways) {
      const Program program = program_of(parse_expression(text, {"x"}), way.dtype, way.precision);
      const bool flips = std::string(text) == "-x";
      EXPECT_EQ(std::signbit(value_at(program, -0.0)), !flips) << describe(text, way);
      EXPECT_EQ(std::signbit(value_at(program, 0.0)), flips) << describe(text, way);
    }
  }
}

TEST(Zeros, KeepTheirSignThroughAParameter) {
  for (const char *text : {"x*p", "x/p", "x*exp(p*x)/p", "expm1(p*x)/p"}) {
    for (const Way &way : ways) {
      const Expr expression = parse_expression(text, {"x", "p"});
      const Program program = program_of(expression, way.dtype, way.precision, {"p"});
      for (const double x : {-0.0, 0.0})
        for (const double p : {3.0, -3.0}) {
          const double point[] = {x, p};
          EXPECT_EQ(std::signbit(value_at(program, x, {p})), Reference(expression, {"x", "p"}).negative_zero(point))
              << describe(text, way) << ", x = " << x << ", p = " << p;
        }
    }
  }
}

TEST(Zeros, ReluOfMinusZeroIsZero) {
  for (const Way &way : ways) {
    const Program program = program_of(parse_expression("max(x, 0)", {"x"}), way.dtype, way.precision);
    EXPECT_FALSE(std::signbit(value_at(program, -0.0)));
  }
}

// x*sigmoid(x) is -7.4e-38 at -90, normal in f32, though sigmoid(-90) is subnormal.
TEST(Tails, KeepTheirDigitsThroughTheSubnormals) {
  for (const char *text : {"x*sigmoid(x)", "x*exp(-abs(x))", "sigmoid(x)*sigmoid(-x)", "x*tanh(exp(x))"}) {
    for (const Way &way : ways) {
      const Expr expression = parse_expression(text, {"x"});
      const Reference exact(expression, {"x"});
      std::vector<double> inputs;
      const double from = way.dtype == DType::f32 ? -80 : -700;
      for (int i = 0; i < 400; ++i) inputs.push_back(static_cast<float>(from * (1 + i * 0.001)));
      const Worst worst = measure(program_of(expression, way.dtype, way.precision), exact, way.dtype, inputs);
      EXPECT_LE(worst.normal, way.precision.compute == Compute::f32 ? 4 : 1)
          << describe(text, way) << " at " << worst.at_normal;
      EXPECT_LE(worst.subnormal, 1) << describe(text, way) << " at " << worst.at_subnormal;
    }
  }
}

TEST(Overflow, OnlyWhereTheResultOverflows) {
  const Expr x = variable("x"), four = constant(4);
  const Expr bounded = parse_expression("exp(min(x, 40))", {"x"});
  const Expr half_sum = constant(Rational(1, 2)) * (x + make(Op::root_sum, {x, four}));
  const Expr ratio = x * bounded / (bounded + constant(2));
  for (const Way &way : ways) {
    const bool f32 = way.dtype == DType::f32;
    const double largest = f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    EXPECT_EQ(value_at(program_of(half_sum, way.dtype, way.precision), largest), largest) << describe("half sum", way);
    EXPECT_EQ(value_at(program_of(ratio, way.dtype, way.precision), largest), largest) << describe("ratio", way);
  }
}

// (1 + |x|)^2 overflows where 1/(1 + |x|)^2 is still a subnormal number, and 3 x/(1 + |x|)^2 a normal one.
TEST(Overflow, OfADenominatorIsNotSeen) {
  for (const char *text : {"1/(1 + abs(x))^2", "3*x/(1 + abs(x))^2", "1/(1 + abs(x))^3"}) {
    for (const Way &way : ways) {
      if (way.precision.compute == Compute::f32) continue;  // may flush
      const Expr expression = parse_expression(text, {"x"});
      std::vector<double> inputs;
      const double from = way.dtype == DType::f32 ? 0x1p62 : 0x1p505;
      for (int i = 0; i < 400; ++i) inputs.push_back(static_cast<float>(1 + i / 512.0) * std::ldexp(from, i % 12));
      const Worst worst =
          measure(program_of(expression, way.dtype, way.precision), Reference(expression, {"x"}), way.dtype, inputs);
      EXPECT_LE(worst.normal, 1) << describe(text, way) << " at " << worst.at_normal;
      EXPECT_LE(worst.subnormal, 1) << describe(text, way) << " at " << worst.at_subnormal;
    }
  }
}

// The derivative of silu has its root at -1.278; next to it the two terms cancel to the last digit.
TEST(Roots, AreExactInF64) {
  const Expr expression = parse_expression("exp(x)*(1 + x + exp(x))/(1 + exp(x))^2", {"x"});
  const Program program = program_of(expression, DType::f64, {Compute::f64_pair, 62});
  const Reference exact(expression, {"x"});
  double x = -1.2784645427610737951;
  for (int i = 0; i < 4; ++i) x = std::nextafter(x, -2);
  for (int i = 0; i < 8; ++i, x = std::nextafter(x, 0)) {
    EXPECT_LE(exact.ulp_error(value_at(program, x), {&x, 1}, DType::f64), 0.6) << i;
  }
}

}  // namespace
}  // namespace actinide
