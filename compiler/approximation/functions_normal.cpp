// The error function and the normal distribution.
//
// Phi(-z) = e^(-z^2/2) R(z) for z >= 0, with R between 1/2 and 1/(z sqrt(2 pi)): nothing cancels, to the last subnormal
// result. The argument of exp keeps the low word of z^2: at z = 13 its rounding alone would cost 64 half ULP.
#include "approximation/functions.h"

#include <algorithm>
#include <cmath>

namespace actinide {
namespace {

constexpr double narrow_domain = 14.625;  ///< of the tables for f32 results

/// R(z) = u c(u - 3/32), u = 1/(z + 4): in pairs, where one polynomial whose terms fall off is cheaper than two that
/// are added in pairs to the end.
Number tail_ratio_in_pairs(const Setting &setting, const Number &z) {
  const Arithmetic &a = setting.main;
  const Number u = a.div(a.exact(1), a.add(z, a.exact(4)));
  Number s = a.add(u, a.exact(-0.09375));
  s.range = {-0.08, 0.16};
  return a.mul(u, polynomial(setting, Table::tail, s));
}

Number quotient(const Setting &setting, Table numerator, Table denominator, const Number &z) {
  return setting.main.div(polynomial(setting, numerator, z), polynomial(setting, denominator, z));
}

/// -u^2 power, power a power of two.
Number negative_square(const Setting &setting, const Number &u, double power) {
  return setting.fine.times_power_of_two(setting.fine.square(u), -power);
}

/// e^(-u^2 power)
Number exp_of_square(const Setting &setting, const Number &u, double power) {
  return exp(setting, negative_square(setting, u, power));
}

/// R(z), 0 <= z. Beyond the table's domain the exponential has vanished; the last value will do. The tables for f32
/// results stop earlier, and at fewer bits; not where another input may bring a vanishing tail back.
Number tail_ratio(const Setting &setting, const Number &z) {
  const Arithmetic &a = setting.main;
  const bool f32_results = (setting.wide && !setting.multiplied) || a.type() == Type::f32;
  constexpr double domain = 38.625;
  constexpr int narrow_bits = 46;
  const Number bounded = a.clamp(z, 0, f32_results ? narrow_domain : domain);
  Number ratio = bounded;
  if (a.pairs()) {
    ratio = tail_ratio_in_pairs(setting, bounded);
  } else if (f32_results && setting.precision.bits <= narrow_bits) {
    ratio = quotient(setting, Table::tail_narrow_numerator, Table::tail_narrow_denominator, bounded);
  } else {
    ratio = quotient(setting, Table::tail_numerator, Table::tail_denominator, bounded);
  }
  ratio.range = {0x1p-7, 0.5};
  return ratio;
}

/// |u|, in f32, up to where the exponential of its square has vanished, which then needs no limits of its own.
Number bounded_size(const Setting &setting, const Number &u) {
  return setting.fine.clamp(setting.fine.abs(u), 0, narrow_domain);
}

/// Of fewer bits R is one quotient. For 4 ULP its numerator and denominator round too often: there it is
/// (1 + d) / (2 (1 + z)) with a small d.
bool serves_quotient(const Setting &setting) {
  constexpr int enough = 24;
  return setting.precision.bits <= enough;
}

/// d(z) in f32, 0 <= z <= narrow_domain.
Number tail_excess(const Setting &setting, const Number &z) {
  const Table numerator = Table::tail_excess_numerator, denominator = Table::tail_excess_denominator;
  Number d = setting.main.mul(z, quotient(setting, numerator, denominator, z));
  d.range = {-0.21, 0.052};  // greatest at 0.68; for large z towards sqrt(2/pi) - 1
  return d;
}

/// Phi(-|u|).
Number normal_tail(const Setting &setting, const Number &u) {
  const Arithmetic &a = setting.main;
  if (a.type() == Type::f64) return a.mul(exp_of_square(setting, u, 0.5), tail_ratio(setting, a.abs(u)));
  const Number bounded = bounded_size(setting, u), plain = a.fitted(bounded);
  if (serves_quotient(setting)) return a.mul(exp_of_square(setting, bounded, 0.5), tail_ratio(setting, plain));
  const Number d = tail_excess(setting, plain);
  const Number above = exp_grown(setting, negative_square(setting, bounded, 0.5), d);
  Number tail = a.div(above, a.fma(plain, a.exact(2), a.exact(2)));
  tail.range = {0, 0.5};
  return tail;
}

/// 1 - tail where u > 0 (or NaN), tail where u < 0; tail <= 1/2.
Number by_sign(const Setting &setting, const Number &u, const Number &tail) {
  const Arithmetic &a = setting.main;
  if (u.range.high <= 0) return tail;
  Number result = a.select(a.less(u, a.exact(0)), tail, a.sub(a.exact(1), tail));
  result.range = {0, 1};
  return result;
}

}  // namespace

Number normpdf(const Setting &setting, const Number &argument) {
  Number u = setting.fine.settle(argument);
  if (setting.main.type() == Type::f32) u = bounded_size(setting, u);
  return setting.main.mul(exp_of_square(setting, u, 0.5), constant(setting, Constant::inverse_sqrt_2pi));
}

Number normcdf(const Setting &setting, const Number &argument) {
  const Number u = setting.fine.settle(argument);
  return by_sign(setting, u, normal_tail(setting, u));
}

/// max(u, 0) - z Phi(-z), z = |u|: one form for both signs. The products with z keep the factor, so that a subnormal
/// result is rounded once, by the fma that adds max(u, 0), which has the sign of a zero.
Number times_normcdf(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.settle(a.fitted(argument)), z = a.clamp(a.abs(u), 0, narrow_domain);
  const ValueId above = b.select(b.less(u.hi, a.literal(0)), a.literal(0), u.hi);
  const bool is_quotient = serves_quotient(setting);
  const Number e = exp_of_half_square_grown(setting, z, is_quotient ? a.exact(0) : tail_excess(setting, z));
  const Number share = is_quotient ? a.mul(z, tail_ratio(setting, z)) : a.div(z, a.add(z, a.exact(1)));
  const double factor = std::ldexp(is_quotient ? -1 : -0.5, e.factor->low);
  return a.of(b.fma(b.mul(e.hi, share.hi), a.literal(factor), above), {-0.17, std::max(u.range.high, 0.0)});
}

/// erfc(u) = 2 Phi(-u sqrt(2)).
Number erfc(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  const Number u = setting.fine.settle(argument);
  const Number z = a.times_power_of_two(a.mul(a.abs(u), constant(setting, Constant::sqrt_half)), 2);
  const Number half_tail = a.mul(exp_of_square(setting, u, 1), tail_ratio(setting, z));
  return a.times_power_of_two(by_sign(setting, a.neg(u), half_tail), 2);
}

/// u + u c(u^2) for |u| < 1, else 1 - erfc|u| with u's sign.
Number erf(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  const Number u = a.settle(a.fitted(argument));
  const Number inside = a.clamp(u, -1, 1);
  const Number near = grown(a, inside, a.exact(1), polynomial(setting, Table::erf, a.square(inside)));
  const Number size = a.abs(u);
  const Number far = a.with_sign_of(a.sub(a.exact(1), erfc(setting, size)), u);
  Number result = a.select(a.less(size, a.exact(1)), near, far);
  result.range = {-1, 1};
  return result;
}

}  // namespace actinide
