// The brackets of many points at a time hold the rigorous value, judge as it does, and rely on what the C library
// keeps.
#include "expression/reference_batch.h"
#include "expression/reference_batch_library.h"

#include "expression/printer.h"
#include "random.h"
#include "reference_help.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace actinide {
namespace {

constexpr std::uint64_t seed = 20270;

// Numbers of f32 of any exponent, every other one near 1, subnormal ones among them.
std::vector<double> points(std::mt19937_64 &random, std::size_t count) {
  std::uniform_real_distribution<double> unit(-1, 1);
  std::vector<double> x;
  for (std::size_t i = 0; i < count; ++i) {
    const int exponent = static_cast<int>(unit(random) * (i % 2 ? 148 : 7));
    x.push_back(static_cast<double>(static_cast<float>(std::ldexp(unit(random), exponent))));
  }
  x.insert(x.end(), {0.0, -0.0, 0x1p-149, -0x1p-149, 0x3p-149, 1.0, -1.0, 0x1.fffffep127, -0x1.fffffep127});
  return x;
}

// low <= exact <= high, up to the step that an open end has moved in.
::testing::AssertionResult holds(const Bracket &bracket, mpfr_srcptr exact) {
  if (std::isnan(bracket.low))
    return mpfr_nan_p(exact) ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "undefined";
  if (std::isinf(bracket.low) && std::isinf(bracket.high)) return ::testing::AssertionSuccess();
  if (mpfr_nan_p(exact)) return ::testing::AssertionFailure() << "a value where there is none";
  const double low = std::nextafter(bracket.low, -inf), high = std::nextafter(bracket.high, inf);
  if (mpfr_cmp_d(exact, low) >= 0 && mpfr_cmp_d(exact, high) <= 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << fmt::format("[{:a}, {:a}] without {:a}", bracket.low, bracket.high,
                                                      mpfr_get_d(exact, MPFR_RNDN));
}

void expect_brackets(const Reference &reference, std::vector<double> inputs, std::span<const double> x,
                     const std::string &text) {
  std::vector<Bracket> brackets(x.size());
  reference.bracket(inputs, 0, x, brackets);
  Number exact(300);
  for (std::size_t i = 0; i < x.size(); ++i) {
    inputs[0] = x[i];
    reference.evaluate(exact.value, inputs);
    ASSERT_TRUE(holds(brackets[i], exact.value)) << text << " at " << fmt::format("{:a}", x[i]) << ", seed " << seed;
    const auto quick = Reference::judge(reference.rounded(inputs, DType::f32), brackets[i], DType::f32);
    if (!quick) continue;
    ASSERT_TRUE(quick->correctly_rounded) << text << " at " << fmt::format("{:a}", x[i]) << ", seed " << seed;
  }
}

std::vector<std::string> functions() {
  std::vector<std::string> texts = {"x * sigmoid(x)",
                                    "x * normcdf(x)",
                                    "-x * normcdf(x) * 2",
                                    "x * (1 + tanh(x)) / 2",
                                    "(x + sqrt(x^2 + 4)) / 2",
                                    "x * tanh(softplus(x))",
                                    "normcdf(x) + x * normpdf(x)",
                                    "x - tanh(x)",
                                    "x^(1/3)",
                                    "x^(-5)",
                                    "exp(exp(x))",
                                    "sqrt(expm1(x))",
                                    "log1p(sin(x))",
                                    "min(log(x), 1)",
                                    "select(log(x) > 0, 1, 2)",
                                    "0 * log(x)",
                                    "pi^x",
                                    "1 / (x - 1)",
                                    "select(x < 1/3, x / 3, step(x - 1) + sign(x))",
                                    "exp(-abs(x)) * (exp(x) - 1)",
                                    "max(sin(x), cos(x))"};
  for (const Op op : all_operations())
    if (is_function(info(op).kind) && info(op).arity == 1) texts.push_back(std::string(info(op).name) + "(x)");
  return texts;
}

class Brackets : public ::testing::TestWithParam<std::string> {};

TEST_P(Brackets, HoldTheRigorousValue) {
  std::mt19937_64 random(seed);
  expect_brackets(reference_of(GetParam()), {0}, points(random, 1500), GetParam());
}

// The point of them: nearly every result of f32 is decided, ties of subnormal numbers among them.
TEST_P(Brackets, DecideMostResults) {
  std::mt19937_64 random(seed + 1);
  const Reference reference = reference_of(GetParam());
  const std::vector<double> x = points(random, 2000);
  std::vector<Bracket> brackets(x.size());
  reference.bracket(std::vector<double>{0}, 0, x, brackets);
  std::size_t decided = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    decided += Reference::judge(reference.rounded({&x[i], 1}, DType::f32), brackets[i], DType::f32).has_value();
  RecordProperty("decided", static_cast<int>(decided));
  EXPECT_GT(decided, x.size() / 3);
}

INSTANTIATE_TEST_SUITE_P(Reference, Brackets, ::testing::ValuesIn(functions()),
                         [](const auto &test) { return fmt::format("function_{}", test.index); });

TEST(BracketsOfExpressions, HoldTheRigorousValue) {
  std::mt19937_64 random(seed + 2);
  for (int i = 0; i < 120; ++i) {
    const Expr expression = random_expression(random, 2 + i % 12);
    if (expression.boolean()) continue;
    std::vector<double> inputs;
    for (const double x : points(random, random_variables().size())) inputs.push_back(x);
    inputs.resize(random_variables().size());
    expect_brackets(Reference(expression, random_variables()), inputs, points(random, 4), to_text(expression));
  }
}

// x sigmoid(x) = x/2 + x^2/4 - ... lies just above the middle of two subnormal numbers where x/2 does.
TEST(BracketsOfFunctions, DecideTiesOfSubnormalNumbers) {
  for (const char *text : {"x * sigmoid(x)", "x * normcdf(x)", "-2 * (x * sigmoid(-x))"}) {
    const Reference reference = reference_of(text);
    const std::vector<double> x = {0x1p-149, -0x1p-149, 0x3p-149, -0x3p-149, 0x1.5p-140, 0x7p-149};
    std::vector<Bracket> brackets(x.size());
    reference.bracket(std::vector<double>{0}, 0, x, brackets);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double nearest = reference.rounded({&x[i], 1}, DType::f32);
      const auto judgement = Reference::judge(nearest, brackets[i], DType::f32);
      ASSERT_TRUE(judgement.has_value()) << text << " at " << x[i];
      EXPECT_TRUE(judgement->correctly_rounded) << text << " at " << x[i];
    }
  }
}

// NaN stays NaN, even where the value doesn't depend on it.
TEST(BracketsOfFunctions, KnowNothingWhereTheInputIsNoNumber) {
  const Reference reference(parse_expression("select(gate > 0, x, 0)", {"x", "gate"}), {"x", "gate"});
  const std::vector<double> x = {nan, inf, -inf, 3};
  std::vector<Bracket> brackets(x.size());
  reference.bracket(std::vector<double>{0, -1}, 0, x, brackets);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(Reference::judge(nan, brackets[i], DType::f32)) << x[i];
    EXPECT_FALSE(Reference::judge(0, brackets[i], DType::f32)) << x[i];
  }
  EXPECT_TRUE(Reference::judge(0, brackets[3], DType::f32));
}

