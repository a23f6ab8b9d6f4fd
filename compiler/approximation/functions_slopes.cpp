// Derivatives of gated units in plain f32: one formula each, which no window at the root has to mend.
//
// f'(-z) = e^-z (1 - z + e^-z)/(1 + e^-z)^2 of silu, say, cancels next to its root z0. With w = z0 - z and e0 = e^-z0 =
// z0 - 1 it doesn't: e^-z is e0 e^w, and 1 - z + e^-z = w + e0 (e^w - 1), whose terms have one sign. Next to z0 w is
// exact (Sterbenz) but for the low word of z0, which is added. The other derivatives are made in the same way.
//
// Where the argument is clamped f' is below 2^-170.
#include "approximation/functions.h"

#include <algorithm>
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

/// f'(u) is `power` times what has been computed, plus `start`.
struct Side {
  double power;
  double start;
};

/// f'(u) by whether u < middle. Below, where it is tiny, it keeps all digits for what multiplies it.
Number by_side(const Setting &setting, ValueId u, ValueId computed, double middle, int exponent, Side above,
               double tiny_below) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId is_below = b.less(u, a.literal(middle));
  const Tiny tiny{setting.multiplied ? b.less(u, a.literal(tiny_below)) : is_below, exponent};
  const ValueId down = b.select(is_below, a.literal(std::ldexp(1.0, -exponent)), a.literal(above.power));
  const ValueId power = b.select(tiny.where, a.literal(1), down);
  const ValueId start = b.select(is_below, a.literal(0), a.literal(above.start));
  return {b.fma(computed, power, start), std::nullopt, tiny.factor(a), {-0.13, 1.13}};
}

/// The same where f'(-|u|) = 2^-exponent `scaled` and f'(u) + f'(-u) = 1.
Number by_sign(const Setting &setting, ValueId u, ValueId scaled, int exponent, double tiny_below) {
  return by_side(setting, u, scaled, 0, exponent, {.power = -std::ldexp(1.0, -exponent), .start = 1}, tiny_below);
}

/// share (1 + e)^2 for e = e0 2^-exponent scaled.
ValueId squared_one_plus(const Arithmetic &a, ValueId scaled, double e0, int exponent, double share) {
  Builder &b = a.builder();
  const auto literal = [&](double value) { return a.literal(static_cast<float>(value * share)); };
  const ValueId rest =
      b.fma(scaled, literal(std::ldexp(e0 * e0, -2 * exponent)), literal(std::ldexp(2 * e0, -exponent)));
  return b.fma(scaled, rest, literal(1));
}

/// silu'(u), |u| = z in two words; of u the sign counts.
Number silu_slope_at(const Setting &setting, ValueId u, const Number &size) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr int exponent = 60;
  constexpr double last = 125;
  const Number z = setting.fine.clamp(size, 0, last);
  const Root root(Constant::silu_slope_root);
  // With a factor on both sides of the quotient numerator and denominator aren't both just above a power of two, where
  // roundings count most, as they are at z = 0.53: 3.52 ULP, which were 4.22 (the best of 512 factors).
  constexpr double share = 0x1.c18p-1;
  const double e0 = root.value() - 1;
  const Number w = distance(setting, root, z);
  const auto [scaled, less_one] = exp_and_expm1(setting, w, exponent, share);
  const ValueId sum = b.add(w.hi, b.fma(less_one, a.literal(static_cast<float>(e0)), *w.lo));
  const ValueId denominator = squared_one_plus(a, scaled, e0 / share, exponent, share / e0);
  return by_sign(setting, u, b.div(b.mul(scaled, sum), denominator), exponent, -64);
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

Number gelu_sigmoid_slope(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  constexpr double p = 1.702, high = static_cast<float>(p);
  const Number u = a.settle(a.fitted(argument)), size = a.clamp(a.abs(u), 0, 128);
  return silu_slope_at(setting, u.hi, product(a, size.hi, a.literal(high), a.literal(static_cast<float>(p - high))));
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
  // to 0. Both sides of the quotient have a factor by which all constants round by less than 2^-27 (of 4096 the best).
  constexpr double share = 0x1.90fp+0;
  const double unit = share * e0, cubic = unit * 3 * a * c;
  const ValueId h = b.sub(b.sub(z.hi, m.literal(root.high)), m.literal(root.low));
  const ValueId k = b.fma(z.hi, b.fma(z.hi, literal(cubic), literal(cubic * z0)), literal(unit * c + cubic * z0 * z0));
  const Cubic v{.z = z.hi,
                .g = g,
                .rest = rest,
                .start = z0 * (z0 * z0 + inverse_a),
                .unit = c * a,
                .short_bits = 11,
                .is_near = b.less(b.abs(h), m.literal(0x1p-8)),
                .near = b.mul(h, b.fma(k, literal(-1 / (3 * unit)), literal(-2 * c / 3)))};
  const auto [scaled, less_one] = exp_and_expm1_of_cubic(setting, v, exponent);
  const ValueId sum = b.fma(b.neg(h), k, b.mul(less_one, literal(unit * e0)));
  const ValueId denominator = squared_one_plus(m, scaled, e0, exponent, share);
  return by_sign(setting, u.hi, b.div(b.mul(scaled, sum), denominator), exponent, -6);
}

/// With E = e^x and h = E + E^2/2, f' = E B/(1 + h)^2, B = (E/2 + 1) (1 + h) + x (E + 1). Around the root, with
/// E = E0 (1 + m), B is a cubic of m and w (E + 1), whose terms have one sign. Where f' is above 1/4 it is
/// 1/2 + ((h^2 - 1)/2 + x E (E + 1))/(1 + h)^2; from 12 on it is 1.
Number mish_slope(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const auto literal = [&](double value) { return a.literal(static_cast<float>(value)); };
  constexpr int exponent = 60;
  constexpr double middle = -0.5625;  // f' is 0.257
  const Root root(Constant::mish_slope_root);
  const double e0 = words(Constant::exp_mish_slope_root, Compute::f64)[0];
  const Number u = a.settle(a.fitted(argument)), x = a.clamp(u, -125, 12);
  const Number w = a.neg(distance(setting, root, x));
  const auto [scaled, m] = exp_and_expm1(setting, w, exponent, static_cast<float>(e0));
  const ValueId e = b.mul(scaled, a.literal(std::ldexp(1.0, -exponent)));
  const ValueId h = b.fma(e, b.mul(e, a.literal(0.5)), e);
  const ValueId square = b.fma(h, b.add(h, a.literal(2)), a.literal(1));
  const double c1 = e0 * (root.value() + (3 * e0 * e0 + 8 * e0 + 6) / 4), c2 = e0 * e0 * (3 * e0 + 4) / 4;
  const ValueId cubic = b.fma(m, b.fma(m, literal(e0 * e0 * e0 / 4), literal(c2)), literal(c1));
  const ValueId rest = b.fma(w.hi, e, b.fma(m, cubic, b.fma(*w.lo, e, *w.lo)));
  const ValueId below = b.mul(scaled, b.add(w.hi, rest));
  const ValueId above = b.fma(x.hi, b.fma(e, e, e), b.fma(h, b.mul(h, a.literal(0.5)), a.literal(-0.5)));
  const ValueId numerator = b.select(b.less(u.hi, a.literal(middle)), below, above);
  return by_side(setting, u.hi, b.div(numerator, square), middle, exponent, {.power = 1, .start = 0.5}, -64);
}

}  // namespace actinide
