#include "approximation/factors.h"

#include "expression/definition.h"
#include "expression/printer.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

Expr parse(std::string_view text) {
  return parse_expression(text, {"x", "y"});
}

std::string found_in(std::string_view text) {
  const auto logistic = logistic_quotient(parse(text));
  return logistic ? to_text(logistic->quotient) : "none";
}

TEST(Factors, MultiplyToTheExpression) {
  Factors factors;
  collect_factors(parse("-(x / (y / exp(x))) * 3"),
                  [&](const Expr &factor, bool inverse) { factors.multiply(factor, inverse); });
  EXPECT_EQ(factors.quotient(), parse("-1 * x * exp(x) * 3 / y"));
  Factors more{.above = parse("y"), .below = {}};
  factors.take(more);
  EXPECT_EQ(factors.quotient(), parse("-1 * x * exp(x) * 3 * y / y"));
  EXPECT_EQ(more.size(), 0u);
  EXPECT_EQ(Factors().quotient(), constant(1));
}

TEST(CommonInputs, ComeInFront) {
  const auto moved = [](std::string_view text) { return to_text(with_common_inputs_in_front(parse(text), {"y"})); };
  EXPECT_EQ(moved("select(x > 0, y, y * exp(x))"), "y * select(x > 0, 1, exp(x))");
  EXPECT_EQ(moved("select(x > 0, 3 * y / x, x * y)"), "y * select(x > 0, 3 / x, x)");
  for (const char *text : {"select(x > 0, y, 0)", "select(y > 0, y, y * x)", "select(x > 0, y, 1 / y)",
                           "select(x > 0, y * y, y)", "y * select(x > 0, 1, x)"})
    EXPECT_EQ(moved(text), to_text(parse(text)));
}

TEST(LogisticQuotient, IsFoundAmongFactors) {
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-abs(x))) / (1 + exp(-abs(x)))"), "1 / (1 + exp(-x))");
  EXPECT_EQ(found_in("y * (select(0 <= 2*x, 1, exp(-abs(2*x))) * x) / (1 + exp(-abs(2*x)))"),
            "y * x / (1 + exp(-(2 * x)))");
}

TEST(LogisticQuotient, IsFoundByTheFactorThatHasTheSign) {
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-2 * (1 + x^2) * abs(x))) * x / (1 + exp(-2 * (1 + x^2) * abs(x)))"),
            "x / (1 + exp(-2 * (1 + x^2) * x))");
}

TEST(LogisticQuotient, IsNoneWhereTheExponentialServesMore) {
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-abs(x))) / (1 + exp(-abs(x)))^2"), "none");
  EXPECT_EQ(found_in("exp(-abs(x)) * select(0 <= x, 1, exp(-abs(x))) / (1 + exp(-abs(x)))"), "none");
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-abs(y))) / (1 + exp(-abs(y)))"), "none");
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-abs(x))) * (1 + exp(-abs(x)))"), "none");
  EXPECT_EQ(found_in("x / (1 + exp(-abs(x)))"), "none");
  EXPECT_EQ(found_in("select(0 <= x, 1, exp((1 - x^2) * abs(x))) / (1 + exp((1 - x^2) * abs(x)))"), "none");
  EXPECT_EQ(found_in("select(0 <= x, 1, exp(-abs(x) * abs(x))) / (1 + exp(-abs(x) * abs(x)))"), "none");
}

}  // namespace
}  // namespace actinide
