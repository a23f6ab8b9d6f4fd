// sin and cos.
//
// x = n pi/2 + r, |r| <= pi/4; the low two bits of n choose between sin(r), cos(r) and their negatives.
//
// Moderate x (Cody and Waite): pi/2 is a sum of short words, so that the leading products are exact and r keeps its
// digits next to a multiple of pi/2. Large x of f32 kernels (Payne and Hanek): x 2/pi modulo 4 from the digits of 2/pi
// that matter for the exponent of x, every product exact, so every f32 has a result as good as near 0. Results of f64
// kernels are as good up to |x| = 2^40, and NaN beyond: no digit of them would be right.
#include "approximation/functions.h"

#include <array>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

struct Quadrant {
  Number r;
  ValueId n;  ///< an integer, of which the low two bits count
};

constexpr double magic = 0x1.8p52;  // its sum with x rounds x to an integer, which stands in the low bits
constexpr double moderate = 2048;   // n and the words of pi/2 have exact products, with fma or without
constexpr double most_of_f64 = 0x1p40;

/// Cody and Waite.
Quadrant reduce(const Setting &setting, const Number &x) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const ValueId two_over_pi = a.literal(words(Constant::two_over_pi, setting.precision.compute)[0]);
  const ValueId t = b.fma(x.hi, two_over_pi, a.literal(magic));
  const ValueId n = b.sub(t, a.literal(magic));
  const auto half_pi = words(Constant::half_pi_short, setting.precision.compute);
  const Interval range{-0.8, 0.8};
  Number r = a.of(b.fma(n, a.literal(-half_pi[0]), x.hi), range);
  for (std::size_t i = 1; i < half_pi.size(); ++i) {
    r = a.fma(a.of(n, {-0x1p41, 0x1p41}), a.exact(-half_pi[i]), r);
    r.range = range;
  }
  if (x.lo) r = a.add(r, a.of(*x.lo, range));
  r.range = range;
  return {r, b.bits_of(t)};
}

/// x 2/pi = y c, y = 2^-24k x, c = 2^24k 2/pi; for k > 0, y is an integer, so that multiples of 4 may be left out of c.
/// The digits of 2/pi have 24 bits and so has y: the products with all words but the last are exact.
struct Group {
  double scale;
  std::array<double, 4> words;
};

Group group(std::size_t k) {
  const auto digits = words(Constant::two_over_pi_digits, Compute::f64);  // digits[0] is worth 2^-24
  const auto digit = [&](std::size_t j) { return std::ldexp(digits[k + j], -24 * static_cast<int>(j + 1)); };
  const double units = k == 0 ? 0 : std::fmod(digits[k - 1], 4);
  return {std::ldexp(1.0, -24 * static_cast<int>(k)), {units + digit(0), digit(1), digit(2), digit(3) + digit(4)}};
}

/// Payne and Hanek, for values of f32 in f64 arithmetic, moderate <= |x|.
Quadrant reduce_large(const Arithmetic &a, ValueId x) {
  Builder &b = a.builder();
  const Group first = group(0);
  ValueId scale = a.literal(first.scale);
  std::array<ValueId, 4> c;
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = a.literal(first.words[i]);
  for (std::size_t k = 1; k <= 4; ++k) {
    const Group next = group(k);
    const ValueId from_here = b.less_equal(a.literal(std::ldexp(1.0, static_cast<int>(24 * k + 24))), b.abs(x));
    scale = b.select(from_here, a.literal(next.scale), scale);
    for (std::size_t i = 0; i < c.size(); ++i) c[i] = b.select(from_here, a.literal(next.words[i]), c[i]);
  }
  const ValueId y = b.mul(x, scale);
  const auto nearest = [&](ValueId value) { return b.add(value, a.literal(magic)); };
  const auto modulo_4 = [&](ValueId value) {
    const ValueId multiple = b.sub(nearest(b.mul(value, a.literal(0.25))), a.literal(magic));
    return b.sub(value, b.mul(multiple, a.literal(4)));
  };
  const ValueId p0 = modulo_4(b.mul(y, c[0]));
  const ValueId p1 = modulo_4(b.mul(y, c[1]));
  const ValueId p2 = b.mul(y, c[2]);
  const ValueId t = nearest(b.add(b.add(p0, p1), p2));
  // What cancels is exact: p0 - n, and the sum with p1 where it is small.
  const ValueId leading = b.add(b.sub(p0, b.sub(t, a.literal(magic))), p1);
  const ValueId fraction = b.add(leading, b.add(p2, b.mul(y, c[3])));
  const ValueId r = b.mul(fraction, a.literal(words(Constant::half_pi, Compute::f64)[0]));
  return {a.of(r, {-0.8, 0.8}), b.bits_of(t)};
}

Quadrant reduce_any(const Setting &setting, const Number &x) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  Quadrant quadrant = reduce(setting, x);
  const ValueId size = b.abs(x.hi);
  if (!setting.wide) {
    if (x.range.within(-most_of_f64, most_of_f64)) return quadrant;
    const Number nothing = a.exact(std::numeric_limits<double>::quiet_NaN());
    quadrant.r = a.select(b.less(a.literal(most_of_f64), size), nothing, quadrant.r);
    quadrant.r.range = {-0.8, 0.8};
    return quadrant;
  }
  if (x.range.within(-moderate, moderate)) return quadrant;
  const ValueId is_large = b.less(a.literal(moderate), size);
  const Quadrant large = reduce_large(a, x.hi);
  return {a.select(is_large, large.r, quadrant.r), b.select(is_large, large.n, quadrant.n)};
}

/// sin of x + shift pi/2.
Number shifted_sine(const Setting &setting, const Number &x_in, int shift) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number x = a.settle(a.fitted(x_in));
  const Quadrant quadrant = reduce_any(setting, x);
  const ValueId n = b.integer_add(quadrant.n, b.integer(Type::i64, shift));
  const Number w = a.square(quadrant.r);
  const Number sine = grown(a, quadrant.r, w, polynomial(setting, Table::sin, w));
  const Number cosine =
      a.fma(a.square(w), polynomial(setting, Table::cos, w), a.sub(a.exact(1), a.times_power_of_two(w, 0.5)));
  // Bit 0 and bit 1 of n as signs of floats.
  const auto sign = [&](unsigned bit) { return b.copysign(a.literal(1), b.float_of(b.shift_left(n, 63 - bit))); };
  const Number chosen = a.select(b.less(sign(0), a.literal(0)), cosine, sine);
  const ValueId outer = sign(1);
  Number result{b.mul(chosen.hi, outer), std::nullopt, std::nullopt, {-1, 1}};
  if (chosen.lo) result.lo = b.mul(*chosen.lo, outer);
  return result;
}

/// f32 goes through f64: the reduction needs more digits than f32 has.
Number any_sine(const Setting &setting, const Number &u, int shift) {
  if (setting.main.type() == Type::f64) return shifted_sine(setting, u, shift);
  constexpr int bits = 30;
  return narrow(setting, shifted_sine(widened(setting, bits), widen(setting, u), shift));
}

}  // namespace

Number sin(const Setting &setting, const Number &u) {
  return setting.main.unless_tiny(u, any_sine(setting, u, 0));
}

Number cos(const Setting &setting, const Number &u) {
  return any_sine(setting, u, 1);
}

}  // namespace actinide
