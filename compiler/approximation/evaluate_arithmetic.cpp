// Sums, products, quotients, powers, extrema: which operations fuse, what may overflow on the way, and what a zero and
// its sign need.
#include "approximation/evaluator.h"
#include "simplify/simplify.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

bool is_bounded(Interval range) {
  return std::isfinite(range.low) && std::isfinite(range.high);
}

/// k where the expression is u^k.
std::optional<int> small_natural_exponent(const Expr &expression) {
  constexpr int largest = 8;
  if (!expression.is(Op::pow) || !expression[1].is(Op::constant)) return std::nullopt;
  const Rational &k = expression[1].value();
  if (k.get_den() != 1 || k < 2 || k > largest) return std::nullopt;
  return static_cast<int>(k.get_num().get_si());
}

/// The power of two below 1 that a constant is.
std::optional<double> small_power_of_two(const Expr &expression) {
  if (!expression.is(Op::constant)) return std::nullopt;
  const Rational &value = expression.value();
  if (value.get_num() != 1 || mpz_popcount(value.get_den_mpz_t()) != 1 || value.get_den() == 1) return std::nullopt;
  if (value < Rational(1, 1024)) return std::nullopt;
  return value.get_d();
}

/// k where one is u, the other u + k, k a power of two.
std::optional<double> offset_of_second_factor(const Expr &u, const Expr &sum) {
  if (!sum.is(Op::add)) return std::nullopt;
  for (const std::size_t i : {0, 1}) {
    if (sum[i] != u || !sum[1 - i].is(Op::constant)) continue;
    const double k = sum[1 - i].value().get_d();
    int exponent;
    if (std::frexp(k, &exponent) == 0.5) return k;
  }
  return std::nullopt;
}

/// q u + r as q (u + r/q) where q is rounded but r/q is not: x/3 + 1/2 is exactly 0 at -3/2 in this form alone.
std::optional<Expr> line_by_its_root(const Expr &sum, int digits) {
  const auto exact = [digits](const Rational &value) {
    return mpz_popcount(value.get_den_mpz_t()) == 1 && mpz_sizeinbase(value.get_num_mpz_t(), 2) <= std::size_t(digits);
  };
  for (const std::size_t i : {0, 1}) {
    const Expr &offset = sum[i], &product = sum[1 - i];
    if (!sum.is(Op::add) || !offset.is(Op::constant) || !product.is(Op::mul) || !product[0].is(Op::constant)) continue;
    const Rational &factor = product[0].value(), shift = offset.value() / factor;
    if (!exact(factor) && exact(shift)) return product[0] * (product[1] + constant(shift));
  }
  return std::nullopt;
}

/// The values that a comparison of a variable with a constant leaves it, where it holds or where it doesn't.
struct Bounded {
  std::string name;
  Interval values;
  bool includes_bound;
};
std::optional<Bounded> bounded_by(const Expr &comparison, bool holds) {
  if (!comparison.is(Op::less) && !comparison.is(Op::less_equal)) return std::nullopt;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const std::size_t i : {0, 1}) {
    const Expr &x = comparison[i], &bound = comparison[1 - i];
    if (!x.is(Op::variable) || !bound.is(Op::constant)) continue;
    const double value = bound.value().get_d();
    if (value != bound.value() || value != static_cast<double>(static_cast<float>(value))) continue;
    const bool from_above = (i == 0) == holds;
    return Bounded{x.name(), from_above ? Interval{-infinity, value} : Interval{value, infinity},
                   comparison.is(Op::less_equal) == holds};
  }
  return std::nullopt;
}

/// u where the quotient is c/(r (r + |u|)) with r = sqrt(u^2 + c).
std::optional<Expr> argument_of_root_product(const Expr &c, const Expr &denominator) {
  if (!denominator.is(Op::mul)) return std::nullopt;
  for (const std::size_t i : {0, 1}) {
    const Expr &root = denominator[i], &sum = denominator[1 - i];
    if (!root.is(Op::root_sum) || root[1] != c || !sum.is(Op::add)) continue;
    const Expr size = make(Op::abs, {root[0]});
    if ((sum[0] == root && sum[1] == size) || (sum[1] == root && sum[0] == size)) return root[0];
  }
  return std::nullopt;
}

}  // namespace

