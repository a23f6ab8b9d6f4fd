#include "approximation/factors.h"

#include "simplify/range.h"

#include <algorithm>

namespace actinide {
namespace {

Expr times(const Expr &product, const Expr &factor) {
  return product ? product * factor : factor;
}

bool is_one_plus(const Expr &sum, const Expr &e) {
  return sum.is(Op::add) && ((sum[0].is_value(1) && sum[1] == e) || (sum[1].is_value(1) && sum[0] == e));
}

/// -p s where the expression is e^(-p |s|) and p is never negative.
Expr exponent_beside(const Expr &expression, const Expr &s) {
  if (!expression.is(Op::exp)) return {};
  const Expr size = make(Op::abs, {s});
  Factors rest;
  int count = 0;
  collect_factors(expression[0], [&](const Expr &factor, bool inverse) {
    if (!inverse && factor == size) return void(++count);
    rest.multiply(factor, inverse);
  });
  if (count != 1 || !rest.above || RangeAnalysis().range(rest.quotient()).high > 0) return {};
  return rest.above.is_value(-1) && !rest.below ? -s : rest.quotient() * s;
}

/// -u and e^-|u| where the expression is 1 for u >= 0, else e^-|u|.
struct Rise {
  Expr exponent;
  Expr decay;
};
std::optional<Rise> rise(const Expr &expression) {
  if (!expression.is(Op::select) || !expression[0].is(Op::less_equal) || !expression[0][0].is_value(0))
    return std::nullopt;
  const Expr exponent = expression[1].is_value(1) ? exponent_beside(expression[2], expression[0][1]) : Expr();
  return exponent ? std::optional(Rise{exponent, expression[2]}) : std::nullopt;
}

/// Whether the variable is a factor of the expression, by itself and once.
bool has_factor(const Expr &expression, const Expr &input) {
  int count = 0;
  collect_factors(expression, [&](const Expr &factor, bool inverse) { count += !inverse && factor == input ? 1 : 0; });
  return count == 1;
}

Expr without_factor(const Expr &expression, const Expr &input) {
  Factors rest;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (inverse || factor != input) rest.multiply(factor, inverse);
  });
  return rest.quotient();
}

}  // namespace

void Factors::multiply(const Expr &factor, bool inverse) {
  Expr &part = inverse ? below : above;
  part = times(part, factor);
}

void Factors::take(Factors &other) {
  if (other.above) multiply(other.above, false);
  if (other.below) multiply(other.below, true);
  other = {};
}

Expr Factors::quotient() const {
  const Expr numerator = above ? above : constant(1);
  return below ? numerator / below : numerator;
}

void collect_factors(const Expr &expression, const std::function<void(const Expr &, bool)> &visit, bool inverse) {
  switch (expression.op()) {
    case Op::mul:
      collect_factors(expression[0], visit, inverse);
      collect_factors(expression[1], visit, inverse);
      return;
    case Op::div:
      collect_factors(expression[0], visit, inverse);
      collect_factors(expression[1], visit, !inverse);
      return;
    case Op::neg:
      visit(constant(-1), inverse);
      collect_factors(expression[0], visit, inverse);
      return;
    default:
      visit(expression, inverse);
  }
}

Expr with_common_inputs_in_front(const Expr &choice, const std::vector<std::string> &inputs) {
  if (!choice.is(Op::select)) return choice;
  Expr common, yes = choice[1], no = choice[2];
  for (const std::string &name : inputs) {
    const Expr input = variable(name);
    const bool is_decisive = std::ranges::count(post_order(choice[0]), input) > 0;
    if (is_decisive || !has_factor(yes, input) || !has_factor(no, input)) continue;
    yes = without_factor(yes, input);
    no = without_factor(no, input);
    common = common ? common * input : input;
  }
  return common ? common * make(Op::select, {choice[0], yes, no}) : choice;
}

std::optional<Logistic> logistic_quotient(const Expr &expression) {
  std::optional<Rise> found;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (const auto in_factor = inverse ? std::nullopt : rise(factor)) found = in_factor;
  });
  if (!found) return std::nullopt;
  const auto [exponent, e] = *found;
  Factors rest;
  int above = 0, below = 0;
  bool has_other = false;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (inverse && is_one_plus(factor, e)) return void(++below);
    if (!inverse && rise(factor)) return void(++above);
    has_other = has_other || std::ranges::count(post_order(factor), e) > 0;
    rest.multiply(factor, inverse);
  });
  if (above != 1 || below != 1 || has_other) return std::nullopt;
  const Expr numerator = rest.quotient();
  rest.multiply(constant(1) + make(Op::exp, {exponent}), true);
  return Logistic{exponent, numerator, rest.quotient()};
}

}  // namespace actinide
