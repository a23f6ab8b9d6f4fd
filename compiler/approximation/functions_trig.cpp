// sin of x plus a multiple of pi/4; cos is one of them.
//
// x + s pi/2 = n pi/2 + r, |r| <= pi/4; the low two bits of n choose between sin(r), cos(r) and their negatives. s = 0
// or 1/2 is added to x 2/pi and never to x, so that sin(x + pi/4) keeps its digits next to its roots, too.
//
// Moderate x (Cody and Waite): pi/2 is a sum of short words, so that the leading products are exact and r keeps its
// digits next to a multiple of pi/2. Large x (Payne and Hanek): x 2/pi modulo 4 from the digits of 2/pi that matter for
// the exponent of x, every product exact, so that every f64 has a result as good as near 0. They are rare: where no
// element of a vector is large, none of it is computed.
#include "approximation/functions.h"

#include <cmath>
#include <vector>

namespace actinide {
namespace {

struct Quadrant {
  Number r;
  ValueId n;  ///< an integer, of which the low two bits count
};

constexpr double moderate = 1024;  // multiples of 1/2 up to 2/pi of it have exact products with the words of pi/2
constexpr Interval reduced{-0.8, 0.8};

/// Its sum with a number rounds that to an integer, which stands in the low bits.
ValueId magic(const Arithmetic &a) {
  return a.literal(a.type() == Type::f32 ? 0x1.8p23 : 0x1.8p52);
}

/// What r is computed in: f64 results need more of its digits than f64 has.
Arithmetic reducing(const Setting &setting) {
  const bool pairs = setting.main.type() == Type::f64 && !setting.wide;
  return {setting.main.builder(), setting.main.type(), pairs};
}

/// x - n pi/2. The first difference is exact where n is an integer, or little is left; in pairs so is the second one,
/// and the product with the last word is rounded where that is 2^-128. f32 has fma, which needs no short words.
Number less_multiple(const Arithmetic &a, const Number &x, ValueId n, bool is_integer) {
  Builder &b = a.builder();
  const bool f32 = a.type() == Type::f32;
  const auto half_pi = f32 ? words(Constant::half_pi, Compute::f32) : words(Constant::half_pi_short, Compute::f64);
  const auto product = [&](std::size_t word) { return b.mul(n, a.literal(half_pi[word])); };
  const auto rest = [&](ValueId value, std::size_t word) { return b.fma(n, a.literal(-half_pi[word]), value); };
  Number result = a.of(x.hi, reduced);
  if (a.pairs()) {
    const Arithmetic::Words first =
        is_integer ? Arithmetic::Words{rest(x.hi, 0), a.literal(-0.0)} : a.two_sum(x.hi, b.neg(product(0)));
    const Arithmetic::Words second = a.two_sum(first.hi, b.neg(product(1)));
    const ValueId low = b.add(b.sub(second.lo, product(2)), first.lo);
    const Arithmetic::Words r = a.fast_two_sum(second.hi, low);
    result.hi = r.hi;
    result.lo = r.lo;
  } else {
    for (const std::size_t word : {0, 1, 2}) result.hi = rest(result.hi, word);
  }
  if (x.lo) result = a.add(result, a.of(*x.lo, reduced));
  result.range = reduced;
  return result;
}

/// Cody and Waite.
Quadrant reduce(const Arithmetic &a, const Number &x, double s) {
  Builder &b = a.builder();
  const Compute compute = a.type() == Type::f32 ? Compute::f32 : Compute::f64;
  const ValueId two_over_pi = a.literal(words(Constant::two_over_pi, compute)[0]), rounds = magic(a);
  const ValueId t = s == 0 ? b.fma(x.hi, two_over_pi, rounds) : b.add(b.fma(x.hi, two_over_pi, a.literal(s)), rounds);
  return {less_multiple(a, x, b.sub(b.sub(t, rounds), a.literal(s)), s == 0), b.bits_of(t)};
}

// Payne and Hanek. x 2/pi = y c with y = 2^-48k x and c = 2^48k 2/pi, k = 0, 1, ..., 20, as large as leaves y an
// integer, so that multiples of 4 may be left out of c; |y| < 2^100. c is a sum of words of 48 bits, the first one
// below 4.
constexpr int word_bits = 48;
constexpr std::size_t word_count = 25;  // 21 values of k, and five words for the last of them

/// The bits of 2/pi below 2^(2 - 48k), times 2^48k.
double word_of_two_over_pi(std::size_t k) {
  // digits[j] is worth 2^-24(j + 1). The two lowest bits of every other digit begin a word.
  const auto digits = words(Constant::two_over_pi_digits, Compute::f64);
  const double begin = k == 0 ? 0 : std::fmod(digits[2 * k - 1], 4), end = digits[2 * k + 1];
  return begin + std::ldexp(digits[2 * k], -24) + std::ldexp(end - std::fmod(end, 4), -48);
}

struct Scaled {
  ValueId y;
  std::vector<ValueId> c;
};

/// y and the first `count` words of c, from x 2^-far_exponent. The bits of k are found one after the other, from the
/// highest.
Scaled scaled(const Arithmetic &a, ValueId far, std::size_t count) {
  Builder &b = a.builder();
  ValueId y = far;
  int exponent = far_exponent;  // x = y 2^exponent, until the first step is decided
  std::vector<ValueId> c;
  for (std::size_t k = 0; k < word_count; ++k) c.push_back(a.literal(word_of_two_over_pi(k)));
  for (std::size_t step = 16; step > 0; step /= 2) {
    const int bits = word_bits * static_cast<int>(step);
    const ValueId goes_on = b.less_equal(a.literal(std::ldexp(1, bits + 52 - exponent)), b.abs(y));
    y = b.mul(y, b.select(goes_on, a.literal(std::ldexp(1, exponent - bits)), a.literal(std::ldexp(1, exponent))));
    exponent = 0;
    const std::size_t needed = std::min(count + step - 1, c.size());  // the steps that follow skip less than this one
    for (std::size_t i = 0; i < needed && i + step < c.size(); ++i) c[i] = b.select(goes_on, c[i + step], c[i]);
    c.resize(needed);
  }
  for (std::size_t i = 1; i < count; ++i)
    c[i] = b.mul(c[i], a.literal(std::ldexp(1, -word_bits * static_cast<int>(i))));
  return {y, c};
}

/// value less a multiple of `multiple`, for |value| <= 2^51 multiple: half of it at most.
ValueId remainder(const Arithmetic &a, ValueId value, double multiple) {
  Builder &b = a.builder();
  const ValueId rounds = a.literal(0x1.8p52 * multiple);
  return b.sub(value, b.sub(b.add(value, rounds), rounds));
}

/// Words whose sum is x 2/pi modulo 4.
struct Turns {
  std::vector<ValueId> leading;  ///< below 2^6
  std::vector<ValueId> small;    ///< below 2^-41
};

/// All but 2^-137 in pairs, else 2^-89.
void add_turns(const Arithmetic &a, ValueId far, Turns &turns) {
  Builder &b = a.builder();
  const std::size_t count = a.pairs() ? 5 : 4;
  const auto [y, c] = scaled(a, far, count);
  const auto [p0, p0_error] = a.two_product(y, c[0]);
  const auto [p1, p1_error] = a.two_product(y, c[1]);
  const auto [p2, p2_error] = a.two_product(y, c[2]);
  for (const ValueId word :
       {remainder(a, remainder(a, p0, 0x1p52), 4), remainder(a, p0_error, 4), remainder(a, p1, 8), p1_error, p2})
    turns.leading.push_back(word);
  turns.small.push_back(p2_error);
  if (!a.pairs()) return turns.small.push_back(b.mul(y, c[3]));
  const auto [p3, p3_error] = a.two_product(y, c[3]);
  for (const ValueId word : {p3, b.fma(y, c[4], p3_error)}) turns.small.push_back(word);
}

/// In f64.
Quadrant reduce_large(const Arithmetic &a, const Number &far, double s) {
  Builder &b = a.builder();
  Turns turns;
  add_turns(a, far.hi, turns);
  if (far.lo) add_turns(a, *far.lo, turns);
  if (s != 0) turns.leading.push_back(a.literal(s));

  // The leading words to the last bit: their sum, rounded, less an integer is exact, and so are the errors of the sum.
  ValueId sum = turns.leading[0];
  for (const ValueId word : std::span(turns.leading).subspan(1)) {
    const Arithmetic::Words next = a.two_sum(sum, word);
    sum = next.hi;
    turns.small.push_back(next.lo);
  }
  const ValueId n = b.sub(b.add(sum, magic(a)), magic(a));
  const Number leading = a.of(b.sub(sum, n), {-0.5, 0.5});
  const Interval little{-0x1p-40, 0x1p-40};
  Number small = a.of(turns.small[0], little);
  for (const ValueId word : std::span(turns.small).subspan(1))
    small = a.add_without_cancelling(small, a.of(word, little));
  const auto half_pi = words(Constant::half_pi, Compute::f64);
  Number factor = a.of(a.literal(half_pi[0]), Interval::around(half_pi[0]));
  if (a.pairs()) factor.lo = a.literal(half_pi[1]);
  Number r = a.mul(a.add(leading, small), factor);
  r.range = reduced;
  return {r, n};
}

Quadrant reduce_any(const Arithmetic &a, const Number &x, const Number &far, double s) {
  Builder &b = a.builder();
  const Quadrant usual = reduce(a, x, s);
  if (x.range.within(-moderate, moderate)) return usual;
  const bool f32 = a.type() == Type::f32;
  Quadrant large = reduce_large(f32 ? Arithmetic(b, Type::f64, false) : a, far, s);
  if (f32) large = {a.of(b.narrow(large.r.hi), reduced), b.narrow(large.n)};
  const ValueId is_large = b.less(a.literal(moderate), b.abs(x.hi)), n = b.bits_of(b.add(large.n, magic(a)));
  Number r = a.of(b.select_rarely(is_large, large.r.hi, usual.r.hi), reduced);
  if (a.pairs()) r.lo = b.select_rarely(is_large, *large.r.lo, *usual.r.lo);
  return {r, b.select_rarely(is_large, n, usual.n)};
}

struct SineAndCosine {
  Number sine;
  Number cosine;
};

SineAndCosine of_reduced(const Setting &setting, const Number &r) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const Number x = a.fitted(r), w = a.square(x);
  const Number of_sin = polynomial(setting, Table::sin, w), of_cos = polynomial(setting, Table::cos, w);
  const Number half = a.times_power_of_two(w, 0.5), head = a.sub(a.exact(1), half);
  if (a.pairs() || setting.wide) return {grown(a, x, w, of_sin), a.fma(a.square(w), of_cos, head)};
  // One rounding more than that of the sum of a large and a small part: what 1 - w/2 has been rounded by goes with the
  // small one, and so does the low word of r, times the derivative.
  const ValueId error = b.sub(b.sub(a.literal(1), head.hi), half.hi), low = r.lo.value_or(a.literal(-0.0));
  const ValueId small_of_sine = b.fma(b.mul(x.hi, w.hi), of_sin.hi, r.lo ? b.mul(low, head.hi) : low);
  const ValueId small_of_cosine = b.fma(b.mul(w.hi, w.hi), of_cos.hi, r.lo ? b.sub(error, b.mul(x.hi, low)) : error);
  return {a.of(b.add(x.hi, small_of_sine), {-1, 1}), a.of(b.add(head.hi, small_of_cosine), {0, 1})};
}

}  // namespace

