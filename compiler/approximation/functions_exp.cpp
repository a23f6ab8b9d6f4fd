// exp and expm1, and what is made of them.
//
// Reduction: u = n ln2 + r with n the nearest integer, |r| <= ln2/2; e^u = 2^n e^r = s + s (e^r - 1) with s = 2^n, the
// last step one fma. The sum t = u log2(e) + 1.5 2^m + bias, m the bits of the mantissa, rounds to the integer and has
// n + bias in its low bits, so that shifting t's representation by m makes the float 2^n.
#include "approximation/functions.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace actinide {
namespace {

/// Facts of a float type that the reduction needs.
struct Format {
  unsigned mantissa;
  int bias;
  /// Below e^-comfortable, or above e^comfortable, 2^n gets a deferred factor: in f64 soon enough for squares of what
  /// has none to keep their low words.
  double comfortable;
  /// Largest |u| for which 2^n with the factor is a normal float.
  double largest;
};

Format format_of(const Setting &setting) {
  if (setting.main.type() == Type::f32) return {23, 127, 64, 127};
  return setting.wide ? Format{52, 1023, 705, 700} : Format{52, 1023, 240, 1050};
}

/// What rounds u log2(e) to an integer when it is added, and puts 2^n's exponent into the low bits.
double shift_of(const Format &format) {
  return std::ldexp(1.5, static_cast<int>(format.mantissa)) + format.bias;
}

/// e^u = factor * s * (1 + tail), s = 2^n.
struct Reduced {
  ValueId s;
  ValueId n;  ///< as a float; the factor is not part of it
  Number r;
  std::optional<Factor> factor;
};

/// In plain f32, where nothing that is large can be multiplied with a result before its deferred factor is.
bool meets_nothing_large(const Setting &setting) {
  return setting.main.type() == Type::f32 && !setting.main.pairs() && !setting.multiplied && !setting.guarded;
}

/// The exponent of the deferred factor that all of these u can have where nothing large can meet e^u, if any need one:
/// with it e^u is normal, and its square no overflow.
std::optional<int> common_exponent(const Setting &setting, Interval u, const Format &format) {
  if (!meets_nothing_large(setting) || u.low >= -format.comfortable || u.low < -format.largest) return std::nullopt;
  if (u.high <= 0) return -setting.main.factor_exponent();
  const int least = static_cast<int>(std::floor(u.low * std::numbers::log2e)) + format.bias - 2;
  const int greatest = static_cast<int>(std::ceil(u.high * std::numbers::log2e));
  const bool fits = 2 * (greatest - least) < format.bias;
  return fits ? std::optional(least) : std::nullopt;
}

/// Whether the deferred factor, if any, is the same for all of these u, of which none is beyond the format.
bool has_one_factor(const Setting &setting, Interval u) {
  const Format format = format_of(setting);
  if (!u.within(-format.largest, format.largest)) return false;
  return common_exponent(setting, u, format) || has_range_for_exp(setting, u) ||
         u.within(-format.comfortable, format.comfortable);
}

/// The deferred factor, and the constant whose addition rounds to an integer, by the size of u. Where nothing large can
/// meet e^u the factor is always there, if e^u is below 1 or never tiny.
std::pair<std::optional<Factor>, ValueId> choose_factor(const Setting &setting, const Number &u, const Format &format) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double magic = shift_of(format);
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
  const auto common = [&](int exponent) {
    return std::pair(
        Factor{a.literal(std::ldexp(1.0, exponent)), a.literal(std::ldexp(1.0, -exponent)), exponent, exponent},
        a.literal(magic - exponent));
  };
  if (const auto exponent = common_exponent(setting, u.range, format)) return common(*exponent);
  if (setting.main.type() == Type::f32 && has_range_for_exp(setting, u.range) && u.range.high > format.comfortable)
    return common(power);
  if (u.range.low < -format.comfortable) defer(b.less(u.hi, a.literal(-format.comfortable)), -power);
  if (u.range.high > format.comfortable) defer(b.less(a.literal(format.comfortable), u.hi), power);
  if (!any) return {std::nullopt, shift};
  return {Factor{value, inverse, u.range.low < -format.comfortable ? -power : 0,
                 u.range.high > format.comfortable ? power : 0},
          shift};
}

