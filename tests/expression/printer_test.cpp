#include "expression/printer.h"

#include "error.h"
#include "expression/definition.h"
#include "random.h"

#include <gtest/gtest.h>

#include <cctype>

namespace actinide {
namespace {

Expr parse(std::string_view text) {
  return parse_expression(text, random_variables());
}

constexpr int random_rounds = 20'000;

TEST(Printer, TextOfRandomExpressionsParsesBackToTheSameNode) {
  for (int seed = 0; seed < random_rounds; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const Expr expression = random_expression(random, 1 + seed % 40);
    const std::string text = to_text(expression);
    if (expression.boolean()) continue;
    ASSERT_EQ(parse(text), expression) << "seed " << seed << ": " << text;
  }
}

// The places of the parentheses that group, as opposed to those of calls.
std::vector<std::pair<std::size_t, std::size_t>> groups_of(const std::string &text) {
  std::vector<std::pair<std::size_t, std::size_t>> groups;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') open.push_back(i);
    if (text[i] != ')') continue;
    const std::size_t start = open.back();
    open.pop_back();
    const bool is_call =
        start > 0 && (std::isalnum(static_cast<unsigned char>(text[start - 1])) || text[start - 1] == '_');
    if (!is_call) groups.emplace_back(start, i);
  }
  return groups;
}

TEST(Printer, NoPairOfParenthesesCanBeLeftOut) {
  std::size_t pairs = 0;
  for (int seed = 0; seed < random_rounds / 4; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const Expr expression = random_expression(random, 1 + seed % 12);
    const std::string text = to_text(expression);
    for (const auto &[start, end] : groups_of(text)) {
      ++pairs;
      std::string shorter = text;
      shorter[start] = shorter[end] = ' ';
      Expr read;
      try {
        read = parse(shorter);
      } catch (const UserError &) {
      }
      EXPECT_NE(read, expression) << "seed " << seed << ": " << text << " is the same as " << shorter;
    }
  }
  EXPECT_GT(pairs, 1000u);
}

// The lines `t1 = ...` of the shared form, put together again.
Expr read_shared(const std::string &text) {
  std::vector<std::string> names = random_variables();
  std::vector<std::pair<Expr, Expr>> parts;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string line = text.substr(start, end - start);
    const std::size_t equals = line.find(" = ");
    names.push_back(line.substr(0, equals));
    parts.emplace_back(variable(names.back()), substitute(parse_expression(line.substr(equals + 3), names), parts));
  }
  return substitute(parse_expression(text.substr(start), names), parts);
}

TEST(Printer, SharedTextIsTheSameExpression) {
  int with_lines = 0;
  for (int seed = 0; seed < random_rounds / 4; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const Expr expression = random_expression(random, 1 + seed % 40);
    const std::string text = to_text_shared(expression);
    with_lines += text.find('\n') != std::string::npos;
    ASSERT_EQ(read_shared(text), expression) << "seed " << seed << ":\n" << text;
  }
  EXPECT_GT(with_lines, random_rounds / 40);
}

TEST(Printer, SharedTextNamesPartsOnce) {
  EXPECT_EQ(to_text_shared(parse("(x + y * t1) * (x + y * t1) + 1")), "t2 = x + y * t1\nt2 * t2 + 1")
      << "t1 is a variable of the test";
  EXPECT_EQ(to_text_shared(parse("x^2 + x^2")), "x^2 + x^2") << "small parts stay in place";
}

TEST(Printer, SharedTextOfAHugeTreeIsShort) {
  Expr doubled = parse("x + y");
  for (int i = 0; i < 100; ++i) doubled = doubled * doubled;
  EXPECT_LT(to_text_shared(doubled).size(), 3000u);
  EXPECT_THROW(to_text(doubled), UserError);
  EXPECT_THROW(to_latex(doubled), UserError);
}

struct NumberCase {
  Rational value;
  const char *text;
  const char *latex;
};

