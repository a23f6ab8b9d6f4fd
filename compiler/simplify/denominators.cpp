#include "simplify/denominators.h"

#include <algorithm>
#include <vector>

namespace actinide {
namespace {

/// above / below; below is odd and positive.
struct Fraction {
  Expr above;
  mpz_class below = 1;

  Expr whole() const { return below == 1 ? above : above / constant(Rational(below)); }
  Expr over(const mpz_class &common) const {
    const Rational times(common / below);
    if (times == 1) return above;
    return above.is(Op::constant) ? constant(above.value() * times) : constant(times) * above;
  }
};

mpz_class odd_part(const mpz_class &number) {
  mpz_class odd = number;
  mpz_tdiv_q_2exp(odd.get_mpz_t(), number.get_mpz_t(), mpz_scan1(number.get_mpz_t(), 0));
  return odd;
}

mpz_class common_multiple(const Fraction &a, const Fraction &b) {
  mpz_class multiple;
  mpz_lcm(multiple.get_mpz_t(), a.below.get_mpz_t(), b.below.get_mpz_t());
  return multiple;
}

Fraction split(const Expr &expression);

/// Of two operands over the same denominator, which stays outside or, of a comparison, falls away.
Fraction over_common(const Expr &expression, bool stays) {
  const Fraction a = split(expression[0]), b = split(expression[1]);
  const mpz_class common = common_multiple(a, b);
  return {make(expression.op(), {a.over(common), b.over(common)}), stays ? common : mpz_class(1)};
}

Fraction split(const Expr &expression) {
  const auto same = [&](const Expr &a) { return make(expression.op(), {a}); };
  switch (expression.op()) {
    case Op::constant: {
      const mpz_class below = odd_part(expression.value().get_den());
      return {constant(expression.value() * Rational(below)), below};
    }
    case Op::add:
    case Op::sub:
    case Op::max:
    case Op::min:
      return over_common(expression, true);
    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
      return over_common(expression, false);
    case Op::mul: {
      const Fraction a = split(expression[0]), b = split(expression[1]);
      return {a.above * b.above, a.below * b.below};
    }
    case Op::neg:
    case Op::abs: {
      const Fraction a = split(expression[0]);
      return {same(a.above), a.below};
    }
    case Op::select: {
      const Fraction a = split(expression[1]), b = split(expression[2]);
      const mpz_class common = common_multiple(a, b);
      return {make(Op::select, {split(expression[0]).above, a.over(common), b.over(common)}), common};
    }
    default: {
      if (expression.arguments().empty()) return {expression};
      std::vector<Expr> arguments;
      for (const Expr &argument : expression.arguments()) arguments.push_back(split(argument).whole());
      return {make(expression.op(), arguments)};
    }
  }
}

bool is_transcendental(const Expr &expression) {
  return info(expression.op()).kind == OpKind::transcendental ||
         std::ranges::any_of(expression.arguments(), is_transcendental);
}

}  // namespace

Expr with_one_denominator(const Expr &expression) {
  return is_transcendental(expression) ? expression : split(expression).whole();
}

}  // namespace actinide