/// u - n p in plain arithmetic, for p in two words: the first difference is exact (Sterbenz, or n = 0).
ValueId remainder(const Arithmetic &a, const Number &u, ValueId n, ValueId high, ValueId low) {
  Builder &b = a.builder();
  const ValueId whole = b.fma(n, b.neg(high), u.hi);
  return u.lo ? b.add(whole, b.fma(n, b.neg(low), *u.lo)) : b.fma(n, b.neg(low), whole);
}

/// u - n ln2. The words of ln2 are short, so that n times all but the last is exact with or without fma; plain
/// arithmetic below 2^-44 needs one word only.
Number subtract_multiple_of_ln2(const Setting &setting, const Number &u, ValueId n, const Base *base = nullptr) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  if (base) {
    const ValueId v = remainder(a, u, n, base->log_of_2.hi, *base->log_of_2.lo);
    return a.of(b.mul(v, base->logarithm.hi), {-0.36, 0.36});
  }
  const auto word = [&](std::span<const double> all, std::size_t i) { return a.literal(-all[i]); };
  if (!a.pairs()) {
    const bool f32 = a.type() == Type::f32;
    const auto ln2 = words(f32 ? Constant::ln_2 : Constant::ln_2_short, setting.precision.compute);
    return a.of(remainder(a, u, n, a.literal(ln2[0]), a.literal(ln2[1])), {-0.36, 0.36});
  }
  const auto ln2 = words(Constant::ln_2_short, setting.precision.compute);
  const ValueId leading = b.fma(n, word(ln2, 0), u.hi);  // exact: Sterbenz, or n = 0
  // The product is below 2^-33. Where it is the larger one, the sum is off by 2^-86 at most, and so is e^r, above 1/2.
  const Arithmetic::Words sum = a.fast_two_sum(leading, b.mul(n, word(ln2, 1)));
  ValueId low = sum.lo;
  for (std::size_t i = 2; i < ln2.size(); ++i) low = b.fma(n, word(ln2, i), low);
  if (u.lo) low = b.add(low, *u.lo);
  const Arithmetic::Words r = a.fast_two_sum(sum.hi, low);
  return {r.hi, r.lo, std::nullopt, {-0.36, 0.36}};
}

Reduced reduce_by(const Setting &setting, const Number &u, const std::optional<Factor> &factor, ValueId magic,
                  const Base *base) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId log2 = base ? base->log2.hi : a.literal(words(Constant::log2_e, setting.precision.compute)[0]);
  const ValueId t = b.fma(u.hi, log2, magic);
  const ValueId n = b.sub(t, magic);
  const ValueId s = b.float_of(b.shift_left(b.bits_of(t), format_of(setting).mantissa));
  return {s, n, subtract_multiple_of_ln2(setting, u, n, base), factor};
}

Reduced reduce(const Setting &setting, const Number &u, const Format &format, const Base *base = nullptr) {
  Number scaled = u;
  if (base) scaled.range = u.range * base->logarithm.range;
  const auto [factor, magic] = choose_factor(setting, scaled, format);
  return reduce_by(setting, u, factor, magic, base);
}

/// e^r - 1 = r + r^2 c(r).
Number reduced_expm1(const Setting &setting, Table table, const Number &r) {
  const Arithmetic &a = setting.main;
  const Number c = polynomial(setting, table, r);
  Number result = grown(a, r, r, c);
  result.range = {-0.31, 0.43};
  return result;
}

