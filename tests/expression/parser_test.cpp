#include "error.h"
#include "expression/suggestion.h"
#include "expression/definition.h"
#include "sample_scope.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

const Expr x = variable("x");

Expr call(Op op, const Expr &a) {
  return make(op, {a});
}

Expr parse(std::string_view formula) {
  return parse_expression(formula, {"x", "y", "z"}, sample_scope());
}

TEST(Parser, ReadsDefinitions) {
  const Definition snake = parse_definition("snake(x; a = 1, b = -1/3) = x + sin(a*x)^2 / b", sample_scope());
  EXPECT_EQ(snake.name, "snake");
  EXPECT_EQ(snake.inputs, std::vector<std::string>{"x"});
  ASSERT_EQ(snake.parameters.size(), 2u);
  EXPECT_EQ(snake.find_parameter("b")->default_value, Rational(-1, 3));
  EXPECT_EQ(snake.find_parameter("x"), nullptr);
  const Expr sine = call(Op::sin, variable("a") * x);
  EXPECT_EQ(snake.body, x + make(Op::pow, {sine, constant(2)}) / variable("b"));
  EXPECT_EQ(parse_definition("\n\tf ( x\r\n,gate)\n=x*gate ", {}).body, x * variable("gate"));
}

// Both texts must be the same node.
struct SameCase {
  const char *text;
  const char *same;
};
class Precedence : public testing::TestWithParam<SameCase> {};
TEST_P(Precedence, IsThatOfTheParentheses) {
  EXPECT_EQ(parse(GetParam().text), parse(GetParam().same));
}
INSTANTIATE_TEST_SUITE_P(
    Formulas, Precedence,
    testing::Values(SameCase{"x + y * z", "x + (y * z)"}, SameCase{"x - y - z", "(x - y) - z"},
                    SameCase{"x / y / z", "(x / y) / z"}, SameCase{"x / y * z", "(x / y) * z"},
                    SameCase{"-x^2", "-(x^2)"}, SameCase{"x^y^z", "x^(y^z)"}, SameCase{"-x * y", "(-x) * y"},
                    SameCase{"2^-x", "2^(-x)"}, SameCase{"2^-x^2", "2^(-(x^2))"}, SameCase{"x - -y", "x - (-y)"},
                    SameCase{"ln(x)", "log(x)"}, SameCase{"x--1", "x - (-1)"}, SameCase{"((x))", "x"},
                    SameCase{"swish(x)", "x * sigmoid(1 * x)"}, SameCase{"swish(y; beta = z)", "y * sigmoid(z * y)"},
                    SameCase{"swish(y, beta = x)", "y * sigmoid(x * y)"}, SameCase{"swish(x, 2)", "x * sigmoid(2 * x)"},
                    SameCase{"glu(y, x)", "y * sigmoid(x)"}, SameCase{"clip(x; high = 6)", "min(max(x, -1), 6)"},
                    SameCase{"clip(y, 0; high = x)", "min(max(y, 0), x)"},
                    SameCase{"softplus(x; k = 2)", "softplus(2 * x) / 2"},
                    SameCase{"softplus(x, 3)", "softplus(3 * x) / 3"}),
    [](const auto &test) { return "case" + std::to_string(test.index); });

TEST(Parser, ComparisonsAreSwappedToTwo) {
  const Expr zero = constant(0);
  const auto condition = [](std::string_view text) { return parse(text)[0]; };
  EXPECT_EQ(condition("select(x > 0, 1, 2)"), make(Op::less, {zero, x}));
  EXPECT_EQ(condition("select(x >= 0, 1, 2)"), make(Op::less_equal, {zero, x}));
  EXPECT_EQ(condition("select(x < 0, 1, 2)"), make(Op::less, {x, zero}));
  EXPECT_EQ(condition("select((x <= 0), 1, 2)"), make(Op::less_equal, {x, zero}));
  EXPECT_EQ(condition("select(x == 0, 1, 2)"), make(Op::equal, {x, zero}));
  EXPECT_EQ(condition("select(x != 0, 1, 2)"), make(Op::not_equal, {x, zero}));
}

