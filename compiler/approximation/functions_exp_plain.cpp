// Exponentials in plain f32, where a function of its own saves roundings and operations.
#include "approximation/reduction.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace actinide {
namespace {

/// The shift has added 2^exponent to s.
Exponentials exponentials(const Setting &setting, const Reduced &reduced, int exponent, double factor = 1) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId tail = reduced_expm1(setting, Table::exp, reduced.r).hi;
  const ValueId power = b.mul(reduced.s, a.literal(std::ldexp(1.0, -exponent)));
  const ValueId scaled = b.mul(reduced.s, a.literal(factor));  // exact
  return {b.fma(scaled, tail, scaled), b.fma(power, tail, b.sub(power, a.literal(1))), scaled, tail};
}

/// A parameter k, the same for all elements, and what is computed of it once, in f64.
class Parameter {
 public:
  Parameter(const Setting &setting, const Number &k)
      : a_(setting.main), k_(a_.settle(k).hi), wide_(a_.builder().widen(k_)) {
    Builder &b = a_.builder();
    const ValueId ln2 = b.neg(wide_over(std::numbers::ln2)), high = b.narrow(ln2);
    const ValueId log2 = b.narrow(b.mul(wide_, b.literal(Type::f64, -std::numbers::log2e)));
    base_ = {a_.of(b.neg(k_), Interval::all()),
             a_.of(log2, Interval::all()),
             {high, b.narrow(b.sub(ln2, b.widen(high))), std::nullopt, Interval::all()}};
  }

  ValueId value() const { return k_; }
  /// value / k, a number even where k is 0 or subnormal.
  ValueId over(double value) const { return a_.builder().narrow(wide_over(value)); }
  /// e^-k
  const Base &base() const { return base_; }

 private:
  ValueId wide_over(double value) const {
    Builder &b = a_.builder();
    const ValueId quotient = b.div(b.literal(Type::f64, value), wide_);
    const ValueId largest = b.literal(Type::f64, std::numeric_limits<float>::max());
    return b.select(b.less(largest, b.abs(quotient)), b.copysign(largest, quotient), quotient);
  }

  Arithmetic a_;
  ValueId k_, wide_;
  Base base_;
};

}  // namespace

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

/// With r = z^2 + 2 n ln2 the polynomial takes -r/2, whose powers of two its coefficients have. The fma that makes r
/// sees the exact square, and n times the short word is exact.
Number exp_of_half_square_grown(const Setting &setting, const Number &z, const Number &d) {
  const Arithmetic &a = setting.main;
  internal_check(a.type() == Type::f32 && !a.pairs(), "exp_of_half_square_grown: elsewhere exp does");
  Builder &b = a.builder();
  const int exponent = a.factor_exponent();
  const double log2_e = words(Constant::log2_e, setting.precision.compute)[0];
  const auto [s, n] = nearest_power(setting, b.mul(z.hi, z.hi), a.literal(-log2_e / 2),
                                    a.literal(shift_of(format_of(setting)) + exponent));
  const auto ln2 = words(Constant::ln_2_short, setting.precision.compute);
  const ValueId leading = b.fma(z.hi, z.hi, b.mul(n, a.literal(2 * ln2[0])));
  const ValueId r = b.fma(n, a.literal(2 * static_cast<float>(ln2[1] + ln2[2])), leading);
  const ValueId c = polynomial(setting, Table::exp, a.of(r, {-0.72, 0.72}), {.unit = -0.5, .times = 0.25}).hi;
  const ValueId tail = b.mul(r, b.fma(r, c, a.literal(-0.5)));
  const ValueId grown_tail = b.fma(tail, b.add(d.hi, a.literal(1)), d.hi);
  const Factor factor{a.literal(std::ldexp(1.0, -exponent)), a.literal(std::ldexp(1.0, exponent)), -exponent,
                      -exponent};
  return {b.fma(s, grown_tail, s), std::nullopt, factor, {0, 1 + std::max(d.range.high, 0.0)}};
}

Exponentials exp_and_expm1(const Setting &setting, const Number &w, int exponent, double factor) {
  const ValueId shift = setting.main.literal(shift_of(format_of(setting)) + exponent);
  return exponentials(setting, reduce_by(setting, w, std::nullopt, shift, nullptr), exponent, factor);
}

/// v - v0 = z g + z rest - v0 is taken in units of `unit`, a number of two words; the multiple of ln2 that is taken
/// from it is short, so that nothing of what is left is rounded but the last fma.
Exponentials exp_and_expm1_of_cubic(const Setting &setting, const Cubic &v, int exponent) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const double ln2_units = std::numbers::ln2 / v.unit,
               first = std::ldexp(std::round(std::ldexp(ln2_units, v.short_bits)), -v.short_bits);
  const double start = static_cast<float>(v.start);
  const ValueId excess = b.fma(v.z, v.g, a.literal(-start));
  const auto [s, n] = nearest_power(setting, excess, a.literal(static_cast<float>(-v.unit * std::numbers::log2e)),
                                    a.literal(shift_of(format_of(setting)) + exponent));
  const ValueId multiple = b.fma(n, a.literal(first), a.literal(-start));
  const ValueId lost = b.sub(b.fma(n, a.literal(first), b.neg(multiple)), a.literal(start));
  const ValueId low = b.fma(n, a.literal(static_cast<float>(ln2_units - first)),
                            b.sub(lost, a.literal(static_cast<float>(v.start - start))));
  const ValueId leading = b.fma(v.z, v.g, multiple), rest = b.fma(v.z, v.rest, low);
  const double unit = static_cast<float>(v.unit);
  const ValueId trailing = b.fma(leading, a.literal(static_cast<float>(unit - v.unit)), b.mul(rest, a.literal(-unit)));
  const ValueId r = b.select(v.is_near, v.near, b.fma(leading, a.literal(-unit), trailing));
  return exponentials(setting, {s, n, a.of(r, {-0.36, 0.36}), std::nullopt}, exponent);
}

