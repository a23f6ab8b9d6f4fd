// Derivatives of gated units in plain f32: one formula each, which no window at the root has to mend.
//
// f'(-z) = e^-z (1 - z + e^-z)/(1 + e^-z)^2 of silu, say, cancels next to its root z0. With w = z0 - z and e0 = e^-z0 =
// z0 - 1 it doesn't: e^-z is e0 e^w, and 1 - z + e^-z = w + e0 (e^w - 1), whose terms have one sign. Next to z0 w is
// exact (Sterbenz) but for the low word of z0, which is added. The other derivatives are made in the same way.
//
// Where the argument is clamped f' is below 2^-170.
#include "approximation/functions.h"

#include "error.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

/// The words of a root.
struct Root {
  double high, low;
  explicit Root(Constant which) : high(words(which, Compute::f32)[0]), low(words(which, Compute::f32)[1]) {}
  double value() const { return high + low; }
};

/// root - z in two words.
Number distance(const Setting &setting, const Root &root, const Number &z) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const auto [w, rest] = a.two_sum(a.literal(root.high), b.neg(z.hi));
  ValueId low = b.add(rest, a.literal(root.low));
  if (z.lo) low = b.sub(low, *z.lo);
  return {w, low, std::nullopt, Interval::point(root.value()) + Interval{-z.range.high, -z.range.low}};
}

/// A result that is `scaled` 2^-exponent where it is tiny, for what multiplies it: `scaled` itself has all digits.
struct Tiny {
  ValueId where;
  int exponent;
  Factor factor(const Arithmetic &a) const {
    Builder &b = a.builder();
    const auto power = [&](int k) { return b.select(where, a.literal(std::ldexp(1.0, k)), a.literal(1)); };
    return {power(-exponent), power(exponent), -exponent, 0};
  }
};

/// f'(u) where f'(-|u|) = `scaled` 2^-exponent and f'(u) + f'(-u) = 1. Where f' is tiny, left of 0, it keeps all digits
/// for what multiplies it; only from `tiny_below` down where that may be large.
Number by_sign(const Setting &setting, ValueId u, ValueId scaled, int exponent, double tiny_below) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId is_negative = b.less(u, a.literal(0));
  if (exponent == 0) {
    const ValueId other = b.sub(a.literal(1), scaled);
    return {b.select(is_negative, scaled, other), std::nullopt, std::nullopt, {-0.13, 1.13}};
  }
  const Tiny tiny{setting.multiplied ? b.less(u, a.literal(tiny_below)) : is_negative, exponent};
  const double down = std::ldexp(1.0, -exponent);
  const ValueId signed_power = b.select(is_negative, a.literal(down), a.literal(-down));
  const ValueId power = b.select(tiny.where, a.literal(1), signed_power);
  const ValueId start = b.select(is_negative, a.literal(0), a.literal(1));
  return {b.fma(scaled, power, start), std::nullopt, tiny.factor(a), {-0.13, 1.13}};
}

/// share (1 + e)^2 for e = e0 2^-exponent scaled.
ValueId squared_one_plus(const Arithmetic &a, ValueId scaled, double e0, int exponent, double share) {
  Builder &b = a.builder();
  const auto literal = [&](double value) { return a.literal(static_cast<float>(value * share)); };
  const ValueId rest =
      b.fma(scaled, literal(std::ldexp(e0 * e0, -2 * exponent)), literal(std::ldexp(2 * e0, -exponent)));
  return b.fma(scaled, rest, literal(1));
}

/// What silu'(u) and silu(u) are made of, |u| = z in two words.
struct Logistic {
  Number w;        ///< z0 - z
  Exponentials e;  ///< e^-z in units of 2^-exponent `unit`
  double unit;
  int exponent;
};

/// Where a kernel has other factors, and results of few digits, one division serves a function and its derivative.
bool shares_inverse(const Setting &setting) {
  return setting.wide && setting.few_digits && setting.multiplied;
}

