// log, log1p and powers.
#include "approximation/functions.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// 2 atanh(p/2) = p + p w c(w), w = (p/2)^2, for p = 2 f / (2 + f): the logarithm of 1 + f. The doubled quotient keeps
/// the last digit of a subnormal f.
Number log_of_one_plus(const Setting &setting, Table table, const Number &f) {
  const Arithmetic &a = setting.main;
  const Number p = a.div(a.times_power_of_two(f, 2), a.add(f, a.exact(2)));
  const Number w = a.square(a.times_power_of_two(a.settle(p), 0.5));
  return grown(a, p, w, polynomial(setting, table, w));
}

/// log(1 + v), 0 <= v <= 1. Keeps v's deferred factor.
Number log1p_of_unit(const Setting &setting, const Number &v) {
  const Arithmetic &a = setting.main;
  const Interval range = image_of_increasing(v.range, [](double x) { return std::log1p(x); });
  Number result{0, std::nullopt, std::nullopt, range};
  if (a.type() == Type::f32 && !a.pairs()) {
    result = a.mul(v, polynomial(setting, Table::log1p, a.settle(v)));
  } else {
    result = log_of_one_plus(setting, Table::atanh, v);
  }
  result.range = range;
  return result;
}

/// y = 2^k (1 + f), sqrt(1/2) <= 1 + f <= sqrt(2).
struct Split {
  ValueId k;         ///< as a float
  ValueId exponent;  ///< k as an integer
};

Split split(const Arithmetic &a, ValueId y) {
  Builder &b = a.builder();
  const bool f32 = a.type() == Type::f32;
  const unsigned mantissa = f32 ? 23 : 52;
  // Representations are ordered like positive floats: subtracting that of sqrt(1/2) puts the step of the exponent
  // there.
  const ValueId half = b.bits_of(a.literal(f32 ? 0x1.6a09e6p-1 : 0x1.6a09e667f3bcdp-1));
  const ValueId exponent = b.shift_right(b.integer_sub(b.bits_of(y), half), mantissa);
  // The integer as a float: low bits of 1.5 2^m, less 1.5 2^m.
  const double magic = std::ldexp(1.5, static_cast<int>(mantissa));
  const ValueId magic_bits = b.bits_of(a.literal(magic));
  const ValueId as_float = b.float_of(b.integer_add(exponent, magic_bits));
  return {b.sub(as_float, a.literal(magic)), exponent};
}

/// 2^-k for the integer k, |k| below the largest exponent.
ValueId inverse_power(const Arithmetic &a, ValueId exponent) {
  Builder &b = a.builder();
  const bool f32 = a.type() == Type::f32;
  const ValueId one = b.bits_of(a.literal(1));
  return b.float_of(b.integer_sub(one, b.shift_left(exponent, f32 ? 23 : 52)));
}

/// k ln2 + log(1 + f).
Number combine(const Setting &setting, ValueId k, const Number &f) {
  const Arithmetic &a = setting.main;
  const Number logarithm = log_of_one_plus(setting, Table::atanh_narrow, f);
  const Number multiple = a.mul(a.of(k, {-1100, 1100}), constant(setting, Constant::ln_2));
  if (a.pairs()) return a.add(multiple, logarithm);
  // In plain arithmetic k ln2 takes two words, the first product exact.
  Builder &b = a.builder();
  const auto ln2 = words(Constant::ln_2_short, setting.precision.compute);
  const ValueId low = b.fma(k, a.literal(ln2[1]), logarithm.hi);
  return a.of(b.fma(k, a.literal(ln2[0]), low), {-infinity, infinity});
}

/// The limits of log: -infinity at 0, infinity at infinity, NaN below 0 (`at_zero` is where the logarithm is
/// -infinity).
Number with_limits(const Arithmetic &a, Number result, const Number &u, double at_zero, Interval range) {
  Builder &b = a.builder();
  if (range.high == infinity || u.range.high == infinity) {
    result = a.select(b.equal(u.hi, a.literal(infinity)), a.exact(infinity), result);
  }
  if (u.range.low <= at_zero) {
    result = a.select(b.equal(u.hi, a.literal(at_zero)), a.exact(-infinity), result);
    const ValueId outside = b.less(u.hi, a.literal(at_zero));
    if (u.range.low < at_zero) result = a.select(outside, a.exact(std::numeric_limits<double>::quiet_NaN()), result);
  }
  result.range = range;
  return result;
}

}  // namespace

