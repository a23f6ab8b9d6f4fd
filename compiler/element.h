// The C++ types of tensor elements. f16 and bf16 are bit patterns with conversions; arithmetic on them is for kernels.
#pragma once

#include "vocabulary.h"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace actinide {

/// `value` rounded once, to nearest even, to a 16-bit dtype: beyond its range infinity, subnormal numbers kept, a NaN
/// quiet; as its bit pattern.
std::uint16_t encode_16_bit(double value, DType dtype);
/// The number that a bit pattern of a 16-bit dtype stands for; exact.
double decode_16_bit(std::uint16_t bits, DType dtype);

/// An element of a 16-bit dtype.
template <DType dtype>
struct Element16 {
  std::uint16_t bits;

  Element16() = default;
  explicit Element16(double value) : bits(encode_16_bit(value, dtype)) {}
  explicit operator double() const { return decode_16_bit(bits, dtype); }
  explicit operator float() const { return static_cast<float>(decode_16_bit(bits, dtype)); }
  static Element16 from_bits(std::uint16_t pattern) {
    Element16 element;
    element.bits = pattern;
    return element;
  }
};
using f16 = Element16<DType::f16>;
using bf16 = Element16<DType::bf16>;
static_assert(sizeof(f16) == 2 && std::is_trivially_copyable_v<f16> && sizeof(bf16) == 2);

/// The element types of kernels.
template <typename T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, f16> || std::same_as<T, bf16>;
template <Element T>
inline constexpr DType dtype_of = std::same_as<T, float>    ? DType::f32
                                  : std::same_as<T, double> ? DType::f64
                                  : std::same_as<T, f16>    ? DType::f16
                                                            : DType::bf16;

/// visit(T()), T the C++ type of the dtype's elements.
template <typename Visit>
decltype(auto) with_element(DType dtype, Visit &&visit) {
  switch (dtype) {
    case DType::f64:
      return visit(double());
    case DType::f16:
      return visit(f16());
    case DType::bf16:
      return visit(bf16());
    case DType::f32:
      break;
  }
  return visit(float());
}

}  // namespace actinide