/// An arm of a select, with the variable clamped to what the condition leaves: expm1(x) that counts for x <= 0 alone
/// needs no room above. What it shares with the rest is then computed twice, so the cost decides. Where nothing is
/// looked up, the variable needs no clamp: the arm gives anything where it isn't taken.
Number Evaluator::arm(const Expr &choice, std::size_t index, Mode mode) {
  const bool narrows = narrow_arms_ && scope_.inside && is_transcendental(choice[index]);
  const bool is_free = scope_.inside && setting_.guarded;
  const auto bounded = narrows || is_free ? bounded_by(choice[0], index == 1) : std::nullopt;
  if (!bounded) return evaluate(choice[index], mode);
  const Number &x = scope_.variables.at(bounded->name);
  const Interval values = bounded->values;
  Number clamped = x;
  if (narrows)
    clamped = (x.lo ? setting_.fine : setting_.main).clamp(x, values.low, values.high);
  else
    clamped.range = intersect(x.range, values);
  // The bound itself stands in for what isn't taken, being no subnormal number.
  constexpr double least = std::numeric_limits<double>::denorm_min();
  if (!bounded->includes_bound && values.high == 0) clamped.range.high = -least;
  if (!bounded->includes_bound && values.low == 0) clamped.range.low = least;
  Scope inner{.variables = scope_.variables, .far = scope_.far, .memo = {}, .inside = true};
  inner.variables.at(bounded->name) = clamped;
  if (const auto distant = inner.far.find(bounded->name); narrows && distant != inner.far.end())
    distant->second = clamped_far(distant->second, values);
  std::swap(inner, scope_);
  const Number number = evaluate(choice[index], mode);
  std::swap(inner, scope_);
  return number;
}

Number Evaluator::with_cheaper_arms(const Expr &expression, const std::function<Number()> &compute) {
  const Number plain = compute();
  const bool may_narrow = !narrow_arms_ && std::ranges::any_of(post_order(expression), [](const Expr &node) {
    return node.is(Op::select) && (is_transcendental(node[1]) || is_transcendental(node[2])) &&
           bounded_by(node[0], true);
  });
  if (!may_narrow) return plain;
  narrow_arms_ = true;
  const Number narrow = compute();
  narrow_arms_ = false;
  return cost(narrow) < cost(plain) ? narrow : plain;
}

/// A product in a sum is fused with it.
Number Evaluator::sum(const Expr &expression, bool subtract, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  if (const auto line = line_by_its_root(expression, a.type() == Type::f32 ? 24 : 53)) return evaluate(*line, mode);
  if (const auto square = a.pairs() ? square_plus_constant(expression) : std::nullopt) return *square;
  const auto term = [&](const Expr &part) { return evaluate(part, mode); };
  const auto fuses = [&](const Expr &part) {
    return part.is(Op::mul) && !a.pairs() && !setting_.guarded && scope_.inside && !variables(part).empty();
  };
  const Expr &left = expression[0], &right = expression[1];
  if (fuses(right)) {
    const Number factor = term(right[0]);
    return a.fma(subtract ? a.neg(factor) : factor, term(right[1]), term(left));
  }
  if (fuses(left)) {
    const Number rest = term(right);
    return a.fma(term(left[0]), term(left[1]), subtract ? a.neg(rest) : rest);
  }
  return subtract ? a.sub(term(left), term(right)) : a.add(term(left), term(right));
}

/// u log(u), which is 0 where u is: of u = x alone the limits of univariate() know.
std::optional<Number> Evaluator::product_with_logarithm(const Expr &u, const Expr &logarithm, Mode mode) {
  const bool shifted = logarithm.is(Op::log1p);
  if (u.is(Op::variable) || !(shifted || logarithm.is(Op::log))) return std::nullopt;
  const Expr argument = shifted ? constant(1) + logarithm[0] : logarithm[0];
  if (argument != u && !simplify(argument - u).expression.is_value(0)) return std::nullopt;
  const Arithmetic &a = arithmetic(mode);
  const Number x = evaluate(u, mode), product = product_of_numbers(x, evaluate(logarithm, mode), mode);
  Number result = a.select(a.equal(x, a.exact(0)), a.neg(x), product);
  result.range = product.range;
  return result;
}