TEST(Parser, NumbersAreExact) {
  const auto value = [](std::string_view text) { return parse(text).value(); };
  EXPECT_EQ(value("0.044715"), Rational(8943, 200'000));
  EXPECT_EQ(value("1e-5"), Rational(1, 100'000));
  EXPECT_EQ(value("1.5E+3"), 1500);
  EXPECT_EQ(value(".5"), Rational(1, 2));
  EXPECT_EQ(value("3."), 3);
  EXPECT_EQ(value("-2"), -2);
  EXPECT_EQ(value("007"), 7);
  EXPECT_EQ(value("1/3"), Rational(1, 3));
  EXPECT_EQ(value("-4/6"), Rational(-2, 3));
  mpz_class huge;
  mpz_ui_pow_ui(huge.get_mpz_t(), 10, 400);
  EXPECT_EQ(value("1e400"), huge);
  EXPECT_EQ(value("1e-400"), Rational(1, huge));
  EXPECT_EQ(value("1e0000000000000000000000400"), huge);
}

TEST(Parser, NothingElseIsFolded) {
  EXPECT_EQ(parse("(1)/3"), constant(1) / constant(3));
  EXPECT_EQ(parse("1/(3)"), constant(1) / constant(3));
  EXPECT_EQ(parse("1.0/3"), constant(1) / constant(3));
  EXPECT_EQ(parse("1/0"), constant(1) / constant(0));
  EXPECT_EQ(parse("1 + 2"), constant(1) + constant(2));
  EXPECT_EQ(parse("-(1)"), -constant(1));
  EXPECT_EQ(parse("2*1/3"), constant(2) * constant(1) / constant(3));
  EXPECT_EQ(parse("2*e"), constant(2) * make(Op::euler, {}));
  EXPECT_EQ(parse("pi"), make(Op::pi, {}));
}

TEST(Parser, ReadsRequests) {
  EXPECT_EQ(parse_request(" gelu ").name, "gelu");
  EXPECT_TRUE(parse_request("gelu()").bound.empty());
  const NamedRequest request = parse_request("f(slope=0.2, k = -1/3)");
  EXPECT_EQ(request.name, "f");
  using Bound = std::vector<std::pair<std::string, Rational>>;
  EXPECT_EQ(request.bound, (Bound{{"slope", Rational(1, 5)}, {"k", Rational(-1, 3)}}));
}

TEST(Parser, TellsDefinitionsFromRequests) {
  for (const char *text : {"f(x) = x", "f(x; k = 1)=x", "f = x", "f(x) == x = 2", "f x) = x"})
    EXPECT_TRUE(looks_like_definition(text)) << text;
  for (const char *text : {"gelu", "leaky_relu(slope=0.2)", "f(x) == x", "f(x <= 2)", "", "f(x", "x >= 1"})
    EXPECT_FALSE(looks_like_definition(text)) << text;
}

TEST(Parser, SuggestsOnlyCloseNames) {
  const std::vector<std::string> known{"gelu", "relu", "elu", "leaky_relu", "sigmoid", "x", "softplus"};
  const auto closest = [&](std::string_view name) { return closest_name(name, known).value_or("nothing"); };
  EXPECT_EQ(closest("gleu"), "gelu");
  EXPECT_EQ(closest("ReLU"), "relu");
  EXPECT_EQ(closest("leakyrelu"), "leaky_relu");
  EXPECT_EQ(closest("sigmod"), "sigmoid");
  EXPECT_EQ(closest("X"), "x");
  EXPECT_EQ(closest("y"), "nothing");
  EXPECT_EQ(closest("banana"), "nothing");
  EXPECT_EQ(closest(""), "nothing");
  EXPECT_EQ(closest(std::string(100'000, 'g')), "nothing");
}

std::string repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Parser, LimitsAreWhereTheyAreSaidToBe) {
  const auto nested = [](int levels) { return "f(x) = " + repeat("(", levels) + "x" + repeat(")", levels); };
  EXPECT_NO_THROW(parse_definition(nested(200), {}));
  EXPECT_THROW(parse_definition(nested(201), {}), UserError);
  const auto sum = [](int terms) { return "f(x) = x" + repeat("+x", terms - 1); };
  EXPECT_NO_THROW(parse_definition(sum(1000), {}));
  EXPECT_THROW(parse_definition(sum(1001), {}), UserError);
  const auto pairs = [](int number) { return "f(x) = " + repeat("max(", number) + "x" + repeat(",x)", number); };
  EXPECT_NO_THROW(parse_definition(pairs(199), {}));
  // Sums of 99 terms with 5 operations each, joined: 10 of them have 9,909 nodes, 11 have 10,900.
  const auto wide = [](int rows) { return "f(x) = 0" + repeat("+(0" + repeat("+max(x, exp(x))", 198) + ")", rows); };
  EXPECT_NO_THROW(parse_definition(wide(9), {}));
  EXPECT_THROW(parse_definition(wide(11), {}), UserError);
  EXPECT_NO_THROW(parse_definition("f(x) = x" + std::string(65536 - 8, ' '), {}));
  EXPECT_THROW(parse_definition("f(x) = x" + std::string(65536 - 7, ' '), {}), UserError);
  EXPECT_THROW(parse_definition("f(x) = 1e401", {}), UserError);
  EXPECT_THROW(parse_definition("f(x) = 1e99999999999999999999999", {}), UserError);
  EXPECT_EQ(parse_definition("f(x) = 0." + std::string(65000, '3'), {}).body.op(), Op::constant);
}

// Calls written out, the formula has 2^60 operations: it must be refused, and at once.
TEST(Parser, SharingDoesNotHideSize) {
  const Definition square = parse_definition("square(x) = x * x", {});
  const Definition drop = parse_definition("drop(x; k = 0) = x", {});
  const Scope squares{
      .find = [&](std::string_view name) { return name == "square" ? &square
                                                  : name == "drop" ? &drop
                                                                   : nullptr; },
      .names = {}};
  EXPECT_THROW(parse_definition("f(x) = " + repeat("square(", 60) + "x" + repeat(")", 60), squares), UserError);
  const std::string unused = "drop(0; k = " + repeat("square(", 12) + "x" + repeat(")", 12) + ")";
  EXPECT_THROW(parse_definition("f(x) = 0" + repeat("+" + unused, 500), squares), UserError);
}

}  // namespace
}  // namespace actinide
