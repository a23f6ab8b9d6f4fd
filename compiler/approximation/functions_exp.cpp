// exp and expm1, and what is made of them.
//
// Reduction: u = n ln2 + r with n the nearest integer, |r| <= ln2/2; e^u = 2^n e^r = s + s (e^r - 1) with s = 2^n, the
// last step one fma. The sum t = u log2(e) + 1.5 2^m + bias, m the bits of the mantissa, rounds to the integer and has
// n + bias in its low bits, so that shifting t's representation by m makes the float 2^n.
#include "approximation/functions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace actinide {
namespace {

/// Facts of a float type that the reduction needs.
struct Format {
  unsigned mantissa;
  int bias;
  /// Below e^-comfortable, or above e^comfortable, 2^n gets a deferred factor.
  double comfortable;
  /// Largest |u| for which 2^n with the factor is a normal float.
  double largest;
};

Format format_of(const Setting &setting) {
  if (setting.main.type() == Type::f32) return {23, 127, 64, 127};
  return setting.wide ? Format{52, 1023, 705, 700} : Format{52, 1023, 500, 1050};
}

/// e^u = factor * s * (1 + tail), s = 2^n.
struct Reduced {
  ValueId s;
  ValueId n;  ///< as a float; the factor is not part of it
  Number r;
  std::optional<Factor> factor;
};

/// The deferred factor, and the constant whose addition rounds to an integer, by the size of u.
std::pair<std::optional<Factor>, ValueId> choose_factor(const Setting &setting, const Number &u, const Format &format) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double magic = std::ldexp(1.5, static_cast<int>(format.mantissa)) + format.bias;
  const int power = a.factor_exponent();
  ValueId shift = a.literal(magic);
  ValueId value = a.literal(1), inverse = a.literal(1);
  bool any = false;
  const auto defer = [&](ValueId where, int exponent) {
    shift = b.select(where, a.literal(magic - exponent), shift);
    value = b.select(where, a.literal(std::ldexp(1.0, exponent)), value);
    inverse = b.select(where, a.literal(std::ldexp(1.0, -exponent)), inverse);
    any = true;
  };
  if (u.range.low < -format.comfortable) defer(b.less(u.hi, a.literal(-format.comfortable)), -power);
  if (u.range.high > format.comfortable) defer(b.less(a.literal(format.comfortable), u.hi), power);
  if (!any) return {std::nullopt, shift};
  return {Factor{value, inverse, u.range.low < -format.comfortable ? -power : 0,
                 u.range.high > format.comfortable ? power : 0},
          shift};
}

/// u - n ln2. The words of ln2 are short, so that n times all but the last is exact with or without fma; plain
/// arithmetic below 2^-44 needs one word only.
Number subtract_multiple_of_ln2(const Setting &setting, const Number &u, ValueId n) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const auto word = [&](std::span<const double> all, std::size_t i) { return a.literal(-all[i]); };
  if (!a.pairs()) {
    const bool f32 = a.type() == Type::f32;
    const auto ln2 = words(f32 ? Constant::ln_2 : Constant::ln_2_short, setting.precision.compute);
    ValueId r = b.fma(n, word(ln2, 0), u.hi);
    r = b.fma(n, word(ln2, 1), r);
    if (u.lo) r = b.add(r, *u.lo);
    return a.of(r, {-0.36, 0.36});
  }
  const auto ln2 = words(Constant::ln_2_short, setting.precision.compute);
  const ValueId leading = b.fma(n, word(ln2, 0), u.hi);  // exact: Sterbenz, or n = 0
  const Arithmetic::Words sum = a.two_sum(leading, b.mul(n, word(ln2, 1)));
  ValueId low = sum.lo;
  for (std::size_t i = 2; i < ln2.size(); ++i) low = b.fma(n, word(ln2, i), low);
  if (u.lo) low = b.add(low, *u.lo);
  const Arithmetic::Words r = a.fast_two_sum(sum.hi, low);
  return {r.hi, r.lo, std::nullopt, {-0.36, 0.36}};
}

Reduced reduce(const Setting &setting, const Number &u, const Format &format) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const auto [factor, magic] = choose_factor(setting, u, format);
  const ValueId log2_e = a.literal(words(Constant::log2_e, setting.precision.compute)[0]);
  const ValueId t = b.fma(u.hi, log2_e, magic);
  const ValueId n = b.sub(t, magic);
  const ValueId s = b.float_of(b.shift_left(b.bits_of(t), format.mantissa));
  return {s, n, subtract_multiple_of_ln2(setting, u, n), factor};
}

/// e^r - 1 = r + r^2 c(r).
Number reduced_expm1(const Setting &setting, Table table, const Number &r) {
  const Arithmetic &a = setting.main;
  const Number c = polynomial(setting, table, r);
  Number result = a.fma(a.square(r), c, r);
  result.range = {-0.31, 0.43};
  return result;
}