/// e^u times the power of two that the shift adds.
ValueId exp_by(const Setting &setting, const Number &u, ValueId shift, const Base *base) {
  const Reduced reduced = reduce_by(setting, u, std::nullopt, shift, base);
  return setting.main.builder().fma(reduced.s, reduced_expm1(setting, Table::exp, reduced.r).hi, reduced.s);
}

Interval exp_range(Interval u) {
  Interval range = image_of_increasing(u, [](double v) { return std::exp(v); });
  if (u.high <= 0) range.high = std::min(range.high, 1.0);
  return range;
}

/// The argument between the limits of the format. Its low word can't be compared, so it goes where the high word is
/// replaced.
Number clamp_argument(const Setting &setting, const Number &u, double low, double high) {
  return (u.lo ? setting.fine : setting.main).clamp(u, low, high);
}

/// u, but no nearer to 0 than 2^-45: see Setting::distinct_from_one. That is nothing beside the 8 digits of bf16.
Number away_from_zero(const Arithmetic &a, const Number &u) {
  const Number least = a.exact(0x1p-45);
  return a.select(a.less(a.abs(u), least), a.with_sign_of(least, u), u);
}

/// e^u, or e^u (1 + d).
Number exp_grown_by(const Setting &setting, const Number &argument, const Number *d) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Format format = format_of(setting);
  Number unclamped = setting.fine.settle(argument);
  if (setting.distinct_from_one && unclamped.range.contains(0)) unclamped = away_from_zero(a, unclamped);
  const Number u = clamp_argument(setting, unclamped, -format.largest, format.largest);
  const Reduced reduced = reduce(setting, u, format);
  Number tail = reduced_expm1(setting, Table::exp, reduced.r);
  if (d) tail = a.fma(tail, *d, a.add(tail, *d));
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
  const ValueId first = power(half);
  return a.of(b.mul(b.fma(first, tail.hi, first), power(rest)), exp_range(argument.range));
}

}  // namespace

bool has_range_for_exp(const Setting &setting, Interval u) {
  if (setting.main.pairs()) return false;
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
  return power_times(setting, base, v, setting.main.exact(1));
}

Number power_times(const Setting &setting, const Base &base, const Number &v, const Number &d) {
  Builder &b = setting.main.builder();
  const Reduced reduced = reduce(setting, v, format_of(setting), &base);
  const Number tail = reduced_expm1(setting, Table::exp, reduced.r);
  const ValueId scaled = b.mul(reduced.s, d.hi);
  return {b.fma(scaled, tail.hi, scaled), std::nullopt, reduced.factor,
          exp_range(v.range * base.logarithm.range) * d.range};
}

Number one_plus_exp(const Setting &setting, const Number &u, const Base *base) {
  const Arithmetic &a = setting.main;
  const ValueId e = exp_by(setting, u, a.literal(shift_of(format_of(setting))), base);
  return a.of(a.builder().add(e, a.literal(1)), {1, 0x1p128});
}

/// r^2 is never formed: it is nothing where e^u is huge, and so is what it adds.
ScaledSum scaled_one_plus_exp(const Setting &setting, const Number &u, const Base *base) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double huge = 80 / (base ? b.literal_value(base->logarithm.hi) : 1), shift = shift_of(format_of(setting));
  constexpr int exponent = -90;
  const ValueId limit = a.literal(static_cast<float>(huge));
  const ValueId is_huge = huge > 0 ? b.less(limit, u.hi) : b.less(u.hi, limit);
  const ValueId root = b.select(is_huge, a.literal(std::ldexp(1.0, exponent)), a.literal(1));
  const ValueId e = exp_by(setting, u, b.select(is_huge, a.literal(shift + 2 * exponent), a.literal(shift)), base);
  return {b.fma(root, root, e), root};
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
    const Arithmetic::Words sum = a.fast_two_sum(offset.hi, b.mul(tail.hi, reduced.s));
    result.hi = sum.hi;
    result.lo = b.add(sum.lo, b.fma(*tail.lo, reduced.s, offset.lo));
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
