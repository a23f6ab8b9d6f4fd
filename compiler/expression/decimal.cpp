#include "expression/decimal.h"

#include <algorithm>

namespace actinide {
namespace {

// Removes every factor of `base` from `number`; returns how many there were.
long remove_factor(mpz_class &number, unsigned long base) {
  const mpz_class factor = base;
  return static_cast<long>(mpz_remove(number.get_mpz_t(), number.get_mpz_t(), factor.get_mpz_t()));
}

}  // namespace

std::optional<Decimal> exact_decimal(const Rational &value, std::size_t max_digits) {
  if (value == 0) return Decimal{.negative = false, .digits = "0", .exponent = 0};
  // n / (2^a 5^b) = n 2^(k-a) 5^(k-b) / 10^k with k = max(a, b).
  mpz_class rest = value.get_den();
  const long twos = remove_factor(rest, 2);
  const long fives = remove_factor(rest, 5);
  if (rest != 1) return std::nullopt;
  const long places = std::max(twos, fives);
  mpz_class scale;
  mpz_ui_pow_ui(scale.get_mpz_t(), 10, static_cast<unsigned long>(places));
  mpz_class number = abs(value.get_num()) * (scale / value.get_den());
  const long zeros = remove_factor(number, 10);
  std::string digits = number.get_str();
  if (digits.size() > max_digits) return std::nullopt;
  return Decimal{.negative = sgn(value) < 0, .digits = std::move(digits), .exponent = zeros - places};
}

}  // namespace actinide