Number log(const Setting &setting, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.settle(a.fitted(argument));
  const Interval range = image_of_increasing(intersect(u.range, {0, infinity}), [](double x) { return std::log(x); });
  // A subnormal argument is made normal first.
  const bool f32 = a.type() == Type::f32;
  const double least = f32 ? 0x1p-126 : 0x1p-1022;
  const int lift = f32 ? 24 : 54;
  Number y = u;
  std::optional<ValueId> tiny;
  if (u.range.low < least) {
    tiny = b.less(u.hi, a.literal(least));
    y = a.select(*tiny, a.times_power_of_two(u, std::ldexp(1.0, lift)), u);
  }
  const Split parts = split(a, y.hi);
  // In two steps: 2^-k is subnormal for the largest arguments.
  const ValueId half = b.shift_right(parts.exponent, 1);
  const ValueId first = inverse_power(a, half);
  const ValueId second = inverse_power(a, b.integer_sub(parts.exponent, half));
  const auto scaled = [&](ValueId word) { return b.mul(b.mul(word, first), second); };
  Number m = a.of(scaled(y.hi), {0.7, 1.42});
  if (y.lo) m.lo = scaled(*y.lo);
  const Number f = a.add(m, a.exact(-1));
  const ValueId k = tiny ? b.select(*tiny, b.sub(parts.k, a.literal(lift)), parts.k) : parts.k;
  return with_limits(a, combine(setting, k, f), u, 0, range);
}

/// With y = 1 + v = 2^k (1 + f): f = 2^-k v + (2^-k - 1), where nothing of a small v is lost.
Number log1p(const Setting &setting, const Number &v_in) {
  const Arithmetic &a = setting.main;
  if (v_in.range.within(0, 1)) return log1p_of_unit(setting, a.fitted(v_in));
  Builder &b = a.builder();
  const Number v = a.settle(a.fitted(v_in));
  const Interval range =
      image_of_increasing(intersect(v.range, {-1, infinity}), [](double x) { return std::log1p(x); });
  // A larger argument would need a subnormal 2^-k; log(1 + v) there is log(v) to more than all digits.
  const double huge = a.type() == Type::f32 ? 0x1p120 : 0x1p1000;
  const ValueId is_huge = b.less(a.literal(huge), v.hi);
  Number w = v;
  if (v.range.high > huge) w = a.select(is_huge, a.times_power_of_two(v, 0x1p-40), v);
  w.range = intersect(v.range, {-1, huge});
  const Split parts = split(a, b.add(w.hi, a.literal(1)));
  const ValueId power = inverse_power(a, parts.exponent);
  Number scaled{b.mul(w.hi, power), std::nullopt, std::nullopt, {-0.5, 1.5}};
  if (w.lo) scaled.lo = b.mul(*w.lo, power);
  Number f = a.add(scaled, a.add(a.of(power, {0, 1}), a.exact(-1)));
  f.range = {-0.3, 0.42};
  ValueId k = parts.k;
  if (v.range.high > huge) k = b.select(is_huge, b.add(k, a.literal(40)), k);
  return a.unless_tiny(v_in, with_limits(a, combine(setting, k, f), v, -1, range));
}

Number integer_power(const Arithmetic &a, const Number &u, unsigned n) {
  if (n == 1) return u;
  Number result = a.square(integer_power(a, u, n / 2));
  if (n % 2 == 1) result = a.mul(result, u);
  return result;
}

Number general_power(const Setting &setting, const Number &u, const Number &v) {
  return exp(setting, setting.main.mul(v, log(setting, u)));
}

Number variable_power(const Setting &setting, const Number &u, const Number &v_in) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number v = a.settle(v_in), one = a.exact(1);
  const auto when_zero = [&](const Number &power) { return a.select(b.equal(v.hi, a.literal(0)), one, power); };
  if (u.range.low >= 0) return when_zero(general_power(setting, u, v));
  // From 2^51 on every v counts as even, as those from 2^53 on are.
  const auto is_whole = [&](ValueId value) {
    const ValueId shift = a.literal(0x1.8p52);
    return b.equal(b.sub(b.add(value, shift), shift), value);
  };
  const ValueId is_huge = b.less_equal(a.literal(0x1p51), b.abs(v.hi));
  const ValueId is_even = b.logical_or(is_huge, is_whole(b.mul(v.hi, a.literal(0.5))));
  ValueId has_value = b.logical_or(is_huge, is_whole(v.hi));
  if (v.lo) has_value = b.logical_and(has_value, b.equal(*v.lo, a.literal(0)));
  const ValueId is_odd = b.logical_and(has_value, b.logical_not(is_even));
  const ValueId has_none = b.logical_and(b.less(u.hi, a.literal(0)), b.logical_not(has_value));
  const Number size = general_power(setting, a.abs(u), v), power = a.select(is_odd, a.with_sign_of(size, u), size);
  return when_zero(a.select(has_none, a.exact(NAN), power));
}

}  // namespace actinide
