// Every differentiation rule against the reference's high-precision central differences, the kinks, and the size of the
// result.
#include "derivative/derivative.h"
#include "error.h"
#include "expression/definition.h"
#include "expression/printer.h"
#include "expression/reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace actinide {
namespace {

constexpr unsigned seed = 20240611;
constexpr int points = 40;

struct Mpfr {
  mpfr_t value;
  Mpfr() { mpfr_init2(value, 200); }
  ~Mpfr() { mpfr_clear(value); }
  Mpfr(const Mpfr &) = delete;
  Mpfr &operator=(const Mpfr &) = delete;
  double get() const { return mpfr_get_d(value, MPFR_RNDN); }
};

/// |a - b| <= 2^-60 max(|b|, 2^-40): the differences of the reference are good to far more.
bool close(const Mpfr &a, const Mpfr &b) {
  Mpfr difference, scale;
  mpfr_sub(difference.value, a.value, b.value, MPFR_RNDN);
  mpfr_abs(difference.value, difference.value, MPFR_RNDN);
  mpfr_abs(scale.value, b.value, MPFR_RNDN);
  if (mpfr_cmp_d(scale.value, 0x1p-40) < 0) mpfr_set_d(scale.value, 0x1p-40, MPFR_RNDN);
  mpfr_mul_2si(scale.value, scale.value, -60, MPFR_RNDN);
  return mpfr_cmp(difference.value, scale.value) <= 0;
}

void expect_derivative(const Expr &f, double low, double high) {
  const Expr derivative = differentiate(f, "x");
  const Reference function(f, {"x"}), slope(derivative, {"x"});
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> draw(low, high);
  for (int i = 0; i < points; ++i) {
    const double x = draw(random);
    Mpfr symbolic, numeric;
    slope.evaluate(symbolic.value, std::span(&x, 1));
    function.differentiate(numeric.value, 0, std::span(&x, 1));
    ASSERT_TRUE(close(symbolic, numeric))
        << "f = " << to_text(f) << "\nf' = " << to_text(derivative) << "\nat x = " << x << ": symbolic "
        << symbolic.get() << ", numeric " << numeric.get() << " (seed " << seed << ")";
  }
}

Expr parse(const std::string &text) {
  return parse_expression(text, {"x", "p"});
}

std::vector<Op> differentiable_operations() {
  std::vector<Op> result;
  for (const Op op : all_operations())
    if (info(op).arity > 0 && info(op).kind != OpKind::comparison && info(op).kind != OpKind::numeric)
      result.push_back(op);
  return result;
}

class EachOperation : public testing::TestWithParam<Op> {};

// The arguments are functions of x themselves, so that the chain rule is in play, and lie in every domain: (0.3, 2.4).
TEST_P(EachOperation, MatchesNumericalDerivative) {
  const Expr arguments[] = {parse("0.7*x + 0.3"), parse("1.1 + 0.4*cos(x)"), parse("x^2/9 + 0.5")};
  std::vector<Expr> used(arguments, arguments + info(GetParam()).arity);
  if (GetParam() == Op::select) used[0] = make(Op::less, {variable("x"), parse("1.5")});
  expect_derivative(make(GetParam(), used), 0.001, 2.99);
}

TEST_P(EachOperation, TwiceMatchesNumericalDerivative) {
  const Expr arguments[] = {parse("0.7*x + 0.3"), parse("1.1 + 0.4*cos(x)"), parse("x^2/9 + 0.5")};
  std::vector<Expr> used(arguments, arguments + info(GetParam()).arity);
  if (GetParam() == Op::select) used[0] = make(Op::less, {variable("x"), parse("1.5")});
  expect_derivative(differentiate(make(GetParam(), used), "x"), 0.001, 2.99);
}

INSTANTIATE_TEST_SUITE_P(Derivative, EachOperation, testing::ValuesIn(differentiable_operations()),
                         [](const auto &test) { return std::string(actinide::info(test.param).name); });

class EachPower : public testing::TestWithParam<const char *> {};

TEST_P(EachPower, MatchesNumericalDerivative) {
  expect_derivative(parse(GetParam()), 0.2, 3);
}

INSTANTIATE_TEST_SUITE_P(Derivative, EachPower,
                         testing::Values("x^2", "x^1", "x^0", "x^3", "x^-1", "x^-2", "x^(1/2)", "x^(1/3)", "x^1.5",
                                         "2^x", "x^x", "pi^x", "e^x", "x^pi", "(1 + x^2)^x", "(sin(x) + 2)^3"),
                         [](const auto &test) { return "case" + std::to_string(test.index); });

TEST(Power, OfANegativeBaseNeedsNoLogarithm) {
  expect_derivative(parse("x^3 + x^-2"), -3, -0.2);
}

struct Kink {
  const char *name;
  const char *text;
  double at;
  double derivative;
};

class EachKink : public testing::TestWithParam<Kink> {};

TEST_P(EachKink, HasTheStatedValue) {
  const auto &[name, text, at, expected] = GetParam();
  const Reference slope(differentiate(parse(text), "x"), {"x"});
  Mpfr value;
  slope.evaluate(value.value, std::span(&at, 1));
  EXPECT_EQ(value.get(), expected) << text << " at " << at << ", derivative "
                                   << to_text(differentiate(parse(text), "x"));
}

INSTANTIATE_TEST_SUITE_P(Derivative, EachKink,
                         testing::Values(Kink{"max_tie_takes_second", "max(x, 0)", 0, 0},
                                         Kink{"max_tie_takes_second_x", "max(0, x)", 0, 1},
                                         Kink{"min_tie_takes_second", "min(x, 0)", 0, 0},
                                         Kink{"min_tie_takes_second_x", "min(0, x)", 0, 1},
                                         Kink{"max_above", "max(x, 0)", 1, 1}, Kink{"max_below", "max(x, 0)", -1, 0},
                                         Kink{"min_above", "min(x, 0)", 1, 0}, Kink{"min_below", "min(x, 0)", -1, 1},
                                         Kink{"abs", "abs(x)", 0, 0}, Kink{"abs_left", "abs(x)", -2, -1},
                                         Kink{"root_of_a_kink_left", "sqrt(max(x, 0))", -2, 0},
                                         Kink{"sign", "sign(x)", 0, 0}, Kink{"step", "step(x)", 0, 0},
                                         Kink{"select_takes_the_chosen_side", "select(x > 0, 3*x, 5*x)", 0, 5},
                                         Kink{"select_other_side", "select(x >= 0, 3*x, 5*x)", 0, 3},
                                         Kink{"condition_is_not_differentiated", "select(x^2 < 4, 7, 8)", 2, 0}),
                         [](const auto &test) { return std::string(test.param.name); });

TEST(Form, DropsZeroTermsAndUnitFactors) {
  EXPECT_EQ(to_text(differentiate(parse("x"), "x")), "1");
  EXPECT_EQ(to_text(differentiate(parse("p*x + p^2"), "x")), "p");
  EXPECT_EQ(to_text(differentiate(parse("exp(p)"), "x")), "0");
  EXPECT_EQ(differentiate(parse("select(x > 0, 1, p)"), "x"), constant(0));
}

TEST(Form, ByAParameter) {
  EXPECT_EQ(differentiate(parse("p*sin(x)"), "p"), parse("sin(x)"));
}

// f' of these never cancels in the tail: no difference of nearly equal numbers, by construction.
TEST(Form, SaturatingFunctionsDifferentiateToProducts) {
  EXPECT_EQ(differentiate(parse("sigmoid(x)"), "x"), parse("sigmoid(x)*sigmoid(-x)"));
  EXPECT_EQ(differentiate(parse("tanh(x)"), "x"), parse("4*(sigmoid(2*x)*sigmoid(-(2*x)))"));
}

// Shared parts are differentiated once: without it a chain of n squares has 2^n nodes.
TEST(Size, StaysLinearInTheGraph) {
  Expr f = variable("x");
  for (int level = 0; level < 200; ++level) f = make(Op::sigmoid, {f}) * f;
  EXPECT_LT(node_count(differentiate(f, "x")), 10 * node_count(f));
}

TEST(Failure, ATruthValueHasNoDerivative) {
  EXPECT_THROW(differentiate(make(Op::less, {variable("x"), constant(0)}), "x"), InternalError);
}

}  // namespace
}  // namespace actinide
