#include "element.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr std::uint16_t sign_bit = 0x8000;

std::uint16_t infinity_of(const FloatFormat &format) {
  return static_cast<std::uint16_t>(sign_bit - (1 << format.mantissa_bits()));
}

}  // namespace

std::uint16_t encode_16_bit(double value, DType dtype) {
  const FloatFormat &format = float_format(dtype);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 48 & sign_bit);
  const std::uint16_t infinity = infinity_of(format);
  if (std::isnan(value)) return sign | infinity | static_cast<std::uint16_t>(1 << (format.mantissa_bits() - 1));
  if (std::isinf(value)) return sign | infinity;
  // The significand as an integer; what lies below the last place of the result is rounded away. A subnormal f64 is far
  // below all.
  constexpr int f64_bits = 52, f64_bias = 1023;
  const int exponent = static_cast<int>(bits >> f64_bits & 0x7ff) - f64_bias;
  const int least_normal = format.least + format.mantissa_bits();
  const int place = std::max(exponent, least_normal) - format.mantissa_bits();
  const int dropped = place - (exponent - f64_bits);
  if (exponent == -f64_bias || dropped > f64_bits + 2) return sign;
  const std::uint64_t significand = (bits & ((std::uint64_t{1} << f64_bits) - 1)) | std::uint64_t{1} << f64_bits;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << dropped) - 1);
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  std::uint64_t rounded = significand >> dropped;
  if (rest > half || (rest == half && (rounded & 1) != 0)) ++rounded;
  // A carry goes on into the exponent, as it should.
  const auto binades = static_cast<std::uint64_t>(place - format.least);
  const std::uint64_t magnitude = (binades << format.mantissa_bits()) + rounded;
  return sign | static_cast<std::uint16_t>(std::min<std::uint64_t>(magnitude, infinity));
}

double decode_16_bit(std::uint16_t bits, DType dtype) {
  const FloatFormat &format = float_format(dtype);
  const int magnitude = bits & ~sign_bit;
  const int binade = magnitude >> format.mantissa_bits(), rest = magnitude & ((1 << format.mantissa_bits()) - 1);
  double value = std::ldexp(rest, format.least);
  if (magnitude > infinity_of(format)) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (magnitude == infinity_of(format)) {
    value = std::numeric_limits<double>::infinity();
  } else if (binade > 0) {
    value = std::ldexp(rest + (1 << format.mantissa_bits()), format.least + binade - 1);
  }
  return (bits & sign_bit) != 0 ? -value : value;
}

}  // namespace actinide