TEST(Printer, Numbers) {
  const NumberCase cases[] = {
      {0, "0", "0"},
      {-1, "-1", "-1"},
      {Rational(1, 4), "0.25", "0.25"},
      {Rational(44715, 1'000'000), "0.044715", "0.044715"},
      {Rational(1, 100'000), "0.00001", "0.00001"},
      {Rational(1, 10'000'000), "1e-7", "10^{-7}"},
      {Rational(-5, 2), "-2.5", "-2.5"},
      {Rational(1, 3), "1/3", "\\frac{1}{3}"},
      {Rational(-22, 7), "-22/7", "-\\frac{22}{7}"},
      {Rational("1000000000000000000000000"), "1e24", "10^{24}"},
      {Rational("123456789012345678901234567890123"), "123456789012345678901234567890123",
       "123456789012345678901234567890123"},
      {Rational(1, 1073741824), "9.31322574615478515625e-10", "9.31322574615478515625 \\cdot 10^{-10}"},
  };
  for (NumberCase number : cases) {
    number.value.canonicalize();
    EXPECT_EQ(to_text(number.value), number.text);
    EXPECT_EQ(to_text(constant(number.value)), number.text);
    EXPECT_EQ(to_latex(constant(number.value)), number.latex);
  }
}

TEST(Printer, TextIsAsPeopleWriteIt) {
  for (const char *text : {"x * tanh(log1p(exp(x)))",
                           "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
                           "select(x > 0, x, beta * x)",
                           "-x^2",
                           "(-x)^2",
                           "(-2)^x",
                           "2^-x^2",
                           "(x^y)^2",
                           "x^(1/3)",
                           "-(x + y)",
                           "x - (y - 1)",
                           "x / (y * 2)",
                           "x - -1",
                           "1 / (3)",
                           "-(1)",
                           "1/3 * x",
                           "x * (1/3)",
                           "e^x + e",
                           "--x",
                           "select(x <= y, 1, select(0 == x, -1, e))"})
    EXPECT_EQ(to_text(parse(text)), text);
  EXPECT_EQ(to_text(make(Op::root_sum, {variable("x"), constant(4)})), "root_sum(x, 4)");
}

TEST(Printer, DefinitionsParseBack) {
  for (const char *text : {"f(x) = x", "f(x, gate; k = 0.5, slope = -1/3) = x * gate * k + slope"})
    EXPECT_EQ(to_text(parse_definition(text, {})), text);
}

struct LatexCase {
  const char *text;
  const char *latex;
};

TEST(Printer, Latex) {
  const LatexCase cases[] = {
      {"x * sigmoid(beta * x)", "x \\, \\sigma\\left(\\beta \\, x\\right)"},
      {"x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
       "\\frac{x}{2} \\, \\left(1 + \\tanh\\left(\\sqrt{\\frac{2}{\\pi}} \\, \\left(x + 0.044715 \\, "
       "x^{3}\\right)\\right)\\right)"},
      {"select(x > 0, x, slope * x)",
       "\\begin{cases} x & x > 0 \\\\ \\mathrm{slope} \\, x & \\text{otherwise} \\end{cases}"},
      {"select(x >= 1/3, 1, select(x != y, -1, 0)) * 2",
       "\\left(\\begin{cases} 1 & x \\ge \\frac{1}{3} \\\\ \\begin{cases} -1 & x \\ne y \\\\ 0 & \\text{otherwise} "
       "\\end{cases} & \\text{otherwise} \\end{cases}\\right) \\cdot 2"},
      {"(x + y)^2 / (x - (y - 1))", "\\frac{\\left(x + y\\right)^{2}}{x - \\left(y - 1\\right)}"},
      {"(x / y)^x^2", "\\left(\\frac{x}{y}\\right)^{x^{2}}"},
      {"x - -1", "x - \\left(-1\\right)"},
      {"x - -1 * y", "x - \\left(-1 \\, y\\right)"},
      {"-(x + y)", "-\\left(x + y\\right)"},
      {"-x * y", "-x \\, y"},
      {"--x", "-\\left(-x\\right)"},
      {"x * -y", "x \\, \\left(-y\\right)"},
      {"x * 2", "x \\cdot 2"},
      {"2 * 3 * x", "2 \\cdot 3 \\, x"},
      {"x * (1/3)", "x \\cdot \\frac{1}{3}"},
      {"-1/3 * x", "-\\frac{1}{3} \\, x"},
      {"1e-7 * x^1e-7", "10^{-7} \\, x^{10^{-7}}"},
      {"(1e-7)^x", "\\left(10^{-7}\\right)^{x}"},
      {"e^-x + pi", "e^{-x} + \\pi"},
      {"abs(x) + normcdf(x) * normpdf(x)", "\\left|x\\right| + \\Phi\\left(x\\right) \\, \\varphi\\left(x\\right)"},
      {"(-2)^x", "\\left(-2\\right)^{x}"},
      {"x1 + alpha2 + gradient_at_zero", "x_{1} + \\alpha_{2} + \\mathrm{gradient\\_at\\_zero}"},
      {"(x * y)^2", "\\left(x \\, y\\right)^{2}"},
      {"max(x, min(y, 0))", "\\max\\left(x, \\min\\left(y, 0\\right)\\right)"},
  };
  const std::vector<std::string> names{"x", "y", "beta", "x1", "slope", "gradient_at_zero", "alpha2"};
  for (const LatexCase &test : cases) EXPECT_EQ(to_latex(parse_expression(test.text, names)), test.latex) << test.text;
  EXPECT_EQ(to_latex(make(Op::root_sum, {variable("x"), variable("b")})), "\\sqrt{x^2 + b}");
}

// Braces and \left \right must pair in what any expression prints.
TEST(Printer, LatexOfRandomExpressionsIsBalanced) {
  for (int seed = 0; seed < random_rounds / 4; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const std::string latex = to_latex(random_expression(random, 1 + seed % 40));
    int braces = 0, delimiters = 0;
    for (std::size_t i = 0; i < latex.size(); ++i) {
      braces += latex[i] == '{' ? 1 : latex[i] == '}' ? -1 : 0;
      delimiters += latex.compare(i, 5, "\\left") == 0 ? 1 : latex.compare(i, 6, "\\right") == 0 ? -1 : 0;
      ASSERT_GE(braces, 0) << "seed " << seed;
    }
    ASSERT_EQ(braces, 0) << "seed " << seed << ": " << latex;
    ASSERT_EQ(delimiters, 0) << "seed " << seed << ": " << latex;
    ASSERT_EQ(latex.find("--"), std::string::npos) << "seed " << seed << ": " << latex;
  }
}

}  // namespace
}  // namespace actinide
