// What users write: terms that cancel at 0, and terms that overflow on the way to a moderate result.
#include "derivative/derivative.h"
#include "expression/printer.h"
#include "simplify/simplify.h"
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

#include <ctime>
#include <tuple>

namespace actinide {
namespace {

struct Function {
  const char *name;
  const char *text;
};

constexpr Function functions[] = {
    {"identity_less_tanh", "x - tanh(x)"},
    {"sigmoid_less_half", "sigmoid(x) - 0.5"},
    {"softplus_less_identity", "log(1 + exp(x)) - x"},
    {"squared_tangent", "tanh(x)^2 - x*tanh(x)"},
    {"hyperbolic_sine", "(exp(x) - exp(-x))/2"},
    {"exponential_less_its_series", "exp(-x^2) - 1 + x^2"},
    {"logarithm_of_hyperbolic_cosine", "log(exp(x) + exp(-x))"},
    {"rational", "x^2/(1 + x^2)"},
    {"cube_over_fourth_power", "x^3/(4 + x^4)"},
    {"pade", "(0.03 + 0.61*x + 0.37*x^2 + 0.15*x^3)/(1 + 2.38*x^2)"},
    {"inverse_square_root", "x/sqrt(1 + 3*x^2)"},
    {"root_of_fourth_order", "x/(1 + x^4)^(1/4)"},
    {"quotient_with_a_root_below", "x/(1 + sqrt(1 + x^2))"},
    {"inverse_hyperbolic_sine", "log(x + sqrt(x^2 + 1))"},
    {"weighted_exponentials", "log(exp(x) + 2*exp(-x))"},
    {"three_exponentials", "log(exp(x) + exp(-x) + 1)"},
    {"half_the_hyperbolic_cosine", "log((exp(x) + exp(-x))/2)"},
    {"soft_clipping", "log((1 + exp(x))/(1 + exp(x - 1)))"},
    {"hyperbolic_secant", "2/(exp(x) + exp(-x))"},
    {"exponential_of_a_product", "log(1 + exp(x)*tanh(0.75*x))"},
    {"bernoulli", "x/(exp(x) - 1)"},
    {"band", "sigmoid(x + 1) - sigmoid(x - 1)"},
    {"band_of_tanh", "tanh(x + 1) - tanh(x - 1)"},
    {"root_less_size", "sqrt(x^2 + 1) - abs(x)"},
    {"gompertz_gate", "x*log(2 - exp(-exp(x)))"},
    {"cardinal_sine", "sin(x)/x"},
    {"elliott_sigmoid", "0.5*x/(1 + abs(x)) + 0.5"},
    {"charbonnier", "sqrt(x^2 + 1e-6) - 1e-3"},
};

struct Way {
  const char *name;
  DType dtype;
  Precision precision;
};

constexpr Way ways[] = {
    {"f32", DType::f32, {Compute::f64, 52}},
    {"f64", DType::f64, {Compute::f64_pair, 62}},
};

class Definitions : public testing::TestWithParam<std::tuple<Function, bool, Way>> {};

TEST_P(Definitions, AreFaithful) {
  const auto &[function, derivative, way] = GetParam();
  Expr exact = parse_expression(function.text, {"x"});
  if (derivative) exact = differentiate(simplify(exact).expression, "x");
  const Program program = program_of(stabilize(exact).expression, way.dtype, way.precision);
  const Reference reference(exact, {"x"});
  constexpr unsigned seed = 17;
  const Worst worst = measure(program, reference, way.dtype, sample_inputs(way.dtype, 4000, seed));
  EXPECT_LE(worst.normal, 1) << "at " << worst.at_normal << ", seed " << seed;
  EXPECT_LE(worst.subnormal, 1) << "at " << worst.at_subnormal << ", seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(All, Definitions,
                         testing::Combine(testing::ValuesIn(functions), testing::Bool(), testing::ValuesIn(ways)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "_derivative_" : "_forward_") +
                                  std::get<2>(info.param).name;
                         });

// Where terms cancel on one side of a choice, in a tail, or in a power; in f64 as far as x^2 is a number.
TEST(Definitions, CancelInOneArmOrTail) {
  const char *const texts[] = {
      "select(x >= 0, x, 2*log((exp(x) + 1)/2))",
      "select(x >= 0, x, 1/(1 - x) - 1)",
      "select(x >= 0, 3, (1 - cos(x))/x^2)",
      "x*(1 + x/sqrt(1 + x^2))/2",
      "select(x >= 0, x, x + x^2/sqrt(1 + x^2))",
      "1 - (1 - sigmoid(x)^2)^3",
      "1 - (1 - sigmoid(x)^2)^2",
      "(sqrt(x^2 + 1) - 1)/2 + x",
      "sqrt(1 + sigmoid(x)) - 1",
      "max(x, 0)^2.5",
  };
  constexpr unsigned seed = 23;
  for (const char *const text : texts) {
    const Expr function = parse_expression(text, {"x"});
    for (const Expr &exact : {function, differentiate(simplify(function).expression, "x")})
      for (const Way &way : ways) {
        const Program program = program_of(stabilize(exact, {"x"}).expression, way.dtype, way.precision);
        const Reference reference(exact, {"x"});
        std::vector<double> inputs = sample_inputs(way.dtype, 1000, seed);
        std::erase_if(inputs, [](double x) { return std::abs(x) > 1e150; });
        const Worst worst = measure(program, reference, way.dtype, inputs);
        EXPECT_LE(worst.normal, 1) << to_text(exact) << " at " << worst.at_normal << ", " << way.name;
      }
  }
}

// Exponentials near and beyond the end of the range, where their sums and squares are, or they themselves.
TEST(Definitions, LargeExponentials) {
  const char *const texts[] = {
      "exp(x)/(exp(x) + 2)",
      "(exp(0.9*x) - exp(-1.1*x))/(exp(0.8*x) + exp(-1.2*x))",
      "exp(20*x)*sigmoid(-19*x)",
      "(x^2 + 1)/(exp(x) + x^2 + 2)",
      "log(0.3*exp(x) + 0.7*exp(-2*x) + 0.1)",
      "exp(2*x) - exp(x)",
      "sqrt(1 + exp(2*x))",
      "(1 + exp(x))^(1/3)",
      "max(x, 0) + min(0, 1.67*(exp(x) - 1))",  // as frameworks write elu
      "select(exp(x) > 5, x, 7)",
      "min(exp(x)*x, x)",
  };
  for (const char *const text : texts) {
    const Expr function = parse_expression(text, {"x"}), slope = differentiate(simplify(function).expression, "x");
    for (const Expr &exact : {function, slope, differentiate(simplify(slope).expression, "x")}) {
      const Program program = program_of(stabilize(exact, {"x"}).expression, DType::f64, {Compute::f64_pair, 62});
      const Reference reference(exact, {"x"});
      for (const double x : {-3000.5, -707.5, -360.5, 38.5, 340.5, 360.5, 500.5, 690.5, 707.5, 750.5, 3000.5, 7000.5}) {
        const double bound = std::abs(reference.rounded({&x, 1}, DType::f64)) < 0x1p-1022 ? 2 : 1;
        EXPECT_LE(reference.ulp_error(value_at(program, x), {&x, 1}, DType::f64), bound) << text << " at " << x;
      }
    }
  }
}

// Where normcdf is 0 in every format, and where it is 1: -x^2/2 - ..., -x - 1/x + ..., -1 + 1/x^2 - ...
TEST(Definitions, LogarithmOfTheNormalDistribution) {
  const Expr function = parse_expression("log(normcdf(x))", {"x"}), slope = differentiate(function, "x");
  const Expr curvature = differentiate(simplify(slope).expression, "x");
  const auto program = [](const Expr &exact) {
    return program_of(stabilize(exact, {"x"}).expression, DType::f32, {Compute::f64, 52});
  };
  for (const Expr &exact : {function, slope, curvature}) {
    const Program computed = program(exact);
    const Reference reference(exact, {"x"});
    for (const double x : {-1000.0, -100.0, -39.0, -14.75, -14.25, -3.0, 0.5, 8.0, 12.0})
      EXPECT_LE(reference.ulp_error(value_at(computed, x), {&x, 1}, DType::f32), 1) << to_text(exact) << " at " << x;
  }
  for (const double x : {-1e10, -1e18}) {  // where MPFR has no number for normcdf
    EXPECT_FLOAT_EQ(static_cast<float>(value_at(program(function), x)), static_cast<float>(-x * x / 2));
    EXPECT_FLOAT_EQ(static_cast<float>(value_at(program(slope), x)), static_cast<float>(-x));
    EXPECT_FLOAT_EQ(static_cast<float>(value_at(program(curvature), x)), -1);
  }
}

// A window around a root, or around 0, ends where the function goes on by another formula.
TEST(Definitions, NextToRootsAndKinks) {
  const struct {
    const char *text;
    std::vector<double> points;
  } functions[] = {
      {"(0.03 + 0.62*x + 2.38*x^2 + 3.07*x^3 + 1.52*x^4 + 0.25*x^5)/(1 + abs(1.19*x + 4.41*x^2 + 0.91*x^3 + 0.35*x^4))",
       {-1e-2, -1e-5, -1e-9, 1e-9, 1e-5, 1e-3, 1e-2}},
      {"select(x > 0, exp(x) + 5, exp(x) - 0.93969)", {-0.07, -0.0622, -1e-5, 1e-9, 5e-5, 1e-3}},
      {"exp(x) - 0.939507008816979 + max(x, 0)", {-0.07, -0.0624, -1e-5, 1e-9, 5e-5, 1e-3}},
      {"select(x > 0.497, 7, (exp(x) - 1 - x - x^2/2)/x^3)", {1e-3, 0.4, 0.4969, 0.4975, 0.4999, 0.6}},
      {"select(x > 0.1243, 7, (tanh(x) - x + x^3/3)/x^5)", {-0.4, 1e-3, 0.1242, 0.1247972, 0.2}},
      {"select(x > 0.2, select(x < 0.2001, 7, (exp(x) - 1 - x - x^2/2)/x^3), (exp(x) - 1 - x - x^2/2)/x^3)",
       {0.19, 0.20005, 0.21}},
  };
  for (const auto &[text, points] : functions)
    for (const Way &way : ways) {
      const Expr exact = parse_expression(text, {"x"});
      const Program program = program_of(stabilize(exact, {"x"}).expression, way.dtype, way.precision);
      const Reference reference(exact, {"x"});
      for (const double point : points) {
        const double x = way.dtype == DType::f32 ? static_cast<float>(point) : point;
        EXPECT_LE(reference.ulp_error(value_at(program, x), {&x, 1}, way.dtype), 1)
            << text << " at " << x << ", " << way.name;
      }
    }
}

// Next to -1 log1p has no digits; what 1 + u is without cancelling has.
TEST(Definitions, LogarithmsNextToMinusOne) {
  for (const char *const text : {"log1p(-sigmoid(x))", "log1p(-tanh(x))", "log1p(expm1(x))"})
    for (const Way &way : ways) {
      const Expr exact = parse_expression(text, {"x"});
      const Program program = program_of(stabilize(exact, {"x"}).expression, way.dtype, way.precision);
      const Reference reference(exact, {"x"});
      for (const double x : {-90.0, -40.0, -35.0, -1.0, 0x1p-10, 1.0, 3.0, 4.0})
        EXPECT_LE(reference.ulp_error(value_at(program, x), {&x, 1}, way.dtype), 1) << text << " at " << x;
    }
}

// u log(u) is 0 at u = 0.
TEST(Definitions, EntropyAtItsEnds) {
  for (const char *const text : {"(1 - x)*log(1 - x)", "(x - 1)*log(x - 1)", "-x*log(x) - (1 - x)*log(1 - x)"}) {
    const Program program =
        program_of(stabilize(parse_expression(text, {"x"}), {"x"}).expression, DType::f32, {Compute::f64, 52});
    EXPECT_EQ(value_at(program, 1), 0) << text;
  }
}

// Two exponentials of which one, beside a sum, has its power of two multiplied in: it has vanished, the sum hasn't.
TEST(Definitions, VanishBesideASum) {
  const Expr exact = parse_expression("(x*exp(-abs(b*x))^2 + exp(-abs(b*x))^2)*exp(-abs(b*x))", {"x", "b"});
  const Program program = program_of(stabilize(exact, {"x"}).expression, DType::f64, {Compute::f64_pair, 62}, {"b"});
  const Reference reference(exact, {"x", "b"});
  for (const double x : {-100.0, -150.0, -188.0, -200.0, -250.0, 200.0}) {
    const double point[] = {x, 2};
    EXPECT_LE(reference.ulp_error(value_at(program, x, {2}), point, DType::f64), 1) << "at " << x;
  }
}

// Its sign at 1000 has 700,000 digits before it: a minute, where it was asked for.
TEST(Definitions, DifferencesOfNormalDistributionsCompileInNoTime) {
  const Expr exact = parse_expression("normcdf(x + 1) - normcdf(x - 1)", {"x"});
  const std::clock_t start = std::clock();
  const Program program = program_of(stabilize(exact, {"x"}).expression, DType::f64, {Compute::f64_pair, 62});
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 20);
  const double x = 1;
  EXPECT_LE(Reference(exact, {"x"}).ulp_error(value_at(program, x), {&x, 1}, DType::f64), 1);
}