Number Evaluator::product(const Expr &left, const Expr &right, Mode mode) {
  if (left == right) return arithmetic(mode).square(evaluate(left, mode));
  if (const auto power = small_power_of_two(left)) return scaled(right, *power, mode);
  if (const auto power = small_power_of_two(right)) return scaled(left, *power, mode);
  // 3 u^2 as (3 u) u: u^2 may be subnormal where the product isn't.
  const auto exponent = small_natural_exponent(right);
  if (exponent && left.is(Op::constant) && abs(left.value()) > 1 && !setting_.wide) {
    const Expr rest = *exponent == 2 ? right[0] : make(Op::pow, {right[0], constant(*exponent - 1)});
    return product_of_numbers(product(left, right[0], mode), evaluate(rest, mode), mode);
  }
  if (setting_.main.pairs_of_f32() && right.is(Op::expm1) && inputs_of(left).empty()) {
    const Number factor = evaluate(left);
    if (!factor.lo) return times_expm1(setting_, factor, evaluate(right[0], Mode::fine));
  }
  if (const auto logarithm = product_with_logarithm(left, right, mode)) return *logarithm;
  if (const auto logarithm = product_with_logarithm(right, left, mode)) return *logarithm;
  const Number x = evaluate(left, mode);
  // u (u + k) as u u + k u with one rounding, where digits are few.
  const auto offset = offset_of_second_factor(left, right);
  if (offset && arithmetic(mode).type() == Type::f32 && !arithmetic(mode).pairs())
    return arithmetic(mode).fma(x, x, arithmetic(mode).times_power_of_two(x, *offset));
  return product_of_numbers(x, evaluate(right, mode), mode);
}

/// A product or quotient in pairs that are rounded in the end, where a zero has lost its sign to the zeros of opposite
/// sign among the low words; `plain` is the same operation on the high words.
Number Evaluator::with_sign_of_zero(Number result, ValueId plain) {
  const bool looked_up = scope_.inside && !setting_.guarded;  // see with_value_at_zero
  if (!result.lo || looked_up || !setting_.main.pairs()) return result;
  const ValueId is_zero = builder_.equal(result.hi, setting_.main.literal(0));
  result.hi = builder_.select(is_zero, plain, result.hi);
  result.lo = builder_.select(is_zero, plain, *result.lo);
  return result;
}

/// `unbounded`, but finite in every element where `vanishing` is 0 in all of them: then their product is a zero of the
/// right sign. Nothing where that isn't decided for all elements at once.
std::optional<Number> Evaluator::finite_beside_zero(const Number &vanishing, const Number &unbounded, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  if (unbounded.lo || unbounded.factor || !builder_.is_uniform(vanishing.hi)) return std::nullopt;
  const double largest = a.type() == Type::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  const ValueId limit = builder_.select(builder_.equal(vanishing.hi, a.literal(0)), a.literal(largest),
                                        a.literal(std::numeric_limits<double>::infinity()));
  const ValueId least = builder_.neg(limit);
  Number finite = unbounded;
  if (std::isinf(unbounded.range.low)) finite.hi = builder_.select(builder_.less(finite.hi, least), least, finite.hi);
  if (std::isinf(unbounded.range.high)) finite.hi = builder_.select(builder_.less(limit, finite.hi), limit, finite.hi);
  return finite;
}

/// `vanishing`, the same for all elements, times an input: where it is 0 a branch makes the input finite, so that
/// elsewhere nothing is spent on it.
std::optional<Number> Evaluator::product_with_uniform(const Number &vanishing, const Number &unbounded, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const bool is_input = builder_.instruction(unbounded.hi).code == Code::tensor;
  if (a.pairs() || !is_input || unbounded.lo || vanishing.lo || vanishing.factor || setting_.odd_products)
    return std::nullopt;
  const auto finite = finite_beside_zero(vanishing, unbounded, mode);
  if (!finite) return std::nullopt;
  Number product = a.mul(vanishing, unbounded);
  product.hi =
      builder_.select_rarely(builder_.equal(vanishing.hi, a.literal(0)), a.mul(vanishing, *finite).hi, product.hi);
  return product;
}