// Without asking a slower way: half of all numbers may be outside the domain.
TEST(BracketsOfFunctions, KnowWhatIsUndefined) {
  for (const char *text : {"sqrt(x)", "1 / (2 * sqrt(x))", "log(x) / x", "x^0.5 / sqrt(x)", "sqrt(x) * sqrt(-x)"}) {
    std::vector<Bracket> brackets(1);
    reference_of(text).bracket(std::vector<double>{0}, 0, std::vector<double>{-3}, brackets);
    EXPECT_TRUE(std::isnan(brackets[0].low)) << text;
  }
}

// Without asking a slower way: a kernel may give infinity or NaN for half of all inputs.
TEST(BracketsOfFunctions, JudgeWhatIsNoNumber) {
  for (const double computed : {inf, -inf, nan}) {
    const auto judgement = Reference::judge(computed, Bracket{3, 3}, DType::f32);
    ASSERT_TRUE(judgement.has_value());
    EXPECT_EQ(judgement->ulp, inf);
    EXPECT_FALSE(judgement->correctly_rounded);
    EXPECT_EQ(judgement->nearest, 3);
  }
  const double largest = 0x1.fffffep127;
  EXPECT_FALSE(Reference::judge(inf, Bracket{largest, largest}, DType::f32)) << "a step away, perhaps";
  EXPECT_FALSE(Reference::judge(inf, Bracket{3, 4}, DType::f32)) << "not decided";
}

// Of the functions of the library at many points, at once: relative to their results, but where the formulas of
// reference_batch_functions.cpp never ask.
TEST(BracketsOfFunctions, RelyOnWhatTheLibraryKeeps) {
  using reference::Library;
  const struct {
    const char *expression;
    Library::Function function;
    double widest;  // binary exponent of the arguments
  } functions[] = {
      {"exp(x)", Library::exp, 9.4},      {"expm1(x)", Library::expm1, 9.4}, {"log(x)", Library::log, 1000},
      {"log1p(x)", Library::log1p, 1000}, {"sin(x)", Library::sin, 500},     {"cos(x)", Library::cos, 500},
      {"tanh(x)", Library::tanh, 100},    {"erf(x)", Library::erf, 100},     {"erfc(x)", Library::erfc, 4.7},
  };
  std::mt19937_64 random(seed + 3);
  std::uniform_real_distribution<double> unit(-1, 1);
  Number exact(128), computed(128);
  for (const auto &f : functions) {
    const Reference reference = reference_of(f.expression);
    double worst = 0;
    for (int block = 0; block < 160; ++block) {
      reference::Values arguments, values;
      for (double &x : arguments) {
        const double scale = unit(random);
        x = std::ldexp(unit(random), static_cast<int>(f.widest * scale * scale * scale));
        if (std::string(f.expression) == "log1p(x)" && x <= -1) x = -x;
        if (std::string(f.expression) == "log(x)") x = std::fabs(x);
      }
      f.function(arguments, values);
      for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!std::isfinite(values[i]) || std::fabs(values[i]) < 0x1p-1000) continue;
        reference.evaluate(exact.value, {&arguments[i], 1});
        mpfr_set_d(computed.value, values[i], MPFR_RNDN);
        mpfr_sub(computed.value, computed.value, exact.value, MPFR_RNDN);
        mpfr_div(computed.value, computed.value, exact.value, MPFR_RNDN);
        worst = std::fmax(worst, std::fabs(mpfr_get_d(computed.value, MPFR_RNDN)) * 0x1p53);
      }
    }
    EXPECT_LE(worst, reference::batch_library_error / 2) << f.expression;
    RecordProperty(f.expression, std::to_string(worst));
  }
}

}  // namespace
}  // namespace actinide
