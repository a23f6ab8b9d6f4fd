#include "derivative/derivative.h"

#include "error.h"

#include <unordered_map>

namespace actinide {
namespace {

// Sums and products that leave out zero terms and unit factors: with them the rules below can be written as in a
// textbook.
Expr plus(const Expr &a, const Expr &b) {
  if (a.is_value(0)) return b;
  if (b.is_value(0)) return a;
  return a + b;
}

Expr minus(const Expr &a, const Expr &b) {
  if (b.is_value(0)) return a;
  if (a.is_value(0)) return -b;
  return a - b;
}

Expr times(const Expr &a, const Expr &b) {
  if (a.is_value(0) || b.is_value(0)) return constant(0);
  if (a.is_value(1)) return b;
  if (b.is_value(1)) return a;
  return a * b;
}

/// A choice of 0 is 0 over 0, too: sqrt(max(x, 0)) has the derivative 0 for x < 0.
Expr over(const Expr &a, const Expr &b) {
  if (a.is(Op::select) && (a[1].is_value(0) || a[2].is_value(0)))
    return make(Op::select, {a[0], over(a[1], b), over(a[2], b)});
  return a.is_value(0) || b.is_value(1) ? a : a / b;
}

Expr negated(const Expr &a) {
  return a.is_value(0) ? a : -a;
}

Expr power(const Expr &base, const Rational &exponent) {
  if (exponent == 0) return constant(1);
  if (exponent == 1) return base;
  return make(Op::pow, {base, constant(exponent)});
}

Expr choose(const Expr &condition, const Expr &a, const Expr &b) {
  return a == b ? a : make(Op::select, {condition, a, b});
}

/// The derivative by one variable of every node of a graph, each computed once.
class Differentiator {
 public:
  explicit Differentiator(const std::string &variable) : variable_(variable) {}

  const Expr &derivative(const Expr &expression) {
    if (const auto known = known_.find(expression.identity()); known != known_.end()) return known->second;
    Expr result = rule(expression);
    return known_.emplace(expression.identity(), std::move(result)).first->second;
  }

 private:
  /// The rule of the operation. `e` is the node itself, so that a rule can reuse its value.
  Expr rule(const Expr &e) {
    switch (e.op()) {
      case Op::constant:
      case Op::pi:
      case Op::euler:
        return constant(0);
      case Op::variable:
        return constant(e.name() == variable_ ? 1 : 0);

      case Op::add:
        return plus(derivative(e[0]), derivative(e[1]));
      case Op::sub:
        return minus(derivative(e[0]), derivative(e[1]));
      case Op::neg:
        return negated(derivative(e[0]));
      case Op::mul:
        return plus(times(derivative(e[0]), e[1]), times(e[0], derivative(e[1])));
      case Op::div:
        // (a' - (a/b) b') / b: b^2 would overflow where the quotient doesn't.
        return over(minus(derivative(e[0]), times(e, derivative(e[1]))), e[1]);
      case Op::pow:
        return power_rule(e);

      case Op::less:
      case Op::less_equal:
      case Op::equal:
      case Op::not_equal:
        throw InternalError("a truth value has no derivative");

      // Kinks; what holds at them is stated in derivative.h.
      case Op::select:
        return choose(e[0], derivative(e[1]), derivative(e[2]));
      case Op::max:
        return choose(make(Op::less, {e[1], e[0]}), derivative(e[0]), derivative(e[1]));
      case Op::min:
        return choose(make(Op::less, {e[0], e[1]}), derivative(e[0]), derivative(e[1]));
      case Op::abs:
        return times(make(Op::sign, {e[0]}), derivative(e[0]));
      case Op::sign:
      case Op::step:
        return constant(0);

      // f(u)' = f'(u) u'. Each f' is a form that doesn't cancel in the tails: 1 - tanh^2 is 0 from u = 9.01 on in f32,
      // where 4 sigmoid(2u) sigmoid(-2u) is right down to the subnormals.
      case Op::sqrt:
        return over(derivative(e[0]), times(constant(2), e));
      case Op::exp:
        return times(e, derivative(e[0]));
      case Op::expm1:
        return times(make(Op::exp, {e[0]}), derivative(e[0]));
      case Op::log:
        return over(derivative(e[0]), e[0]);
      case Op::log1p:
        return over(derivative(e[0]), constant(1) + e[0]);
      case Op::sin:
        return times(make(Op::cos, {e[0]}), derivative(e[0]));
      case Op::cos:
        return negated(times(make(Op::sin, {e[0]}), derivative(e[0])));
      case Op::tanh:
        return times(times(constant(4), logistic_density(times(constant(2), e[0]))), derivative(e[0]));
      case Op::erf:
        return times(gauss(e[0]), derivative(e[0]));
      case Op::erfc:
        return negated(times(gauss(e[0]), derivative(e[0])));
      case Op::normcdf:
        return times(make(Op::normpdf, {e[0]}), derivative(e[0]));
      case Op::normpdf:
        return negated(times(times(e[0], e), derivative(e[0])));
      case Op::sigmoid:
        return times(logistic_density(e[0]), derivative(e[0]));
      case Op::softplus:
        return times(make(Op::sigmoid, {e[0]}), derivative(e[0]));
      case Op::root_sum:
        // sqrt(u^2 + c)' = (u u' + c'/2) / sqrt(u^2 + c)
        return over(plus(times(e[0], derivative(e[0])), times(constant(Rational(1, 2)), derivative(e[1]))), e);
      case Op::scaled_exp:
      case Op::nearest:
        break;
    }
    throw InternalError("differentiate: unknown operation");
  }

  /// (a^b)'. A constant or a parameter as exponent needs no logarithm, which would be undefined for a < 0.
  Expr power_rule(const Expr &e) {
    const Expr &base = e[0], &exponent = e[1];
    const Expr base_slope = derivative(base), exponent_slope = derivative(exponent);
    Expr by_base = constant(0);
    if (!base_slope.is_value(0)) {
      const Expr lowered =
          exponent.is(Op::constant) ? power(base, exponent.value() - 1) : make(Op::pow, {base, exponent - constant(1)});
      by_base = times(times(exponent, lowered), base_slope);
    }
    if (exponent_slope.is_value(0)) return by_base;
    return plus(by_base, times(times(e, make(Op::log, {base})), exponent_slope));
  }

  /// sigmoid(u) sigmoid(-u) = sigmoid'(u)
  static Expr logistic_density(const Expr &u) { return make(Op::sigmoid, {u}) * make(Op::sigmoid, {-u}); }

  /// 2/sqrt(pi) exp(-u^2) = erf'(u)
  static Expr gauss(const Expr &u) {
    return constant(2) / make(Op::sqrt, {make(Op::pi, {})}) * make(Op::exp, {-power(u, 2)});
  }

  const std::string &variable_;
  std::unordered_map<const void *, Expr> known_;
};

}  // namespace

Expr differentiate(const Expr &expression, const std::string &variable) {
  return Differentiator(variable).derivative(expression);
}

}  // namespace actinide
