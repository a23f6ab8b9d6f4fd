#include "approximation/reduction.h"

#include "error.h"

#include <cmath>
#include <numbers>

namespace actinide {
namespace {

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

/// Whether f64 has ln2 in one word for the integers n that are taken from such u: n times what is left of it is less
/// than a sixteenth of the error that is allowed.
bool one_word_suffices(const Setting &setting, Interval u) {
  constexpr double rest = 0x1.abc9e3b39803fp-56;  // of ln2
  const double largest = std::max(std::fabs(u.low), std::fabs(u.high)) * std::numbers::log2e + 1;
  return largest * rest <= std::ldexp(1.0, -setting.precision.bits - 4);
}

/// u - n p in plain arithmetic, for p in two words: the first difference is exact (Sterbenz, or n = 0).
ValueId remainder(const Arithmetic &a, const Number &u, ValueId n, ValueId high, ValueId low) {
  Builder &b = a.builder();
  const ValueId whole = b.fma(n, b.neg(high), u.hi);
  return u.lo ? b.add(whole, b.fma(n, b.neg(low), *u.lo)) : b.fma(n, b.neg(low), whole);
}

double rounded(const Arithmetic &a, double value) {
  return a.type() == Type::f32 ? static_cast<float>(value) : value;
}

}  // namespace

Format format_of(const Setting &setting) {
  if (setting.main.type() == Type::f32) return {23, 127, 64, 127};
  return setting.wide ? Format{52, 1023, 705, 700} : Format{52, 1023, 240, 1050};
}

double shift_of(const Format &format) {
  return std::ldexp(1.5, static_cast<int>(format.mantissa)) + format.bias;
}

Number clamp_argument(const Setting &setting, const Number &u, double low, double high) {
  return (u.lo ? setting.fine : setting.main).clamp(u, low, high);
}

Number away_from_zero(const Setting &setting, const Number &u) {
  if (!setting.distinct_from_one || !u.range.contains(0)) return u;
  const Arithmetic &a = setting.main;
  const Number least = a.exact(0x1p-45);
  return a.select(a.less(a.abs(u), least), a.with_sign_of(least, u), u);
}

bool meets_nothing_large(const Setting &setting) {
  return setting.main.type() == Type::f32 && !setting.multiplied && !setting.guarded;
}

bool has_one_factor(const Setting &setting, Interval u) {
  const Format format = format_of(setting);
  if (!u.within(-format.largest, format.largest)) return false;
  return common_exponent(setting, u, format) || has_range_for_exp(setting, u) ||
         u.within(-format.comfortable, format.comfortable);
}

Number subtract_multiple_of_ln2(const Setting &setting, const Number &u, ValueId n, const Base *base) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  if (base) {
    const ValueId v = remainder(a, u, n, base->log_of_2.hi, *base->log_of_2.lo);
    return a.of(b.mul(v, base->logarithm.hi), {-0.36, 0.36});
  }
  const auto word = [&](std::span<const double> all, std::size_t i) { return a.literal(-all[i]); };
  if (!a.pairs()) {
    const bool f32 = a.type() == Type::f32;
    if (!f32 && !u.lo && one_word_suffices(setting, u.range))
      return a.of(b.fma(n, word(words(Constant::ln_2, setting.precision.compute), 0), u.hi), {-0.36, 0.36});
    const auto ln2 = words(f32 ? Constant::ln_2 : Constant::ln_2_short, setting.precision.compute);
    if (setting.precision.absolute && u.range.high <= 0)  // n times what one word lacks, times e^u, is below 2^-29
      return a.of(b.fma(n, word(ln2, 0), u.hi), {-0.36, 0.36});
    return a.of(remainder(a, u, n, a.literal(ln2[0]), a.literal(ln2[1])), {-0.36, 0.36});
  }
  const auto ln2 = words(a.pairs_of_f32() ? Constant::ln_2 : Constant::ln_2_short, setting.precision.compute);
  const ValueId leading = b.fma(n, word(ln2, 0), u.hi);  // exact: Sterbenz, or n = 0
  if (a.pairs_of_f32()) {
    const ValueId low = u.lo ? b.fma(n, word(ln2, 1), *u.lo) : b.mul(n, word(ln2, 1));
    return {leading, low, std::nullopt, {-0.36, 0.36}};
  }
  // The product is below 2^-33. Where it is the larger one, the sum is off by 2^-86 at most, and so is e^r, above 1/2.
  const Arithmetic::Words sum = a.fast_two_sum(leading, b.mul(n, word(ln2, 1)));
  ValueId low = sum.lo;
  for (std::size_t i = 2; i < ln2.size(); ++i) low = b.fma(n, word(ln2, i), low);
  if (u.lo) low = b.add(low, *u.lo);
  const Arithmetic::Words r = a.fast_two_sum(sum.hi, low);
  return {r.hi, r.lo, std::nullopt, {-0.36, 0.36}};
}