/// Where limits can't be looked up, zero wins over infinity: see Setting::guarded. The comparison is false for NaN, so
/// that a NaN factor wins over both.
Number Evaluator::product_of_numbers(Number x, Number y, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const auto may_meet = [this](const Number &vanishing, const Number &unbounded) {
    return setting_.guarded && !is_bounded(unbounded.range) && vanishing.range.contains(0);
  };
  const bool x_wins = may_meet(x, y), y_wins = may_meet(y, x);
  if (x_wins != y_wins) {
    if (const auto product = x_wins ? product_with_uniform(x, y, mode) : product_with_uniform(y, x, mode))
      return *product;
  }
  const auto finite_y = x_wins ? finite_beside_zero(x, y, mode) : std::nullopt;
  const auto finite_x = y_wins ? finite_beside_zero(y, x, mode) : std::nullopt;
  x = finite_x.value_or(x);
  y = finite_y.value_or(y);

  Number result = setting_.odd_products ? a.mul_to_odd(x, y) : a.mul(x, y);
  if (x.range.contains(0) || y.range.contains(0)) {
    // Of two deferred factors one may have been multiplied in: where that has left 0, the high words have not.
    const ValueId plain = builder_.mul(x.hi, y.hi);
    result = with_sign_of_zero(result, x.factor && y.factor ? builder_.copysign(a.literal(0), plain) : plain);
  }
  const auto zero_wins = [&](const Number &vanishing, const Number &unbounded) {
    const Interval range = result.range;
    const Number zero = a.of(builder_.mul(vanishing.hi, builder_.copysign(a.literal(1), unbounded.hi)), {0, 0});
    result = a.select(builder_.equal(vanishing.hi, a.literal(0)), zero, result);
    result.range = range;
  };
  if (x_wins && !finite_y) zero_wins(x, y);
  if (y_wins && !finite_x) zero_wins(y, x);
  return result;
}

/// |expression|; of a product with a positive number that product with the other's, whose low word needs no sign.
Number Evaluator::size(const Expr &expression, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  if (a.type() == Type::f32 && expression.is(Op::mul)) {
    for (const std::size_t i : {0, 1}) {
      const bool is_parameter = expression[i].is(Op::variable) && inputs_of(expression[i]).empty();
      if (is_parameter && evaluate(expression[i], mode).range.low > 0)
        return evaluate(expression[i] * make(Op::abs, {expression[1 - i]}), mode);
    }
  }
  return a.abs(evaluate(expression, mode));
}

/// expression * power, power < 1. It moves into a sum that may overflow, so that only the result can, and into a
/// quotient that may be subnormal, so that it is rounded once.
Number Evaluator::scaled(const Expr &expression, double power, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const Number whole = evaluate(expression, mode);
  const Number product = a.times_power_of_two(whole, power);
  if (is_bounded(whole.range)) return product;
  switch (expression.op()) {
    case Op::add:
    case Op::sub: {
      const Number sum = sum_of_scaled(expression, power, mode);
      if (!a.pairs()) return sum;
      // The terms may be subnormal: scaled, they would be rounded.
      const ValueId is_large = builder_.less(a.literal(a.safe_magnitude() * power), builder_.abs(sum.hi));
      return a.select(is_large, sum, product);
    }
    case Op::div:
      if (!inputs_of(expression[0]).empty()) return product;
      return quotient(constant(Rational(power)) * expression[0], expression[1], mode);
    case Op::select:
      return a.select(condition(expression[0]), scaled(expression[1], power, mode), scaled(expression[2], power, mode));
    default:
      return product;
  }
}

/// The terms of a sum or difference, scaled before they are added.
Number Evaluator::sum_of_scaled(const Expr &expression, double power, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const auto term = [&](const Expr &part) {  // a quotient once, for scaled and unscaled sums
    return part.is(Op::div) ? a.times_power_of_two(evaluate(part, mode), power) : scaled(part, power, mode);
  };
  const Number left = term(expression[0]), right = term(expression[1]);
  return expression.is(Op::add) ? a.add(left, right) : a.sub(left, right);
}

/// (p q)/d with p unbounded, q and d bounded is p (q/d): p q may overflow where the result doesn't. So may the
/// denominator, where no wider type is at work: n/(q r) is (n/q)/r, n/q^k is n/q/q/..., and n/(q + r): see
/// quotient_by_sum.
Number Evaluator::quotient(const Expr &numerator, const Expr &denominator, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  if (a.type() == Type::f32 && !a.pairs()) {
    if (const auto u = argument_of_root_product(numerator, denominator))
      return over_root_product(setting_, evaluate(*u, mode), evaluate(numerator, mode));
  }
  const Number d = evaluate(denominator, mode);
  if (!setting_.wide && !is_bounded(d.range)) {
    if (denominator.is(Op::mul))
      return a.div(quotient(numerator, denominator[0], mode), evaluate(denominator[1], mode));
    if (denominator.is(Op::add) || denominator.is(Op::sub)) return quotient_by_sum(numerator, denominator, mode);
    if (const auto exponent = small_natural_exponent(denominator)) {
      Expr chain = numerator;
      for (int i = 0; i < *exponent; ++i) chain = chain / denominator[0];
      return evaluate(chain, mode);
    }
  }
  if (numerator.is(Op::mul) && !variables(numerator).empty() && is_bounded(d.range) && !d.range.contains(0)) {
    for (const std::size_t i : {0, 1}) {
      const Number p = evaluate(numerator[i], mode);
      if (is_bounded(p.range)) continue;
      const Expr &rest = numerator[1 - i];
      if (!is_bounded(evaluate(rest, mode).range)) break;
      return product_of_numbers(p, quotient(rest, denominator, mode), mode);
    }
  }
  const Number n = evaluate(numerator, mode), ratio = a.div(n, d);
  const bool is_sum = numerator.is(Op::add) || numerator.is(Op::sub);  // whose zeros have no sign to keep
  const bool crosses_zero = n.range.low < 0 && n.range.high >= 0;
  if (!crosses_zero || is_sum) return ratio;
  const ValueId plain = builder_.div(n.hi, d.hi);  // see product_of_numbers
  return with_sign_of_zero(ratio, n.factor && d.factor ? builder_.copysign(a.literal(0), plain) : plain);
}

