// Exponentials in pairs of f32, whose low words are never normalized.
#include "approximation/reduction.h"

#include <cmath>

namespace actinide {

/// The low word of r isn't rounded into the high one, but added to what is small; below the last place of r c needs no
/// more than its sum.
Number reduced_expm1_in_words(const Setting &setting, Table table, const Number &r) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId sum = b.add(r.hi, *r.lo);
  const ValueId c = polynomial(setting, table, a.of(sum, r.range)).hi;
  return {r.hi, b.fma(b.mul(sum, sum), c, *r.lo), std::nullopt, {-0.31, 0.43}};
}

/// The first difference is exact (Sterbenz, or offset = 0). Next to it s r is rounded by less than 2^-27 of the sum.
Arithmetic::Words plus_multiple(const Arithmetic &a, Arithmetic::Words offset, ValueId s, const Number &tail) {
  Builder &b = a.builder();
  const ValueId sum = b.fma(s, b.add(tail.hi, *tail.lo), offset.hi);
  const ValueId error = b.fma(s, *tail.lo, b.fma(s, tail.hi, b.sub(offset.hi, sum)));
  return {sum, b.is_literal(offset.lo, 0) ? error : b.add(error, offset.lo)};
}

/// k (s - 1) + k s (e^r - 1): k s is exact, and so is the first sum in two words. What is small meets the low word
/// first.
Number times_expm1(const Setting &setting, const Number &k, const Number &argument) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  constexpr double saturated = -40;
  const Number unclamped = setting.fine.settle(argument);
  const Number u = clamp_argument(setting, unclamped, saturated, format_of(setting).largest);
  const Reduced reduced = reduce_by(setting, u, std::nullopt, a.literal(shift_of(format_of(setting))), nullptr);
  const Number tail = reduced_expm1(setting, Table::expm1, reduced.r);
  const ValueId scale = b.mul(k.hi, reduced.s);
  const Arithmetic::Words offset =
      u.range.high <= 0 ? a.fast_two_sum(b.neg(k.hi), scale) : a.two_sum(scale, b.neg(k.hi));
  const Interval range = image_of_increasing(unclamped.range, [](double v) { return std::expm1(v); });
  const ValueId rest = b.fma(scale, tail.hi, b.fma(scale, *tail.lo, offset.lo));
  return a.of(b.add(offset.hi, rest), k.range * range);
}

}  // namespace actinide
