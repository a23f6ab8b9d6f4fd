// Quotients and square roots of numbers.
#include "approximation/number.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Where the word itself lies, without the deferred factor.
Interval word_range(const Number &a) {
  if (!a.factor) return a.range;
  return a.range * Interval{std::ldexp(1.0, -a.factor->high), std::ldexp(1.0, -a.factor->low)};
}

/// Code::div's condition, of a numerator that is +0 or between two magnitudes.
bool is_moderate_quotient(double least, double greatest, Interval denominator) {
  constexpr double small = 0x1p-100, large = 0x1p100;
  return least >= small && greatest <= large && denominator.least_magnitude() >= small &&
         denominator.magnitude() <= large && least / denominator.magnitude() >= small &&
         greatest / denominator.least_magnitude() <= large;
}

}  // namespace

/// The least magnitude of the word where it isn't +0. That of x y + c, rounded once, is at least 2^-49 |c|: where |x y|
/// is at most half of |c|, or more than twice as much, nothing cancels; else x y and c are multiples of the last places
/// of x and y, multiplied, above 2^-48 |x y|, or of c's own. What cancels wholly is +0.
double Arithmetic::least_word(const Number &a) const {
  const Instruction &word = builder_.instruction(a.hi);
  const bool adds_constant = word.code == Code::fma && builder_.is_literal(word.operands[2]);
  const double constant = adds_constant ? std::abs(builder_.literal_value(word.operands[2])) : 0;
  return std::max(word_range(a).least_magnitude(), 0x1p-49 * constant);
}

Number Arithmetic::div(const Number &a_in, const Number &b_in) const {
  const Number a = fitted(a_in);
  Number b = fitted(b_in);
  std::optional<Factor> inverse;
  if (b.factor) inverse = Factor{b.factor->inverse, b.factor->value, -b.factor->high, -b.factor->low};
  if (!factors_fit(a.factor, inverse)) {
    b = settle(b);
    inverse.reset();
  }
  if (is_power_of_two(b)) return times_power_of_two(a, 1 / builder_.literal_value(b.hi));
  const Interval range = a.range / b.range;
  const bool is_parameter =
      type_ == Type::f32 && b.range.low > 0 && !b.factor && !builder_.is_literal(b.hi) && builder_.is_uniform(b.hi);
  if (!pairs_ && is_parameter)
    return {builder_.mul(a.hi, builder_.div(literal(1), b.hi)), std::nullopt, a.factor, range};
  const auto factor = multiply(a.factor, inverse);
  if (!pairs_) {
    const bool moderate =
        type_ == Type::f32 && is_moderate_quotient(least_word(a), word_range(a).magnitude(), word_range(b));
    return {builder_.div(a.hi, b.hi, moderate), std::nullopt, factor, range};
  }
  // Where 1/b is a normal number, one division serves both words, and all elements where b is a parameter: 1/b may be
  // subnormal, as the second word makes up for it, but not infinite.
  const bool invertible = !b.factor && b.range.least_magnitude() >= 1 / safe_magnitude() && !may_overflow(b.range);
  const auto inverse_of_b = [&] {
    const ValueId all = builder_.div(literal(1), b.hi), largest = literal(std::numeric_limits<float>::max());
    return invertible ? all : builder_.select(builder_.less(largest, all), largest, all);
  };
  const auto over_b = [&](ValueId word) {
    return invertible || is_parameter ? builder_.mul(word, inverse_of_b()) : builder_.div(word, b.hi);
  };
  const ValueId quotient = over_b(a.hi);
  ValueId rest = builder_.exact_fma(builder_.neg(quotient), b.hi, a.hi);
  if (a.lo) rest = builder_.add(rest, *a.lo);
  if (b.lo) rest = builder_.fma(builder_.neg(quotient), *b.lo, rest);
  const bool overflows = may_overflow(a.range) || may_overflow(b.range) || may_overflow(range) || b.range.contains(0);
  return pair_of(quotient, over_b(rest), factor, range, overflows);
}

Number Arithmetic::sqrt(const Number &a_in) const {
  const Number a = settle(fitted(a_in));
  const Interval range = image_of_increasing(intersect(a.range, {0, infinity}), [](double v) { return std::sqrt(v); });
  const ValueId root = builder_.sqrt(a.hi);
  if (!pairs_) return of(root, range);
  ValueId rest = builder_.exact_fma(builder_.neg(root), root, a.hi);
  if (a.lo) rest = builder_.add(rest, *a.lo);
  const ValueId error = builder_.div(rest, builder_.add(root, root));
  return pair_of(root, error, std::nullopt, range, may_overflow(a.range) || a.range.low <= 0);
}

}  // namespace actinide