/// n/(q + r) where q + r may overflow: there n/2 over q/2 + r/2. Not everywhere, for the halves of the smallest numbers
/// are 0.
Number Evaluator::quotient_by_sum(const Expr &numerator, const Expr &denominator, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const Number n = evaluate(numerator, mode), d = evaluate(denominator, mode);
  const Number half = sum_of_scaled(denominator, 0.5, mode);
  const ValueId is_large = builder_.less(a.literal(a.safe_magnitude()), builder_.abs(half.hi));
  return a.div(a.select(is_large, a.times_power_of_two(n, 0.5), n), a.select(is_large, half, d));
}

/// Powers with integer and half-integer exponents are products and square roots; others go through exp and log.
Number Evaluator::power(const Expr &base, const Expr &exponent, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  constexpr long largest = 256;
  if (exponent.is(Op::constant)) {
    const Rational doubled = exponent.value() * 2;
    if (doubled.get_den() == 1 && abs(doubled) <= 2 * largest) {
      const long n = std::abs(doubled.get_num().get_si());
      if (n == 0) return a.exact(1);
      const Number u = evaluate(base, mode);
      Number result = n / 2 > 0 ? integer_power(a, u, static_cast<unsigned>(n / 2)) : a.exact(1);
      if (n % 2 == 1) result = n == 1 ? a.sqrt(u) : a.mul(result, a.sqrt(u));
      return exponent.value() < 0 ? a.div(a.exact(1), result) : result;
    }
  }
  if (mode == Mode::fine) return evaluate(make(Op::pow, {base, exponent}), Mode::main);
  const bool is_fixed = variables(exponent).empty();
  const auto power_in = [&](const Setting &setting, const Number &u, const Number &v) {
    return is_fixed ? general_power(setting, u, v) : variable_power(setting, u, v);
  };
  if (setting_.main.type() == Type::f64) return power_in(setting_, evaluate(base), evaluate(exponent));
  // exp makes an absolute error of exponent * log(base) a relative one, which takes more digits than f32 has.
  constexpr int bits = 40;
  const Setting wide = widened(setting_, bits);
  const Number v = is_fixed ? fixed(exponent, wide.main) : widen(setting_, evaluate(exponent));
  return narrow(setting_, power_in(wide, widen(setting_, evaluate(base)), v));
}

/// With the constant as second operand, NaN in the first stays, and -0 against 0 gives 0. A sum that is 0 is no -0.
Number Evaluator::larger(const Expr &first, const Expr &second, Mode mode) {
  if (variables(first).empty() && !variables(second).empty()) return larger(second, first, mode);
  const Arithmetic &a = arithmetic(mode);
  const Number x = evaluate(first, mode), y = evaluate(second, mode);
  const bool is_larger = y.range.high < x.range.low || (y.range.high == x.range.low && first.is(Op::add));
  if (is_larger && variables(second).empty()) return x;
  Number result = a.select(a.less_equal(x, y), y, x);
  result.range = {std::max(x.range.low, y.range.low), std::max(x.range.high, y.range.high)};
  return result;
}

Number Evaluator::smaller(const Expr &first, const Expr &second, Mode mode) {
  if (variables(first).empty() && !variables(second).empty()) return smaller(second, first, mode);
  const Arithmetic &a = arithmetic(mode);
  const Number x = evaluate(first, mode), y = evaluate(second, mode);
  if (x.range.high <= y.range.low && variables(second).empty()) return x;
  Number result = a.select(a.less_equal(y, x), y, x);
  result.range = {std::min(x.range.low, y.range.low), std::min(x.range.high, y.range.high)};
  return result;
}

}  // namespace actinide
