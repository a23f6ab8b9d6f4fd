// Exact decimals of rational numbers.
#pragma once

#include "expression/expression.h"

#include <optional>
#include <string>

namespace actinide {

/// value = (negative ? -1 : 1) * digits * 10^exponent, without trailing zeros in `digits`.
struct Decimal {
  bool negative;
  std::string digits;
  long exponent;
};

/// The decimal that equals `value`, if there is one of at most `max_digits` digits.
std::optional<Decimal> exact_decimal(const Rational &value, std::size_t max_digits);

}  // namespace actinide