/// With a factor on both sides of the quotient numerator and denominator aren't both just above a power of two, where
/// roundings count most, as they are at z = 0.53: 3.70 ULP of all inputs, which were 4.22 (the best of 512 factors).
/// Where nothing tiny counts, nothing is deferred.
Logistic logistic(const Setting &setting, const Root &root, const Number &size) {
  const int exponent = setting.wide ? 0 : 60;
  const double last = setting.wide ? 60 : 125, e0 = root.value() - 1;
  const bool whole = shares_inverse(setting);
  const double factor = whole ? static_cast<float>(e0) : 0x1.c18p-1;
  const Number w = distance(setting, root, setting.fine.clamp(size, 0, last));
  return {w, exp_and_expm1(setting, w, exponent, factor), whole ? 1 : e0 / factor, exponent};
}

/// silu'(u); of u the sign counts, and where it is below `tiny_below`, at -64 or so.
Number silu_slope_at(const Setting &setting, ValueId u, const Number &size, double tiny_below = -64) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Root root(Constant::silu_slope_root);
  const double e0 = root.value() - 1;
  const auto [w, e, unit, exponent] = logistic(setting, root, size);
  const ValueId sum = b.add(w.hi, b.fma(e.less_one, a.literal(static_cast<float>(e0)), *w.lo));
  const ValueId numerator = b.mul(e.scaled, sum);
  if (shares_inverse(setting)) {
    const ValueId inverse = b.div(a.literal(1), b.add(e.scaled, a.literal(1)));
    return by_sign(setting, u, b.mul(numerator, b.mul(inverse, inverse)), exponent, tiny_below);
  }
  const ValueId denominator = squared_one_plus(a, e.scaled, unit, exponent, 1 / unit);
  return by_sign(setting, u, b.div(numerator, denominator), exponent, tiny_below);
}

/// u sigmoid(k u) by what its derivative takes.
Number silu_beside_slope_at(const Setting &setting, const Number &u, const Number &size) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  internal_check(setting.wide, "beside its slope a function defers nothing");
  const auto [w, e, unit, exponent] = logistic(setting, Root(Constant::silu_slope_root), size);
  // Where the exponential is clamped nothing is left, not of -infinity either.
  const ValueId bounded = a.clamp(u, -128, std::numeric_limits<double>::infinity()).hi;
  const ValueId one = a.literal(1), factor = a.literal(static_cast<float>(unit)), all = b.mul(e.scaled, factor);
  const ValueId share = b.select(b.less(u.hi, a.literal(0)), all, one), denominator = b.fma(e.scaled, factor, one);
  const ValueId y = shares_inverse(setting) ? b.mul(bounded, b.mul(share, b.div(one, denominator)))
                                            : b.div(b.mul(bounded, share), denominator);
  return a.of(y, Interval::all());
}

/// size p in two words, for p in two.
Number product(const Arithmetic &a, ValueId size, ValueId p, std::optional<ValueId> p_low) {
  Builder &b = a.builder();
  const ValueId whole = b.mul(size, p);
  ValueId rest = b.fma(size, p, b.neg(whole));
  if (p_low) rest = b.fma(size, *p_low, rest);
  return {whole, rest, std::nullopt, {0, std::numeric_limits<double>::infinity()}};
}

}  // namespace

/// Phi(-z) - z phi(z) = e^(-z^2/2) (z0 - z) (1 + d(z))/2.
Number normcdf_slope(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr double last = 15.5;
  const Number u = a.settle(a.fitted(argument)), z = a.clamp(a.abs(u), 0, last);
  Number d =
      a.div(polynomial(setting, Table::gelu_slope_numerator, z), polynomial(setting, Table::gelu_slope_denominator, z));
  d.range = {-0.203, 0.331};
  const Number e = exp_of_half_square_grown(setting, z, d);
  const Root root(Constant::gelu_slope_root);
  const ValueId w = b.add(b.sub(a.literal(root.high), z.hi), a.literal(root.low));
  return by_sign(setting, u.hi, b.mul(e.hi, w), 1 - e.factor->low, -9);
}

Number silu_slope(const Setting &setting, const Number &argument) {
  const Number u = setting.main.settle(setting.main.fitted(argument));
  return silu_slope_at(setting, u.hi, setting.main.abs(u));
}

Number silu_beside_slope(const Setting &setting, const Number &u) {
  return silu_beside_slope_at(setting, u, setting.main.abs(u));
}

