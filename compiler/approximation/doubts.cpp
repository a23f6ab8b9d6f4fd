// Where what is computed at first can't be relied on, so that it is computed again in another way: see precision.h.
#include "approximation/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace actinide {
namespace {

/// Factors of such magnitudes leave f32 only together. Inputs that are factors themselves are multiplied first
/// (product_by_input): where that product is tiny, what it has lost isn't seen any more, unless a function that it is
/// multiplied by is large.
constexpr double kLeastFactor = 0x1p-60, kLargestFactor = 0x1p60, kLargestFunction = 2;

/// Where a function is a factor of moderate size, on both sides of 0.
struct Moderate {
  double from = 0;  ///< |x| >= from, or x = 0 if `zero`
  double to = 0;
  bool zero = true;
  bool grows = false;  ///< above kLargestFunction
};

Moderate moderate_of(const Reference &reference, double least_near_zero) {
  constexpr int farthest = 12, nearest = 149;  // 2^(12/2), 2^-149
  const auto size_at = [&](double x) {
    double larger = 0, smaller = std::numeric_limits<double>::infinity();
    for (const double at : {-x, x}) {
      const double size = std::abs(reference.rounded({&at, 1}, DType::f64));
      if (std::isnan(size)) continue;  // one side of a logarithm
      larger = std::max(larger, size);
      if (size > 0) smaller = std::min(smaller, size);
    }
    return std::pair(smaller, larger);
  };
  Moderate where{.zero = size_at(0).second <= kLargestFactor};
  for (int step = 0; step <= farthest; ++step) {
    const double x = std::exp2(step / 2.0);
    const auto [smaller, larger] = size_at(x);
    if (smaller < kLeastFactor || larger > kLargestFactor) break;
    where.grows |= larger > kLargestFunction;
    where.to = x;
  }
  for (int step = 0; step <= nearest; ++step) {
    const double x = std::ldexp(1.0, -step);
    const auto [smaller, larger] = size_at(x);
    if (smaller < least_near_zero || larger > kLargestFactor) {
      where.from = 2 * x;
      break;
    }
    where.grows |= larger > kLargestFunction;
  }
  return where;
}

}  // namespace

void Evaluator::doubt_if(ValueId condition) {
  doubts_ = doubts_ ? builder_.logical_or(*doubts_, condition) : condition;
}

/// Next to a root terms cancel that are exact to 2^-52 of themselves (bits_for): from here on less is left.
void Evaluator::doubt_near_roots(const Number &number, const Expr &expression, const Reference &reference) {
  constexpr double near = 0x1p-11;
  if (setting_.main.type() == Type::f32 || keeps_digits_at_roots(expression) || !has_roots(reference, 1)) return;
  doubt_if(builder_.less(builder_.abs(number.hi), setting_.main.literal(near)));
}

/// In f32 the variable as it is where there is no doubt, with more known of it. Next to 0 a function may be as small as
/// f32 has digits for.
Evaluator::Variable Evaluator::within_reach(Variable variable, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  if (a.type() == Type::f64 || !variable.input) return variable;
  const Moderate where = moderate_of(reference, setting_.few_digits ? 0x1p-131 : 0x1p-125);
  variable.value.range = {-where.to, where.to};
  if (surveying_) return variable;
  const ValueId size = builder_.abs(variable.value.hi);
  doubt_if(builder_.less(a.literal(static_cast<float>(where.to)), size));
  if (where.from > 0) doubt_if(is_tiny(size, static_cast<float>(where.from), where.zero));
  reached_.insert(variable.name);
  has_large_function_ |= where.grows;
  return variable;
}

/// size < least, but for 0.
ValueId Evaluator::is_tiny(ValueId size, double least, bool but_zero) {
  const Arithmetic &a = setting_.main;
  const ValueId is_small = builder_.less(size, a.literal(least));
  return but_zero ? builder_.logical_and(builder_.less(a.literal(0), size), is_small) : is_small;
}

ValueId Evaluator::open() {
  const Arithmetic &a = setting_.main;
  if (a.type() == Type::f32) {
    std::optional<ValueId> largest;
    for (std::size_t input = 0; input < kernel_.inputs.size(); ++input) {
      if (reached_.contains(kernel_.inputs[input])) continue;
      const ValueId size = builder_.abs(from_tensor(input).hi);
      largest = largest ? builder_.select(builder_.less(*largest, size), size, *largest) : size;
      if (has_large_function_) doubt_if(is_tiny(size, kLeastFactor, true));
    }
    if (largest) doubt_if(builder_.less(a.literal(kLargestFactor), *largest));
  }
  const ValueId none = builder_.literal(Type::f32, 0);
  return doubts_ ? builder_.select(*doubts_, builder_.literal(Type::f32, 1), none) : none;
}

}  // namespace actinide
