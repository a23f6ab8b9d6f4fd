#include "approximation/factors.h"

#include <algorithm>

namespace actinide {
namespace {

Expr times(const Expr &product, const Expr &factor) {
  return product ? product * factor : factor;
}

bool is_one_plus(const Expr &sum, const Expr &e) {
  return sum.is(Op::add) && ((sum[0].is_value(1) && sum[1] == e) || (sum[1].is_value(1) && sum[0] == e));
}

/// e^-|u|
Expr decay(const Expr &u) {
  return make(Op::exp, {-make(Op::abs, {u})});
}

/// u where the expression is 1 for u >= 0, else e^-|u|.
Expr argument_of_rise(const Expr &expression) {
  if (!expression.is(Op::select) || !expression[0].is(Op::less_equal) || !expression[0][0].is_value(0)) return {};
  const Expr &u = expression[0][1];
  return expression[1].is_value(1) && expression[2] == decay(u) ? u : Expr();
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
  Expr u;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (const Expr argument = inverse ? Expr() : argument_of_rise(factor)) u = argument;
  });
  if (!u) return std::nullopt;
  const Expr e = decay(u);
  Factors rest;
  int above = 0, below = 0;
  bool has_other = false;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (inverse && is_one_plus(factor, e)) return void(++below);
    if (!inverse && argument_of_rise(factor) == u) return void(++above);
    has_other = has_other || std::ranges::count(post_order(factor), e) > 0;
    rest.multiply(factor, inverse);
  });
  if (above != 1 || below != 1 || has_other) return std::nullopt;
  rest.multiply(constant(1) + make(Op::exp, {-u}), true);
  return Logistic{u, rest.quotient()};
}

}  // namespace actinide
