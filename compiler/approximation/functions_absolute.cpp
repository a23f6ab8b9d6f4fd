// Functions whose absolute error alone counts, in plain f32: what is far from the result's largest values may lose its
// digits, and underflow early.
#include "approximation/reduction.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int few_bits = 21;  ///< of e^u, where e^u/(1 + e^u)^2 or less is what an error of it counts

/// s is 0 for u < -87.7, infinity for u > 88.4.
ExpQuotient quotient(const Setting &setting, const Number &v, double unit, int bits) {
  const ValueId shift = setting.main.literal(shift_of(format_of(setting)));
  return exp_quotient_by(setting, shift, v, base_of(setting, unit, 1), bits);
}

}  // namespace

/// 2^n is made as two times 2^(n-1), which is 0 for n = -126 and a number for n = 128.
Number exp_absolute(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.clamp(a.settle(a.fitted(argument)), -87.5, 89);
  const auto [half, n] = nearest_power(setting, u.hi, a.literal(static_cast<float>(std::numbers::log2e)),
                                       a.literal(shift_of(format_of(setting)) - 1));
  const ValueId r = b.fma(n, a.literal(-static_cast<float>(std::numbers::ln2)), u.hi);
  const ValueId tail = reduced_expm1(setting, Table::exp, a.of(r, {-0.36, 0.36})).hi;
  const ValueId scaled = b.fma(half, tail, half);
  return a.of(b.add(scaled, scaled), {0, infinity});
}

Number logistic_absolute(const Setting &setting, const Number &v, double unit, const Number *numerator) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr double largest = 300;  // -0.28/k, the least of x sigmoid(k x), is -1 for k = 88.75/319
  const bool is_small = !numerator || numerator->range.low > -largest;
  const ExpQuotient e = quotient(setting, v, unit, is_small ? few_bits : setting.precision.bits);
  const ValueId below = e.below(b), share = b.div(below, b.fma(e.s, e.above(b), below));
  return numerator ? a.of(b.mul(numerator->hi, share), Interval::all()) : a.of(share, {0, 1});
}

Number sigmoid_absolute(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  const Number u = a.clamp(a.settle(a.fitted(argument)), -where_logistic_is_0, -where_logistic_is_1);
  return logistic_absolute(setting, u, -1, nullptr);
}

Number tanh_absolute(const Setting &setting, const Number &u) {
  return tanh_of(setting, u, few_bits);
}

/// From e^-88 on the power of two is 0.
Number mish_absolute(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  const Number u = a.clamp(a.settle(a.fitted(argument)), -88, infinity);
  return mish_of(setting, u, quotient(setting, below_20(setting, u), 1, few_bits));
}

/// max(u, 0) - z Phi(-z), z = |u|, with the logarithm of Phi(-z) a polynomial. For -0 and below the first is -0, the
/// sign of a zero.
Number times_normcdf_absolute(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.settle(a.fitted(argument));
  const Number z = a.clamp(a.abs(u), 0, coefficients(Table::normal_tail, {Compute::f32, 0}).high);
  const ValueId v = polynomial(setting, Table::normal_tail, z).hi, magic = a.literal(shift_of(format_of(setting)));
  const ValueId t = b.add(v, magic), s = b.float_of(b.shift_left(b.bits_of(t), format_of(setting).mantissa));
  const Number r = a.of(b.sub(v, b.sub(t, magic)), {-0.5, 0.5});
  const ValueId power = b.fma(r.hi, polynomial(setting, Table::exp2, r).hi, a.literal(1));
  const ValueId zero = a.literal(-0.0), positive = b.select(b.less(u.hi, zero), zero, u.hi);
  return a.of(b.fma(b.neg(b.mul(z.hi, s)), power, positive), {-0.17, std::max(u.range.high, 0.0)});
}

}  // namespace actinide
