// The parabolas for runs of points hold the rigorous value at each, and decide most results of smooth functions.
#include "accuracy/exact_block.h"
#include "expression/definition.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace actinide {
namespace {

constexpr std::uint64_t seed = 90210;

struct Case {
  const char *text;
  double decided;  ///< at least this share of the blocks of numbers of any size
};

// Every operation, in places where it bends.
const Case cases[] = {
    {"x * sigmoid(x)", 0.9},
    {"x * normcdf(x)", 0.9},
    {"normcdf(x) + x * normpdf(x)", 0.7},  // in the left tail the terms cancel
    {"sigmoid(x) * (1 + x * sigmoid(-x))", 0.9},
    {"x * tanh(softplus(x))", 0.9},
    {"x * tanh(exp(x))", 0.8},
    {"tanh(x)", 0.9},
    {"softplus(x)", 0.9},
    {"exp(x)", 0.9},
    {"expm1(x)", 0.9},
    {"select(x > 0, x, exp(x) - 1)", 0.4},
    {"log(x)", 0.9},  // undefined for half of them
    {"log1p(x)", 0.9},
    {"sqrt(x)", 0.9},
    {"(x + sqrt(x^2 + 4)) / 2", 0.4},
    {"1 / (1 + x^2)", 0.9},
    {"x^(1/3)", 0.9},
    {"x^(-5)", 0.9},
    {"x^3 - 2*x", 0.9},
    {"erf(x)", 0.9},
    {"erfc(x / 3)", 0.9},
    {"normpdf(x)", 0.9},
    {"sin(x)", 0.5},
    {"cos(x / 2)", 0.5},
    {"max(x, 0) + min(x / 3, 0)", 0.9},
    {"select(abs(x) < 1, x^2, 2*abs(x) - 1)", 0.9},
    {"sign(x) * step(x - 1) + x", 0.9},
    {"x / (1 + abs(x))", 0.9},
    {"select(x == 3, 1, x)", 0.9},
    {"exp(-x^2) * pi^x", 0.7},
    {"(1 + x^2)^x", 0.3},
};

class RunModels : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Functions, RunModels, ::testing::ValuesIn(cases),
                         [](const auto &test) { return fmt::format("function_{}", test.index); });

// Consecutive numbers of f32 of either sign, from a random one of any exponent, every other one near 1.
std::vector<double> random_run(std::mt19937_64 &random, bool near_one) {
  std::uniform_real_distribution<double> unit(-1, 1);
  auto x = static_cast<float>(
      std::ldexp(1 + std::fabs(unit(random)), static_cast<int>(unit(random) * (near_one ? 6 : 120))));
  if (unit(random) < 0) x = -x;
  std::vector<double> run;
  for (std::size_t i = 0; i < ExactBlock::points; ++i, x = std::nextafter(x, INFINITY))
    run.push_back(static_cast<double>(x));
  return run;
}

::testing::AssertionResult holds(const Bracket &bracket, mpfr_srcptr exact) {
  if (std::isnan(bracket.low) || mpfr_nan_p(exact))
    return std::isnan(bracket.low) && mpfr_nan_p(exact) ? ::testing::AssertionSuccess()
                                                        : ::testing::AssertionFailure() << "defined or not";
  if (mpfr_cmp_d(exact, bracket.low) >= 0 && mpfr_cmp_d(exact, bracket.high) <= 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << fmt::format("[{:a}, {:a}] without {:a}", bracket.low, bracket.high,
                                                      mpfr_get_d(exact, MPFR_RNDN));
}

TEST_P(RunModels, HoldTheRigorousValueAndDecideMostResults) {
  std::mt19937_64 random(seed);
  const Reference reference(parse_expression(GetParam().text, {"x"}), {"x"});
  constexpr std::size_t runs = 120, tried = 5;
  std::size_t decided = 0;
  mpfr_t exact;
  mpfr_init2(exact, 300);
  for (std::size_t k = 0; k < runs; ++k) {
    const std::vector<double> x = random_run(random, k % 2 == 0);
    const PointRun run{x.front(), x.back()};
    RunModel model;
    reference.model(std::vector<double>{0}, 0, {&run, 1}, {&model, 1});
    if (!model.known) continue;
    ExactBlock block;
    block.set(model, x);
    decided += block.decided();
    for (std::size_t i = 0; i < tried; ++i) {
      const std::size_t at = i == 0 ? 0 : i == 1 ? x.size() - 1 : random() % x.size();
      reference.evaluate(exact, {&x[at], 1});
      ASSERT_TRUE(holds(block.bracket(at), exact)) << fmt::format("{} at {:a}, seed {}", GetParam().text, x[at], seed);
    }
  }
  mpfr_clear(exact);
  EXPECT_GE(static_cast<double>(decided), GetParam().decided * runs) << GetParam().text;
}

// Where a decision changes on the way, at infinities, at 0 and over a pole, nothing is said.
TEST(RunModel, SaysNothingWhereTheFunctionIsNotSmooth) {
  const auto known = [](const char *text, PointRun run) {
    RunModel model;
    const Reference reference(parse_expression(text, {"x"}), {"x"});
    reference.model(std::vector<double>{0}, 0, {&run, 1}, {&model, 1});
    return model.known;
  };
  EXPECT_FALSE(known("max(x - 1, 0)", {0.999, 1.001}));
  EXPECT_TRUE(known("max(x - 1, 0)", {1.001, 1.002}));
  EXPECT_FALSE(known("abs(x - 1)", {0.999, 1.001}));
  EXPECT_FALSE(known("sign(x - 1)", {0.999, 1.001}));
  EXPECT_FALSE(known("select(x < 1, 0, 1)", {0.999, 1.001}));
  EXPECT_FALSE(known("1 / (x - 1)", {0.999, 1.001}));
  EXPECT_FALSE(known("log(x - 1)", {0.999, 1.001}));
  EXPECT_FALSE(known("x", {-1, 1}));
  EXPECT_FALSE(known("x", {0, 1}));
  EXPECT_FALSE(known("x", {1, INFINITY}));
  EXPECT_TRUE(known("x", {1, 1.001}));
}

}  // namespace
}  // namespace actinide
