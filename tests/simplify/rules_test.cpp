// One test for each rule: both sides agree in the reference, the rule fires on its own pattern, the witness shows what
// the tag says, and a simplification makes the expression lighter.
#include "expression/printer.h"
#include "simplify/rewriter.h"
#include "simplify/simplify.h"
#include "tests/simplify/exact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>

namespace actinide {
namespace {

using test::Exact;

constexpr unsigned seed = 7;

struct NamedRule {
  Rule rule;
  bool simplification;
  Digits digits = Digits::to_spare;  ///< that a stable form is for
  bool beside_others = false;        ///< of more than one variable
};

std::vector<NamedRule> all_rules() {
  std::vector<NamedRule> result;
  for (const Rule &rule : simplification_rules()) result.push_back({rule, true});
  for (const Rule &rule : stable_form_rules()) result.push_back({rule, false});
  for (const Rule &rule : rules_without_windows()) result.push_back({rule, false, Digits::to_spare, true});
  for (const Rule &rule : few_digits_rules()) result.push_back({rule, false, Digits::few});
  return result;
}

std::string test_name(const NamedRule &named) {
  std::string name = named.simplification ? "simplification_" : "stable_";
  for (const char c : named.rule.name) {
    if (c == '+')
      name += "plus";
    else if (c == '-')
      name += "minus";
    else if (c == '^')
      name += "to_";
    else
      name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  return name;
}

class EachRule : public testing::TestWithParam<NamedRule> {
 protected:
  EachRule()
      : pattern(parse_rule_text(GetParam().rule.pattern)), replacement(parse_rule_text(GetParam().rule.replacement)) {
    for (const std::string &name : variables(pattern)) names.push_back(name);
  }

  bool parameter(const std::string &name) const { return name == "k" || name == "c" || name == "p"; }

  /// The points at which both sides are compared: a grid with special points in every variable, and 100 random ones.
  std::vector<std::vector<double>> points() const {
    static const std::vector<double> grid{-1e5,  -700,   -88.8,      -40.5, -30,       -9.5,  -3,   -1,  -0.5,
                                          -1e-3, -1e-12, -0x1p-1000, 0,     0x1p-1000, 1e-12, 1e-3, 0.5, 1,
                                          3,     9.5,    30,         39.9,  40,        40.5,  88.8, 700, 1e5};
    std::vector<std::vector<double>> result{{}};
    for (const std::string &name : names) {
      std::vector<std::vector<double>> longer;
      for (const auto &point : result) {
        for (const double value : grid) {
          if (parameter(name) && (value < 0 || (name == "p" && value == 0))) continue;
          longer.push_back(point);
          longer.back().push_back(value);
        }
      }
      result = std::move(longer);
    }
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> draw(-50, 50);
    for (int i = 0; i < 100; ++i) {
      std::vector<double> point;
      for (const std::string &name : names) point.push_back(parameter(name) ? std::abs(draw(random)) : draw(random));
      result.push_back(point);
    }
    return result;
  }

  /// "u = -1e8, c = 4"
  std::vector<double> witness() const {
    std::map<std::string, double> values;
    std::string text(GetParam().rule.witness);
    std::erase(text, ' ');
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find(',', start), text.size());
      values[text.substr(start, 1)] = std::stod(text.substr(start + 2, end - start - 2));
      start = end + 1;
    }
    std::vector<double> point;
    for (const std::string &name : names) point.push_back(values.at(name));
    return point;
  }

