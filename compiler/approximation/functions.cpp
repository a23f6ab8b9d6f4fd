// What the functions share, and those of roots alone: root_sum, the quotient over it, squareplus.
#include "approximation/functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {

Number constant(const Setting &setting, Constant which) {
  const Arithmetic &a = setting.main;
  const auto all = words(which, setting.precision.compute);
  Number number = a.of(a.literal(all[0]), Interval::around(all[0]));
  if (a.pairs()) number.lo = a.literal(all[1]);
  return number;
}

Number polynomial(const Setting &setting, Table which, const Number &t, PolynomialScale scale) {
  // Plain f32 rounds at 2^-24 whatever the polynomial.
  const int most_bits = setting.main.type() == Type::f32 && !setting.main.pairs() ? 24 : 1000;
  const Coefficients &table =
      coefficients(which, {setting.precision.compute, std::min(setting.precision.bits, most_bits)});
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const std::size_t pairs = a.pairs() ? static_cast<std::size_t>(table.pairs) : 0;
  std::size_t k = table.hi.size() - 1;
  const auto coefficient_of = [&](std::size_t power) {
    return table.hi[power] * scale.times * std::pow(scale.unit, static_cast<double>(power));
  };
  ValueId plain = a.literal(coefficient_of(k));
  Interval range = Interval::point(coefficient_of(k));
  while (k > pairs) {
    const double coefficient = coefficient_of(--k);
    plain = b.fma(plain, t.hi, a.literal(coefficient));
    range = range * t.range + Interval::point(coefficient);
  }
  Number sum = a.of(plain, range);
  while (k > 0) {
    --k;
    Number coefficient = a.exact(table.hi[k]);
    if (!table.lo.empty() && table.lo[k] != 0) coefficient.lo = a.literal(table.lo[k]);
    sum = a.add_without_cancelling(coefficient, a.mul(sum, t));
  }
  return sum;
}

Number grown(const Arithmetic &a, const Number &x, const Number &y, const Number &c) {
  if (!a.pairs()) return a.fma(a.mul(x, y), c, x);
  return a.mul(x, a.add(a.exact(1), a.mul(y, c)));
}

Setting widened(const Setting &setting, int bits) {
  const Arithmetic f64(setting.main.builder(), Type::f64, false);
  return {.main = f64,
          .fine = f64,
          .precision = {Compute::f64, bits},
          .wide = true,
          .spare_digits = true,
          .few_digits = false,
          .distinct_from_one = setting.distinct_from_one,
          .multiplied = setting.multiplied,
          .guarded = setting.guarded,
          .settled = setting.settled,
          .odd_products = false};
}

Number widen(const Setting &setting, const Number &number) {
  const Number settled = setting.main.settle(number);
  Builder &b = setting.main.builder();
  const ValueId hi = b.widen(settled.hi);
  return setting.main.of(settled.lo ? b.add(hi, b.widen(*settled.lo)) : hi, settled.range);
}

Number narrow(const Setting &setting, const Number &number) {
  return setting.main.of(setting.main.builder().narrow(number.hi), number.range);
}

/// With |u| and c so large or so small that u^2 leaves the normal range, both are scaled by powers of two.
Number root_sum(const Setting &setting, const Number &u_in, const Number &c_in) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number u = a.abs(a.settle(a.fitted(u_in)));
  const Number c = a.settle(a.fitted(c_in));
  const Interval range =
      unite(u.range, image_of_increasing(absolute(u.range) * absolute(u.range) + intersect(c.range, {0, c.range.high}),
                                         [](double v) { return std::sqrt(v); }));
  const auto root = [&](const Number &base, const Number &offset) { return a.sqrt(a.fma(base, base, offset)); };
  Number result = u;
  const double large = a.type() == Type::f32 ? 0x1p60 : 0x1p500;
  const double small = a.type() == Type::f32 ? 0x1p-60 : 0x1p-500;
  if (setting.wide) {
    result = root(u, c);
  } else if (c.range.within(small, large)) {
    // A tiny u^2 vanishes beside c, a huge one makes c vanish.
    const Number bounded = a.clamp(u, 0, large);
    result = root(bounded, c);
    if (u.range.high > large) result = a.select(b.less(a.literal(large), u.hi), u, result);
  } else {
    const Number size = a.add(u, a.sqrt(c));
    const ValueId is_large = b.less(a.literal(large), size.hi);
    const ValueId is_small = b.less(size.hi, a.literal(small));
    const double down = a.type() == Type::f32 ? 0x1p-100 : 0x1p-600;
    const ValueId scale = b.select(is_large, a.literal(down), b.select(is_small, a.literal(1 / down), a.literal(1)));
    const ValueId back = b.select(is_large, a.literal(1 / down), b.select(is_small, a.literal(down), a.literal(1)));
    const auto times = [&](const Number &number, ValueId power) {
      Number product = a.of(b.mul(number.hi, power), number.range);
      if (number.lo) product.lo = b.mul(*number.lo, power);
      return product;
    };
    result = times(root(times(u, scale), times(times(c, scale), scale)), back);
  }
  result.range = range;
  return result;
}

