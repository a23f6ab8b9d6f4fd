// The parts of the reference held against each other: the fast enclosure contains the rigorous value, the C library
// keeps the error that it relies on, and differences agree with analytic derivatives.
#include "expression/reference_quick.h"

#include "expression/printer.h"
#include "random.h"
#include "reference_help.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace actinide {
namespace {

// ---- The fast enclosure -----------------------------------------------------------------------------------------

// A finite double of any exponent, with a bias to the middle.
double any_double(std::mt19937_64 &random, double widest_exponent) {
  std::uniform_real_distribution<double> unit(-1, 1);
  const double scale = unit(random);
  const double exponent = widest_exponent * scale * scale * scale;
  return std::ldexp(unit(random), static_cast<int>(exponent));
}

// |exact - value| <= error by MPFR; an undecided enclosure says nothing.
::testing::AssertionResult encloses(const Reference &reference, std::span<const double> inputs, int &decided) {
  const Enclosure quick = reference.evaluate_quickly(inputs);
  if (!(quick.error < std::numeric_limits<long double>::infinity())) return ::testing::AssertionSuccess();
  Number exact(256), distance(256);
  reference.evaluate(exact.value, inputs);
  if (mpfr_nan_p(exact.value)) return ::testing::AssertionFailure() << "a value where there is none";
  mpfr_set_ld(distance.value, quick.value, MPFR_RNDN);
  mpfr_sub(distance.value, distance.value, exact.value, MPFR_RNDN);
  mpfr_abs(distance.value, distance.value, MPFR_RNDN);
  ++decided;
  if (mpfr_cmp_ld(distance.value, quick.error) <= 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "error " << mpfr_get_ld(distance.value, MPFR_RNDN) << " above the bound "
                                       << quick.error << " of " << quick.value;
}

TEST(ReferenceParts, the_fast_enclosure_holds_for_functions_and_activations) {
  std::mt19937_64 random(20261);
  std::vector<std::string> texts = {"x * sigmoid(x)",
                                    "x * normcdf(x)",
                                    "(x + sqrt(x^2 + 4)) / 2",
                                    "x * tanh(softplus(x))",
                                    "sigmoid(x) + x * sigmoid(x) * sigmoid(-x)",
                                    "normcdf(x) + x * normpdf(x)",
                                    "x - tanh(x)",
                                    "log(1 + exp(x)) - x",
                                    "(1 - cos(x)) / x^2",
                                    "x + sin(x)^2",
                                    "x^(1/3)",
                                    "x^(-5)",
                                    "exp(exp(x))",
                                    "erfc(exp(x))",
                                    "exp(x)^(-7)",
                                    "sqrt(expm1(x))",
                                    "log1p(sin(x))",
                                    "pi^x",
                                    "normcdf(x * pi)",
                                    "sigmoid(x * pi)",
                                    "softplus(e * x)",
                                    "tanh(x / pi)",
                                    "cos(x * pi)",
                                    "max(sin(x), cos(x))"};
  for (const Op op : all_operations())
    if (is_function(info(op).kind) && info(op).arity == 1) texts.push_back(std::string(info(op).name) + "(x)");
  for (const std::string &text : texts) {
    const Reference reference = reference_of(text);
    int decided = 0;
    for (int i = 0; i < 400; ++i) {
      const double x = any_double(random, i % 4 == 0 ? 1070 : 16);
      ASSERT_TRUE(encloses(reference, {&x, 1}, decided)) << text << " at " << fmt::format("{:a}", x);
    }
    EXPECT_GT(decided, 60) << text;
  }
}

TEST(ReferenceParts, the_fast_enclosure_leaves_what_is_not_defined_undecided) {
  for (const char *text : {"0 * log(x)", "log(x) * 0", "log(x)^0", "0 / log(x)", "min(log(x), 1)", "step(log(x))",
                           "select(log(x) > 0, 1, 2)", "erf((0 / 0)^(0 * 0))", "cos(sqrt(x))"}) {
    const double x = -1;
    EXPECT_FALSE(reference_of(text).evaluate_quickly({&x, 1}).error < std::numeric_limits<long double>::infinity())
        << text;
  }
}

// A result a few steps away from the exact one is judged alike by both ways.
TEST(ReferenceParts, the_fast_judgement_agrees_with_the_rigorous_one) {
  std::mt19937_64 random(20265);
  for (const char *text : {"x * sigmoid(x)", "x * normcdf(x)", "normcdf(x) + x * normpdf(x)", "tanh(x)", "exp(x)",
                           "(x + sqrt(x^2 + 4)) / 2", "softplus(x)", "max(x, 0)", "1 / x", "x^3"})
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Reference reference = reference_of(text);
      for (int i = 0; i < 300; ++i) {
        const double any = any_double(random, i % 2 ? (dtype == DType::f32 ? 148 : 1070) : 6);
        const double x = dtype == DType::f32 ? static_cast<double>(static_cast<float>(any)) : any;
        double computed = reference.rounded({&x, 1}, dtype);
        for (int step = i % 5; step > 0; --step)
          computed =
              dtype == DType::f32 ? std::nextafter(static_cast<float>(computed), 0.0f) : std::nextafter(computed, 0.0);
        const Judgement quick = reference.judge(computed, {&x, 1}, dtype);
        const Judgement exact = reference.judge(computed, {&x, 1}, dtype, true);
        const std::string where = fmt::format("{} at {:a} computed as {:a}", text, x, computed);
        ASSERT_EQ(quick.nearest, exact.nearest) << where;
        ASSERT_EQ(quick.correctly_rounded, exact.correctly_rounded) << where;
        ASSERT_EQ(exact.correctly_rounded, i % 5 == 0 || computed == exact.nearest) << where;
        if (std::isinf(exact.ulp)) {
          ASSERT_EQ(quick.ulp, exact.ulp) << where;
        } else {
          ASSERT_GE(quick.ulp, exact.ulp - 0x1p-18) << where;
          ASSERT_LE(quick.ulp, exact.ulp + (dtype == DType::f32 ? 0.002 : 0.03125)) << where;
        }
      }
    }
}

TEST(ReferenceParts, the_fast_enclosure_holds_for_random_expressions) {
  constexpr std::uint64_t seed = 20262;
  std::mt19937_64 random(seed);
  int decided = 0;
  for (int i = 0; i < 160; ++i) {
    const Expr expression = random_expression(random, 2 + i % 12);
    if (expression.boolean()) continue;
    const Reference reference(expression, random_variables());
    for (int point = 0; point < 3; ++point) {
      std::vector<double> inputs;
      for (std::size_t k = 0; k < random_variables().size(); ++k) inputs.push_back(any_double(random, 8));
      ASSERT_TRUE(encloses(reference, inputs, decided))
          << "seed " << seed << ", expression " << i << ": " << to_text(expression);
    }
  }
  EXPECT_GT(decided, 100);
}

TEST(ReferenceParts, the_library_keeps_the_assumed_error) {
  const struct {
    const char *expression;
    long double (*function)(long double);
    double widest;
  } functions[] = {
      {"exp(x)", std::exp, 13},       {"expm1(x)", std::expm1, 13}, {"log(x)", std::log, 1000},
      {"log1p(x)", std::log1p, 1000}, {"sin(x)", std::sin, 1000},   {"cos(x)", std::cos, 1000},
      {"tanh(x)", std::tanh, 100},    {"erf(x)", std::erf, 100},    {"erfc(x)", std::erfc, 6},
      {"sqrt(x)", std::sqrt, 1000},
  };
  std::mt19937_64 random(20263);
  Number exact(128), computed(128);
  for (const auto &f : functions) {
    const Reference reference = reference_of(f.expression);
    double worst = 0;
    for (int i = 0; i < 3000; ++i) {
      double x = any_double(random, f.widest);
      if (std::strcmp(f.expression, "log1p(x)") == 0 && x <= -1) x = -x;
      if (std::strcmp(f.expression, "log(x)") == 0 || std::strcmp(f.expression, "sqrt(x)") == 0) x = std::fabs(x);
      const long double y = f.function(x);
      if (!std::isfinite(y) || std::fabs(y) < 0x1p-16300L) continue;
      reference.evaluate(exact.value, {&x, 1});
      mpfr_set_ld(computed.value, y, MPFR_RNDN);
      mpfr_sub(computed.value, computed.value, exact.value, MPFR_RNDN);
      mpfr_div(computed.value, computed.value, exact.value, MPFR_RNDN);
      worst = std::fmax(worst, std::fabs(mpfr_get_d(computed.value, MPFR_RNDN)) * 0x1p63);
    }
    EXPECT_LE(worst, reference::library_error / 2) << f.expression;
    RecordProperty(f.expression, std::to_string(worst));
  }
}

// ---- Derivatives by differences ---------------------------------------------------------------------------------

TEST(ReferenceParts, differences_agree_with_the_analytic_derivative) {
  const struct {
    const char *expression, *derivative;
  } cases[] = {
      {"tanh(x)", "4 * sigmoid(2 * x) * sigmoid(-2 * x)"},
      {"x * normcdf(x)", "normcdf(x) + x * normpdf(x)"},
      {"softplus(x)", "sigmoid(x)"},
      {"sin(x^2)", "2 * x * cos(x^2)"},
      {"(x + sqrt(x^2 + 4)) / 2", "2 / (sqrt(x^2 + 4) * (sqrt(x^2 + 4) - x))"},
      {"x^3", "3 * x^2"},
  };
  std::mt19937_64 random(20264);
  for (const auto &c : cases) {
    const Reference function = reference_of(c.expression), derivative = reference_of(c.derivative);
    for (int i = 0; i < 60; ++i) {
      const double x = any_double(random, i % 3 == 0 ? 120 : 6);
      const double expected = derivative.rounded({&x, 1}, DType::f64);
      if (std::fabs(expected) == inf) continue;
      EXPECT_LE(function.derivative_ulp_error(expected, 0, {&x, 1}, DType::f64), 0.5001)
          << c.expression << " at " << fmt::format("{:a}", x);
    }
  }
}

TEST(ReferenceParts, differences_at_kinks_and_infinities) {
  const auto slope = [](const char *text, double x) {
    Number result(53);
    reference_of(text).differentiate(result.value, 0, {&x, 1});
    return mpfr_get_d(result.value, MPFR_RNDN);
  };
  EXPECT_EQ(slope("max(x, 0)", 0), 0.5);
  EXPECT_EQ(slope("abs(x)", 0), 0);
  EXPECT_EQ(slope("max(x - 1, 0)", 1), 0.5);
  EXPECT_EQ(slope("tanh(x)", 0), 1);
  EXPECT_EQ(slope("x * sigmoid(x)", inf), 1);
  EXPECT_EQ(slope("x * sigmoid(x)", -inf), 0);
  EXPECT_EQ(slope("sigmoid(x)", 1e300), 0);
  EXPECT_TRUE(std::isnan(slope("sin(x)", inf)));
  EXPECT_TRUE(std::isnan(slope("x", nan)));
}

}  // namespace
}  // namespace actinide
