// exp and expm1, and what is made of them.
#include "approximation/reduction.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace actinide {
namespace {

Interval exp_range(Interval u) {
  Interval range = image_of_increasing(u, [](double v) { return std::exp(v); });
  if (u.high <= 0) range.high = std::min(range.high, 1.0);
  return range;
}

/// e^u, or e^u (1 + d).
Number exp_grown_by(const Setting &setting, const Number &argument, const Number *d) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Format format = format_of(setting);
  const Number unclamped = away_from_zero(setting, setting.fine.settle(argument));
  const Number u = clamp_argument(setting, unclamped, -format.largest, format.largest);
  const Reduced reduced = reduce(setting, u, format);
  Number tail = reduced_expm1(setting, Table::exp, reduced.r);
  if (d) tail = a.fma(tail, *d, a.add(tail, *d));
  Number result{0, std::nullopt, reduced.factor, exp_range(unclamped.range)};
  if (a.pairs_of_f32()) {
    const Arithmetic::Words sum = plus_multiple(a, {reduced.s, a.literal(0)}, reduced.s, tail);
    result.hi = sum.hi;
    result.lo = sum.lo;
  } else if (a.pairs()) {
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

/// e^u = 2^a 2^b e^r with a + b = n: the first product is far from the ends of the format, the second rounds what is
/// subnormal. The low bits of t/2 and of what is left of t are those of a and b.
Number exp_in_two_steps(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Format format = format_of(setting);
  const Number u = clamp_argument(setting, argument, -105, 89);  // 2^-151.5 and 2^128.4
  const ValueId magic = a.literal(std::ldexp(1.5, static_cast<int>(format.mantissa)) + 2 * format.bias);
  const ValueId log2_e = a.literal(words(Constant::log2_e, setting.precision.compute)[0]);
  const ValueId t = b.fma(u.hi, log2_e, magic), bits = b.bits_of(t);
  const ValueId half = b.shift_right(bits, 1), rest = b.integer_sub(bits, half);
  const auto power = [&](ValueId low_bits) { return b.float_of(b.shift_left(low_bits, format.mantissa)); };
  const Number r = subtract_multiple_of_ln2(setting, u, b.sub(t, magic));
  const Number tail = reduced_expm1(setting, Table::exp, r);
  const ValueId whole = tail.lo ? b.add(tail.hi, *tail.lo) : tail.hi;
  const ValueId first = power(half);
  return a.of(b.mul(b.fma(first, whole, first), power(rest)), exp_range(argument.range));
}

}  // namespace

bool has_range_for_exp(const Setting &setting, Interval u) {
  if (setting.main.pairs_of_f64()) return false;
  constexpr double least = -40;  // from here up e^u 2^-60 is a normal f32
  return setting.wide || (meets_nothing_large(setting) && u.within(least, format_of(setting).largest));
}

Number exp(const Setting &setting, const Number &argument) {
  if (setting.settled && meets_nothing_large(setting)) return exp_in_two_steps(setting, setting.fine.settle(argument));
  return exp_grown_by(setting, argument, nullptr);
}

bool suits_power(const Setting &setting, const Base &base, Interval v) {
  const bool plain = setting.main.type() == Type::f32 && !setting.main.pairs();
  return plain && !setting.guarded && has_one_factor(setting, v * base.logarithm.range);
}

Number power_of(const Setting &setting, const Base &base, const Number &v) {
  const Reduced reduced = reduce(setting, v, format_of(setting), &base);
  const Number tail = reduced_expm1(setting, Table::exp, reduced.r);
  return {setting.main.builder().fma(reduced.s, tail.hi, reduced.s), std::nullopt, reduced.factor,
          exp_range(v.range * base.logarithm.range)};
}

Number exp_grown(const Setting &setting, const Number &argument, const Number &d) {
  return exp_grown_by(setting, argument, &d);
}

Number scaled_exp(const Setting &setting, const Number &u, const Number &n) {
  const Arithmetic &a = setting.main;
  internal_check(!a.pairs(), "scaled_exp: in pairs exp does");
  Builder &b = a.builder();
  const Format format = format_of(setting);
  const ValueId magic = b.sub(a.literal(std::ldexp(1.5, static_cast<int>(format.mantissa)) + format.bias), n.hi);
  const ValueId log2_e = a.literal(words(Constant::log2_e, setting.precision.compute)[0]);
  const ValueId t = b.fma(u.hi, log2_e, magic);
  const ValueId power = b.float_of(b.shift_left(b.bits_of(t), format.mantissa));
  // n times the short word is exact, and so is the difference; the rest is rounded once.
  const auto ln2 = words(Constant::ln_2_short, setting.precision.compute);
  const double rest = a.type() == Type::f32 ? static_cast<float>(ln2[1] + ln2[2]) : ln2[1];
  const ValueId whole = b.sub(t, magic);
  const ValueId r = b.fma(whole, a.literal(-rest), b.fma(whole, a.literal(-ln2[0]), u.hi));
  const Number tail = reduced_expm1(setting, Table::exp, a.of(r, {-0.36, 0.36}));
  return a.of(b.fma(power, tail.hi, power), Interval::all());
}

Number nearest(const Setting &setting, const Number &u) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId magic = a.literal(std::ldexp(1.5, static_cast<int>(format_of(setting).mantissa)));
  return a.of(b.sub(b.add(u.hi, magic), magic), u.range);
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
    // s - 1 is 0, or at least 1.16 times as large as what is added to it.
    const bool decays = u.range.high <= 0;
    const Arithmetic::Words offset = decays ? a.fast_two_sum(b.neg(one), reduced.s) : a.two_sum(reduced.s, b.neg(one));
    Arithmetic::Words sum{};
    if (a.pairs_of_f32()) {
      internal_check(decays, "expm1 in pairs of f32: no row needs it of positive numbers");
      sum = plus_multiple(a, offset, reduced.s, tail);
    } else {
      sum = a.fast_two_sum(offset.hi, b.mul(tail.hi, reduced.s));
      sum.lo = b.add(sum.lo, b.fma(*tail.lo, reduced.s, offset.lo));
    }
    result.hi = sum.hi;
    result.lo = sum.lo;
  } else {
    result.hi = b.fma(reduced.s, tail.hi, b.sub(reduced.s, one));
  }
  // Where zeros can't be looked up (univariate.cpp), expm1(-0) = -0 is seen to here.
  const Interval range = result.range;
  if (setting.guarded && unclamped.range.contains(0))
    result = a.select(a.equal(unclamped, a.exact(0)), unclamped, result);
  result.range = range;
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