  Expr pattern, replacement;
  std::vector<std::string> names;
};

TEST_P(EachRule, BothSidesAgreeInTheReference) {
  const Reference left(pattern, names), right(replacement, names);
  int compared = 0;
  for (const std::vector<double> &point : points()) {
    const Exact a(left, point), b(right, point);
    if (!a.is_finite()) continue;
    ++compared;
    std::string at;
    for (std::size_t i = 0; i < names.size(); ++i) at += names[i] + " = " + std::to_string(point[i]) + " ";
    ASSERT_LE(b.distance_to(a), 0x1p-110) << at << ": " << a.get() << " became " << b.get() << " (seed " << seed << ")";
  }
  EXPECT_GE(compared, 50) << "the points hardly touch the domain";
}

TEST_P(EachRule, TheWitnessShowsTheTag) {
  const Exact a(Reference(pattern, names), witness()), b(Reference(replacement, names), witness());
  switch (GetParam().rule.soundness) {
    case Soundness::exact:
      EXPECT_TRUE(b.is_finite());
      EXPECT_LE(b.distance_to(a), 0x1p-190) << a.get() << " became " << b.get();
      break;
    case Soundness::extends:
      EXPECT_FALSE(a.is_finite()) << "the pattern is defined at the witness, with value " << a.get();
      EXPECT_TRUE(b.is_finite());
      break;
    case Soundness::approximate:
      EXPECT_GT(b.distance_to(a), 0) << "exact at the witness";
      EXPECT_LE(b.distance_to(a), 0x1p-110);
      break;
  }
}

bool is_polynomial_by_itself(const Expr &e) {
  return std::ranges::none_of(post_order(e),
                              [](const Expr &node) { return node.is(Op::div) || is_function(info(node.op()).kind); });
}

TEST_P(EachRule, FiresOnItsOwnPattern) {
  const std::set<std::string> inputs{"u", "v", "w"};
  Expr subject = GetParam().beside_others ? pattern * variable("v") : pattern;
  // A polynomial of u itself is collected before.
  const std::pair<Expr, Expr> other{variable("u"), make(Op::sqrt, {variable("u")})};
  if (is_polynomial_by_itself(subject)) subject = substitute(subject, {&other, 1});
  const Rewritten result =
      GetParam().simplification ? simplify(subject, inputs) : stabilize(subject, inputs, GetParam().digits, {"p"});
  EXPECT_NE(std::find(result.applied.begin(), result.applied.end(), GetParam().rule.name), result.applied.end())
      << to_text(subject) << " became " << to_text(result.expression);
}

int weight(Op op) {
  switch (op) {
    case Op::add:
    case Op::sub:
      return 8;
    case Op::tanh:
      return 8;
    case Op::erf:
    case Op::erfc:
      return 10;
    case Op::normcdf:
    case Op::normpdf:
      return 7;
    case Op::pow:
      return 2;
    case Op::abs:
    case Op::sign:
      return 3;
    default:
      return is_function(info(op).kind) ? 6 : 1;
  }
}

/// The weight of the distinct nodes that are no pattern variable.
int weight_of(const Expr &e, std::set<Expr> &seen) {
  if (e.is(Op::variable) || !seen.insert(e).second) return 0;
  int result = weight(e.op());
  for (const Expr &argument : e.arguments()) result += weight_of(argument, seen);
  return result;
}

TEST_P(EachRule, ASimplificationMakesItLighter) {
  if (!GetParam().simplification) GTEST_SKIP() << "a stable form may be longer";
  std::set<Expr> left, right;
  EXPECT_LT(weight_of(replacement, right), weight_of(pattern, left));
}

TEST_P(EachRule, SaysWhy) {
  EXPECT_GE(GetParam().rule.why.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Simplify, EachRule, testing::ValuesIn(all_rules()),
                         [](const auto &test) { return test_name(test.param); });

// A parameter that divides may have either sign.
TEST(Rules, HoldForANegativeScale) {
  for (const char *const text : {"select(0 < u, u, k*expm1(u/k))", "select(0 < u, 1, exp(u/k))"})
    for (const Digits digits : {Digits::to_spare, Digits::few}) {
      const Expr exact = parse_rule_text(text);
      const Rewritten stable = stabilize(exact, {"u"}, digits);
      const Reference left(exact, {"k", "u"}), right(stable.expression, {"k", "u"});
      for (const double u : {-3.0, -0.5, -1e-40, 0.5, 3.0}) {
        const double point[] = {-2, u};
        EXPECT_EQ(left.rounded(point, DType::f64), right.rounded(point, DType::f64)) << text << " at " << u;
      }
    }
}

TEST(Rules, HaveDistinctNames) {
  std::set<std::string_view> names;
  for (const NamedRule &named : all_rules()) EXPECT_TRUE(names.insert(named.rule.name).second) << named.rule.name;
}

}  // namespace
}  // namespace actinide