Power nearest_power(const Setting &setting, ValueId u, ValueId log2, ValueId magic) {
  Builder &b = setting.main.builder();
  const ValueId t = b.fma(u, log2, magic), n = b.sub(t, magic);
  return {b.float_of(b.shift_left(b.bits_of(t), format_of(setting).mantissa)), n};
}

Reduced reduce_by(const Setting &setting, const Number &u, const std::optional<Factor> &factor, ValueId magic,
                  const Base *base) {
  const Arithmetic &a = setting.main;
  const ValueId log2 = base ? base->log2.hi : a.literal(words(Constant::log2_e, setting.precision.compute)[0]);
  const auto [s, n] = nearest_power(setting, u.hi, log2, magic);
  return {s, n, subtract_multiple_of_ln2(setting, u, n, base), factor};
}

Reduced reduce(const Setting &setting, const Number &u, const Format &format, const Base *base) {
  Number scaled = u;
  if (base) scaled.range = u.range * base->logarithm.range;
  const auto [factor, magic] = choose_factor(setting, scaled, format);
  return reduce_by(setting, u, factor, magic, base);
}

Number reduced_expm1(const Setting &setting, Table table, const Number &r) {
  const Arithmetic &a = setting.main;
  if (a.pairs_of_f32()) return reduced_expm1_in_words(setting, table, r);
  const Number c = polynomial(setting, table, r);
  Number result = grown(a, r, r, c);
  result.range = {-0.31, 0.43};
  return result;
}

Base base_of(const Setting &setting, double unit, int words_of_ln2) {
  const Arithmetic &a = setting.main;
  const auto number = [&](double value) { return a.of(a.literal(rounded(a, value)), Interval::point(value)); };
  const double ln2 = std::numbers::ln2 / unit;
  Base base{number(unit), number(unit * std::numbers::log2e), number(ln2)};
  if (words_of_ln2 > 1 && a.type() == Type::f32) base.log_of_2.lo = a.literal(rounded(a, ln2 - rounded(a, ln2)));
  return base;
}

ExpQuotient exp_quotient_by(const Setting &setting, ValueId shift, const Number &v, const Base &base, int bits) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const auto [s, n] = nearest_power(setting, v.hi, base.log2.hi, shift);
  const ValueId r = base.log_of_2.lo ? remainder(a, v, n, base.log_of_2.hi, *base.log_of_2.lo)
                                     : b.fma(n, b.neg(base.log_of_2.hi), v.hi);
  const auto c = coefficients(Table::exp_quotient, {setting.precision.compute, bits}).hi;
  const double unit = b.literal_value(base.logarithm.hi);
  const auto coefficient = [&](std::size_t k) {
    return a.literal(rounded(a, c[k] * std::pow(unit, 2 * static_cast<double>(k) - 1)));
  };
  const ValueId square = b.mul(r, r);
  ValueId q = coefficient(c.size() - 1);
  for (std::size_t k = c.size() - 1; k-- > 0;) q = b.fma(square, q, coefficient(k));
  return {s, r, q, std::nullopt};
}

ExpQuotient exp_quotient(const Setting &setting, const Number &v, const Base &base, int bits) {
  Number u = v;
  u.range = v.range * base.logarithm.range;
  const auto [factor, shift] = choose_factor(setting, u, format_of(setting));
  ExpQuotient e = exp_quotient_by(setting, shift, v, base, bits);
  e.factor = factor;
  return e;
}

ValueId exp_by(const Setting &setting, const Number &u, ValueId shift, const Base *base) {
  const Reduced reduced = reduce_by(setting, u, std::nullopt, shift, base);
  return setting.main.builder().fma(reduced.s, reduced_expm1(setting, Table::exp, reduced.r).hi, reduced.s);
}

}  // namespace actinide