Interval exp_range(Interval u) {
  return image_of_increasing(u, [](double v) { return std::exp(v); });
}

/// The argument between the limits of the format. Its low word can't be compared, so it goes where the high word is
/// replaced.
Number clamp_argument(const Setting &setting, const Number &u, double low, double high) {
  return (u.lo ? setting.fine : setting.main).clamp(u, low, high);
}

}  // namespace

Number exp(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Format format = format_of(setting);
  const Number unclamped = setting.fine.settle(argument);
  const Number u = clamp_argument(setting, unclamped, -format.largest, format.largest);
  const Reduced reduced = reduce(setting, u, format);
  const Number tail = reduced_expm1(setting, Table::exp, reduced.r);
  Number result{0, std::nullopt, reduced.factor, exp_range(unclamped.range)};
  if (a.pairs()) {
    const Number one_plus = a.add(a.exact(1), tail);
    result.hi = b.mul(one_plus.hi, reduced.s);
    result.lo = b.mul(*one_plus.lo, reduced.s);
  } else {
    result.hi = b.fma(reduced.s, tail.hi, reduced.s);
  }
  // Beyond the format's limits 0 or infinity, never the clamped value. Plain f32 leaves that to its users, the rows of
  // the table, whose tests show that they add what is tiny.
  const bool ends_count = setting.guarded || a.type() == Type::f64;
  if (ends_count && unclamped.range.low < -format.largest) {
    const ValueId vanishes = b.less(unclamped.hi, a.literal(-format.largest));
    result = a.select(vanishes, a.exact(0), result);
  }
  if (ends_count && unclamped.range.high > format.largest) {
    const ValueId overflows = b.less(a.literal(format.largest), unclamped.hi);
    result = a.select(overflows, a.exact(std::numeric_limits<double>::infinity()), result);
  }
  result.range = exp_range(unclamped.range);
  return result;
}

Number expm1(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  Format format = format_of(setting);
  // From here down the result is -1 to more than the precision that is kept.
  const double saturated = a.type() == Type::f32 ? -40 : a.pairs() ? -90 : -60;
  const Number unclamped = setting.fine.settle(argument);
  const Number u = clamp_argument(setting, unclamped, saturated, format.largest);
  const Reduced reduced = reduce(setting, u, format);
  const Number tail = reduced_expm1(setting, Table::expm1, reduced.r);
  const ValueId one = reduced.factor ? reduced.factor->inverse : a.literal(1);
  Number result{0, std::nullopt, reduced.factor,
                image_of_increasing(unclamped.range, [](double v) { return std::expm1(v); })};
  if (a.pairs()) {
    const Number grown{b.mul(tail.hi, reduced.s), b.mul(*tail.lo, reduced.s), std::nullopt, {-1, 1}};
    const Arithmetic::Words offset = a.two_sum(reduced.s, b.neg(one));
    const Number sum = a.add({offset.hi, offset.lo, std::nullopt, {-1, 1}}, grown);
    result.hi = sum.hi;
    result.lo = sum.lo;
  } else {
    result.hi = b.fma(reduced.s, tail.hi, b.sub(reduced.s, one));
  }
  // Where zeros can't be looked up (univariate.cpp), expm1(-0) = -0 is seen to here.
  if (setting.guarded) result = a.select(a.equal(unclamped, a.exact(0)), unclamped, result);
  return a.unless_tiny(argument, result);
}

/// tanh|u| = -m / (m + 2), m = expm1(-2|u|).
Number tanh(const Setting &setting, const Number &u) {
  const Arithmetic &a = setting.main;
  const Number settled = a.settle(u);
  const Number m = expm1(setting, a.times_power_of_two(a.abs(settled), -2));
  Number magnitude = a.div(a.neg(m), a.add(m, a.exact(2)));
  magnitude.range = {0, 1};
  return a.unless_tiny(u, a.with_sign_of(magnitude, settled));
}

/// 1/(1+e) or e/(1+e) with e = exp(-|u|), by the sign of u.
Number sigmoid(const Setting &setting, const Number &argument) {
  const Number u = setting.fine.settle(argument);
  const Arithmetic &a = setting.main;
  const Number e = exp(setting, setting.fine.neg(setting.fine.abs(u)));
  const Number numerator = a.select(a.less(u, a.exact(0)), e, a.exact(1));
  Number result = a.div(numerator, a.add(e, a.exact(1)));
  result.range = {0, 1};
  return result;
}

/// max(u, 0) + log1p(exp(-|u|)).
Number softplus(const Setting &setting, const Number &argument) {
  const Number u = setting.fine.settle(argument);
  const Arithmetic &a = setting.main;
  const Number tail = log1p(setting, exp(setting, setting.fine.neg(setting.fine.abs(u))));
  Number positive = a.select(a.less_equal(u, a.exact(0)), a.exact(0), u);
  positive.range.low = 0;
  return a.add(positive, tail);
}

}  // namespace actinide