// What cancels, or has another sign, where a parameter has the value that users give it.
TEST(Definitions, ParametersThatCancel) {
  const struct {
    const char *text;
    std::vector<double> values;
  } functions[] = {
      {"(a + tanh(x))*x/2", {1, -1, 0.5}},
      {"a + tanh(x)", {0, 0x1p-60, 1, -1}},
      {"a*tanh(x/2) + 1", {0, 0.25}},
      {"a^2*(sqrt(1 + (x/a)^2) - 1)", {1, 3, -0.25}},
      {"sqrt(x^2 + a^2) - a", {0, 0.5, -0.5}},
      {"sqrt(1 + a*x) - 1", {1, 3}},
      {"select(x > 0, x, a*(exp(x/a) - 1))", {2, -2}},
      {"max(x, 0) - x*a + log(1 + exp(-abs(x)))", {0, 1}},
      {"x^a", {0, 1, 3, 2.5, -1, -2, -0.5, 0x1p30}},
      {"abs(x)^a", {0, 1, 2.5, -2}},
  };
  for (const auto &[text, values] : functions) {
    const Expr function = parse_expression(text, {"x", "a"});
    for (const Expr &exact : {function, differentiate(function, "x")}) {
      const Program program = program_of(stabilize(exact, {"x"}).expression, DType::f32, {Compute::f64, 52}, {"a"});
      const Reference reference(exact, {"x", "a"});
      for (const double a : values) {
        const Worst worst = measure(program, reference, DType::f32, sample_inputs(DType::f32, 1000, 19), {a});
        EXPECT_LE(worst.normal, 1) << to_text(exact) << " with a = " << a << " at " << worst.at_normal;
      }
    }
  }
}

// 0/0 stays what it is, though next to 0 the value is known.
TEST(Definitions, RemovableSingularity) {
  const Expr exact = parse_expression("(1 - cos(x))/x^2", {"x"});
  const Program program = program_of(stabilize(exact).expression, DType::f32, {Compute::f64, 52});
  const Reference reference(exact, {"x"});
  constexpr unsigned seed = 18;
  const Worst worst = measure(program, reference, DType::f32, sample_inputs(DType::f32, 4000, seed));
  EXPECT_LE(worst.normal, 1) << "at " << worst.at_normal << ", seed " << seed;
  EXPECT_TRUE(std::isnan(value_at(program, 0)));
}

}  // namespace
}  // namespace actinide
