// The error function and the normal distribution.
//
// Phi(-z) = e^(-z^2/2) R(z) for z >= 0, with R between 1/2 and 1/(z sqrt(2 pi)): nothing cancels, to the last subnormal
// result. The argument of exp keeps the low word of z^2: at z = 13 its rounding alone would cost 64 half ULP.
#include "approximation/functions.h"

namespace actinide {
namespace {

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

/// R(z), 0 <= z. Beyond the table's domain the exponential has vanished; the last value will do. The tables for f32
/// results stop earlier, and at fewer bits; not where another input may bring a vanishing tail back.
Number tail_ratio(const Setting &setting, const Number &z) {
  const Arithmetic &a = setting.main;
  const bool f32_results = (setting.wide && !setting.multiplied) || a.type() == Type::f32;
  constexpr double narrow_domain = 14.625, domain = 38.625;
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

/// e^(-u^2 power), power a power of two.
Number exp_of_square(const Setting &setting, const Number &u, double power) {
  return exp(setting, setting.fine.times_power_of_two(setting.fine.square(u), -power));
}

/// 1 - tail where u > 0 (or NaN), tail where u < 0; tail <= 1/2.
Number by_sign(const Setting &setting, const Number &u, const Number &tail) {
  const Arithmetic &a = setting.main;
  Number result = a.select(a.less(u, a.exact(0)), tail, a.sub(a.exact(1), tail));
  result.range = {0, 1};
  return result;
}

}  // namespace

Number normpdf(const Setting &setting, const Number &argument) {
  const Number u = setting.fine.settle(argument);
  return setting.main.mul(exp_of_square(setting, u, 0.5), constant(setting, Constant::inverse_sqrt_2pi));
}

Number normcdf(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  const Number u = setting.fine.settle(argument);
  const Number ratio = tail_ratio(setting, a.abs(u));
  return by_sign(setting, u, a.mul(exp_of_square(setting, u, 0.5), ratio));
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