namespace {

/// A power of two by which u may be multiplied where u^2 + c is wanted, c multiplied by its square, and its inverse: 1
/// unless c is below 1/`far` or above it. The same for all elements if c is.
struct Scale {
  ValueId up;
  ValueId down;
};
Scale scale_for(const Arithmetic &a, ValueId c, double far) {
  Builder &b = a.builder();
  constexpr double power = 0x1p60;
  const ValueId is_small = b.less(c, a.literal(1 / far)), is_large = b.less(a.literal(far), c);
  const auto choose = [&](double where_small, double where_large) {
    return b.select(is_large, a.literal(where_large), b.select(is_small, a.literal(where_small), a.literal(1)));
  };
  return {choose(power, 1 / power), choose(1 / power, power)};
}

}  // namespace

/// As c/(r |u| + r^2), where r^2 has one rounding. Where |u| is so large that u^2 may overflow, and c vanishes beside
/// it, u is scaled, and what that adds to the quotient deferred.
Number over_root_product(const Setting &setting, const Number &u_in, const Number &c_in) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  Number c = a.settle(a.fitted(c_in));
  ValueId size = b.abs(a.settle(a.fitted(u_in)).hi);  // the same for both signs, whatever is known of u's
  if (constexpr double far = 0x1p60; !c.range.within(1 / far, far)) {
    const ValueId up = scale_for(a, c.hi, far).up;
    c.hi = b.mul(b.mul(c.hi, up), up);
    size = b.mul(size, up);
  }
  constexpr int exponent = -58;
  const ValueId is_large = b.less(a.literal(0x1p62), size);
  const auto power = [&](int k) { return b.select(is_large, a.literal(std::ldexp(1.0, k * exponent)), a.literal(1)); };
  const ValueId scaled = b.mul(size, power(1));
  const ValueId square = b.fma(scaled, scaled, b.select(is_large, a.literal(0), c.hi));
  // Where c is 0 the quotient is, at a tiny u, too.
  const ValueId denominator =
      b.add(b.fma(b.sqrt(square), scaled, square), a.literal(std::numeric_limits<float>::denorm_min()));
  const Factor factor{power(2), power(-2), 2 * exponent, 0};
  return {b.div(c.hi, denominator), std::nullopt, factor, {0, 1}};
}

/// With h = |u|/2 and W = h + sqrt(h^2 + c/4): W on the right of 0, (c/4)/W on the left. Where c is so small or large
/// that h^2 + c/4 might leave f32, both are scaled, which is the same for all elements. h is bounded for its square
/// alone: where it is larger, c vanishes beside it, and 0 always does. W, scaled, overflows where it is u up to all
/// digits.
Number squareplus_by(const Setting &setting, const Number &argument, const Number &parameter) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId u = a.settle(a.fitted(argument)).hi, c = a.settle(parameter).hi;
  const Scale scale = scale_for(a, c, 0x1p100);
  const ValueId quarter = b.mul(b.mul(b.mul(c, scale.up), scale.up), a.literal(0.25));

  const ValueId half = b.mul(b.abs(u), b.mul(scale.up, a.literal(0.5)));
  const auto at_most = [&](ValueId bound, ValueId value) { return b.select(b.less(bound, value), bound, value); };
  const ValueId far = b.select(b.equal(c, a.literal(0)), a.literal(0), a.literal(0x1p63));
  const ValueId bounded = at_most(far, half);
  const ValueId root = b.sqrt(b.fma(bounded, bounded, quarter));
  const ValueId whole = b.add(half, b.select(b.less(root, half), half, root));
  const ValueId near = b.mul(at_most(b.add(far, far), whole), scale.down);
  const ValueId right = b.select(b.less(near, u), u, near);
  const ValueId left = b.mul(b.div(quarter, whole), scale.down);
  return a.of(b.select(b.less_equal(a.literal(0), u), right, left), {0, std::numeric_limits<double>::infinity()});
}

}  // namespace actinide
