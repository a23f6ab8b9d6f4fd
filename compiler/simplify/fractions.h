// Sums of fractions, exactly, as one fraction.
#pragma once

#include "simplify/algebra.h"

#include <functional>
#include <optional>

namespace actinide {

/// The largest power of a sum that is multiplied out.
constexpr long highest_power = 4;

/// The product as a sum of products without sums among their factors, but for powers above `highest_power`; nothing if
/// it has too many terms.
std::optional<Sum> multiplied_out(const Product &product);

/// The sum over its one common denominator, with the numerator multiplied out, so that what cancels in it is gone:
/// 1 - (a/b)^2 -> (b^2 - a^2)/b^2. `is_denominator` says which factors with a negative exponent count. Nothing if there
/// is no denominator beside another term, or where the numerator would have too many terms.
std::optional<Expr> over_common_denominator(const Sum &sum, const std::function<bool(const Factor &)> &is_denominator);

}  // namespace actinide