/// With b = e^-k: the reduction takes |u| in units of 1/k, so that k |u| is never rounded. What is beyond e^-115 is
/// nothing for k > 2^-20, and what isn't is normal with the factor.
Number softplus_by(const Setting &setting, const Number &argument, const Number &parameter) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr int exponent = 44;
  const Number u = a.settle(a.fitted(argument));
  const Parameter k(setting, parameter);
  const ValueId size = b.abs(u.hi), last = k.over(115), is_far = b.less(last, size);
  const ValueId scaled = exp_by(setting, a.of(b.select(is_far, last, size), Interval::all()),
                                a.literal(shift_of(format_of(setting)) + exponent), &k.base());
  const ValueId e = b.select(is_far, a.literal(0), scaled);
  const Number unscaled = a.of(b.mul(e, a.literal(std::ldexp(1.0, -exponent))), {0, 1});
  const ValueId tail = b.mul(e, polynomial(setting, Table::log1p, unscaled).hi);
  const ValueId positive = b.select(b.less(u.hi, a.literal(0)), a.literal(0), u.hi);
  return a.of(b.fma(tail, k.over(std::ldexp(1.0, -exponent)), positive), {0, std::numeric_limits<double>::infinity()});
}

Number softplus_absolute(const Setting &setting, const Number &argument, const Number &parameter) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr double vanishing = -88;  // 2^-127 is 0 as a power of two
  const Number u = a.settle(a.fitted(argument));
  const Parameter k(setting, parameter);
  const ValueId size = b.mul(b.neg(k.value()), b.abs(u.hi)), last = a.literal(vanishing);
  const Number v = a.of(b.select(b.less(size, last), last, size), {vanishing, 0});
  const Number e = a.of(exp_by(setting, v, a.literal(shift_of(format_of(setting))), nullptr), {0, 1});
  const ValueId tail = b.mul(e.hi, polynomial(setting, Table::log1p_absolute, e).hi);
  const ValueId positive = b.select(b.less(u.hi, a.literal(0)), a.literal(0), u.hi);
  return a.of(b.fma(tail, k.over(1), positive), {0, std::numeric_limits<double>::infinity()});
}

namespace {

/// 1/(1 + e^(-k u)), or u/(1 + e^(-k u)). The denominator is a number as it is, or 2^-64 of it; beyond k u = -130,
/// where its inverse is below 2^-187, the quotient is 0.
Number logistic_by(const Setting &setting, const Number &argument, const Number &parameter, bool grows) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr int exponent = -64;
  const Number u = a.settle(a.fitted(argument));
  const Parameter k(setting, parameter);
  const ValueId zero = a.literal(0), one = a.literal(1), v = b.mul(b.neg(k.value()), u.hi);
  const ValueId vanishes = b.less(a.literal(130), v), is_large = b.less(a.literal(60), v);
  const ValueId numerator = grows ? b.select(vanishes, b.copysign(zero, u.hi), u.hi) : b.select(vanishes, zero, one);
  // Between these e is a number; right of them 1 + e is 1, and left the quotient 0.
  const ValueId is_negative = b.less(k.value(), zero), last = b.abs(k.over(130)), enough = b.abs(k.over(80));
  const ValueId low = b.neg(b.select(is_negative, enough, last)), high = b.select(is_negative, last, enough);
  const ValueId raised = b.select(b.less(u.hi, low), low, u.hi), bounded = b.select(b.less(high, raised), high, raised);
  const double shift = shift_of(format_of(setting));
  const ValueId power = b.select(is_large, a.literal(std::ldexp(1.0, exponent)), one);
  const ValueId e = exp_by(setting, a.of(bounded, Interval::all()),
                           b.select(is_large, a.literal(shift + exponent), a.literal(shift)), &k.base());
  const Factor factor{power, b.select(is_large, a.literal(std::ldexp(1.0, -exponent)), one), exponent, 0};
  return {b.div(numerator, b.add(e, power)), std::nullopt, factor, grows ? Interval::all() : Interval{0, 1}};
}

}  // namespace

Number sigmoid_by(const Setting &setting, const Number &u, const Number &k) {
  return logistic_by(setting, u, k, false);
}

Number swish_by(const Setting &setting, const Number &u, const Number &k) {
  return logistic_by(setting, u, k, true);
}

}  // namespace actinide