double far_from(double u) {
  return std::ldexp(u, -far_exponent);
}

Number sin(const Setting &setting, const Number &u, const Number &far, int eighths) {
  const Arithmetic &a = setting.main;
  Builder &b = a.builder();
  const bool odd = (eighths & 1) != 0;
  const auto [r, quadrant] =
      reduce_any(reducing(setting), setting.fine.settle(setting.fine.fitted(u)), far, odd ? 0.5 : 0);
  const ValueId n = b.integer_add(quadrant, b.integer(b.type(quadrant), (eighths - (odd ? 1 : 0)) / 2));
  const auto [sine, cosine] = of_reduced(setting, r);
  // Bit 0 and bit 1 of n as signs of floats.
  const unsigned sign_bit = a.type() == Type::f32 ? 31 : 63;
  const auto sign = [&](unsigned bit) { return b.copysign(a.literal(1), b.float_of(b.shift_left(n, sign_bit - bit))); };
  const Number chosen = a.select(b.less(sign(0), a.literal(0)), cosine, sine);
  const ValueId outer = sign(1);
  Number result{b.mul(chosen.hi, outer), std::nullopt, std::nullopt, {-1, 1}};
  if (chosen.lo) result.lo = b.mul(*chosen.lo, outer);
  return eighths == 0 ? a.unless_tiny(u, result) : result;
}

}  // namespace actinide