namespace {

/// 1.702 |u| in two words.
Number size_for_gelu_sigmoid(const Setting &setting, const Number &u) {
  const Arithmetic &a = setting.main;
  constexpr double p = 1.702, high = static_cast<float>(p);
  const Number size = a.clamp(a.abs(u), 0, 128);
  return product(a, size.hi, a.literal(high), a.literal(static_cast<float>(p - high)));
}

}  // namespace

Number gelu_sigmoid_slope(const Setting &setting, const Number &argument) {
  const Number u = setting.main.settle(setting.main.fitted(argument));
  return silu_slope_at(setting, u.hi, size_for_gelu_sigmoid(setting, u), -37);
}

Number gelu_sigmoid_beside_slope(const Setting &setting, const Number &u) {
  return silu_beside_slope_at(setting, u, size_for_gelu_sigmoid(setting, u));
}

/// k = 0 times an infinity is 0.
Number swish_slope_by(const Setting &setting, const Number &argument, const Number &parameter) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.settle(a.fitted(argument)), k = a.settle(parameter);
  const Number size = a.clamp(a.abs(u), 0, std::numeric_limits<float>::max());
  return silu_slope_at(setting, b.mul(u.hi, k.hi), product(a, size.hi, b.abs(k.hi), {}));
}

/// With v(z) = c z (1 + a z^2), e = e^-v and W = z v'(z): e (1 + e - W)/(1 + e)^2.
Number gelu_tanh_slope(const Setting &setting, const Number &argument) {
  const Arithmetic &m = setting.main;
  Builder &b = m.builder();
  const auto literal = [&](double value) { return m.literal(static_cast<float>(value)); };
  constexpr int exponent = 60;
  constexpr double last = 11.375, a = 0.044715, inverse_a = 1 / a, short_a = 0x1.65cep+4;
  const double c = 2 * words(Constant::two_over_sqrt_pi, Compute::f64)[0] * words(Constant::sqrt_half, Compute::f64)[0];
  const Root root(Constant::gelu_tanh_slope_root);
  const double z0 = root.value(), e0 = c * z0 * (1 + 3 * a * z0 * z0) - 1;

  // v = c a z (z^2 + 1/a), the sum in two words.
  const Number u = m.settle(m.fitted(argument)), z = m.clamp(m.abs(u), 0, last);
  const ValueId g = b.fma(z.hi, z.hi, m.literal(short_a));
  const ValueId rest = b.add(b.fma(z.hi, z.hi, b.sub(m.literal(short_a), g)), literal(inverse_a - short_a));

  // With h = z - z0, W - W0 = h k, k = c (1 + 3 a (z^2 + z z0 + z0^2)), and v - v0 = h (k + 2 c)/3, which counts next
  // to 0. Both sides of the quotient have a factor by which all constants round by less than 2^-26: 3.9 ULP of all
  // inputs, which others of the 160 best such factors make 4.0 to 4.3.
  constexpr double share = 0x1.e1ap+0;
  const double unit = share * e0, cubic = unit * 3 * a * c;
  const auto [h, rest_of_h] = m.two_sum(z.hi, m.literal(-root.high));
  const ValueId low_h = b.sub(rest_of_h, m.literal(root.low)), all_h = b.add(h, low_h);
  const ValueId k = b.fma(z.hi, b.fma(z.hi, literal(cubic), literal(cubic * z0)), literal(unit * c + cubic * z0 * z0));
  const Cubic v{.z = z.hi,
                .g = g,
                .rest = rest,
                .start = z0 * (z0 * z0 + inverse_a),
                .unit = c * a,
                .short_bits = 11,
                .is_near = b.less(b.abs(all_h), m.literal(0x1p-8)),
                .near = b.mul(all_h, b.fma(k, literal(-1 / (3 * unit)), literal(-2 * c / 3)))};
  const Exponentials e = exp_and_expm1_of_cubic(setting, v, exponent);
  const ValueId sum = b.fma(b.neg(h), k, b.fma(e.less_one, literal(unit * e0), b.mul(b.neg(low_h), k)));
  const ValueId denominator = squared_one_plus(m, e.scaled, e0, exponent, share);
  return by_sign(setting, u.hi, e.times(b, b.div(sum, denominator)), exponent, -6);
}

}  // namespace actinide
