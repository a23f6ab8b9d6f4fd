// What is a quotient anyway, with e^r as one, in plain arithmetic of f32, or of f64 for results of f32 and less.
#include "approximation/reduction.h"

#include <cmath>
#include <limits>

namespace actinide {

/// (e^2u - 1)/(e^2u + 1), both divided by 2 (q - r): r + w (q + r) over q + w (q + r), w = (s - 1)/2. Next to 0, where
/// s is 1, that is r/q, which keeps its digits and, -w (q + r) being -0, its sign. At 9.25 both are w (q + r) in f32,
/// and tanh is 1 to its digits; f64, and a product with something else, show more.
Number tanh_of(const Setting &setting, const Number &argument, int bits) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double last = setting.multiplied || a.type() == Type::f64 ? 20 : 9.25;
  const Number u = a.clamp(a.settle(a.fitted(argument)), -last, last);
  const ValueId half_power = a.literal(shift_of(format_of(setting)) - 1);
  const ExpQuotient e = exp_quotient_by(setting, half_power, u, base_of(setting, 2, 1), bits);
  const ValueId less = b.neg(b.sub(a.literal(0.5), e.s)), above = e.above(b);
  return a.of(b.div(b.fma(less, above, e.r), b.fma(less, above, e.q)), {-1, 1});
}

Number tanh_by_quotient(const Setting &setting, const Number &u) {
  return tanh_of(setting, u, setting.precision.bits);
}

/// With e^u = a/d the factor of u is n/(n + 2 d^2), n = a (a + 2 d). Above 20 that is 1, in f64, too. Where a has been
/// multiplied by 2^60 it is nothing beside d as it is.
Number mish_of(const Setting &setting, const Number &u, const ExpQuotient &e) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId above = b.mul(e.s, e.above(b)), below = e.below(b), twice = b.add(below, below);
  const ValueId n = b.mul(above, b.add(above, twice));
  return a.of(b.mul(u.hi, b.div(n, b.fma(twice, below, n))), Interval::all());
}

Number below_20(const Setting &setting, const Number &u) {
  return setting.main.clamp(u, -std::numeric_limits<double>::infinity(), 20);
}

Number mish_by_quotient(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const bool f64 = a.type() == Type::f64;
  const double shift = shift_of(format_of(setting)), least = f64 ? -300 : setting.wide ? -64 : -128;
  const Number u = a.clamp(a.settle(a.fitted(argument)), least, std::numeric_limits<double>::infinity());
  const Base base = base_of(setting, 1, 2);
  const auto with_shift = [&](ValueId of) {
    return mish_of(setting, u, exp_quotient_by(setting, of, below_20(setting, u), base, setting.precision.bits));
  };
  if (setting.wide) return with_shift(a.literal(shift));
  const int exponent = a.factor_exponent();
  const ValueId is_far = b.less(u.hi, a.literal(-64));
  const auto where_far = [&](double far, double near) { return b.select(is_far, a.literal(far), a.literal(near)); };
  Number result = with_shift(where_far(shift + exponent, shift));
  result.factor =
      Factor{where_far(std::ldexp(1.0, -exponent), 1), where_far(std::ldexp(1.0, exponent), 1), -exponent, 0};
  return result;
}

/// p (q - r)/(q - r + s (q + r)). All is multiplied by what is deferred of s, so that the result is rounded once.
Number logistic_by_quotient(const Setting &setting, const Number &v, const Base &base, const Number *numerator) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double largest = format_of(setting).largest / std::abs(b.literal_value(base.logarithm.hi));
  const bool is_bounded = a.type() == Type::f32;  // it is only asked of such
  const Number bounded = is_bounded ? v : a.clamp(away_from_zero(setting, v), -largest, largest);
  const ExpQuotient e = exp_quotient(setting, bounded, base, setting.precision.bits);
  const ValueId below = e.factor ? b.mul(e.below(b), e.factor->inverse) : e.below(b);
  const ValueId top = numerator ? b.mul(numerator->hi, below) : below;
  return a.of(b.div(top, b.fma(e.s, e.above(b), below)), numerator ? Interval::all() : Interval{0, 1});
}

}  // namespace actinide
