// The types of PTX that kernels use, and how their values lie in 64-bit slots (PTX ISA, "Types").
#pragma once

#include "element.h"

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace actinide::ptx {

enum class Type : std::uint8_t { pred, b16, b32, b64, u16, u32, u64, s32, s64, f16, f32, f64 };

/// `f32`, without the dot.
std::string_view to_string(Type type);
std::optional<Type> parse_type(std::string_view text);
/// In bytes; a predicate has none.
std::size_t size_of(Type type);
inline bool is_float(Type type) {
  return type == Type::f16 || type == Type::f32 || type == Type::f64;
}

/// Whether an operand of type `wanted` may be a register declared as `declared`: untyped bits agree with everything of
/// their size, signed agrees with unsigned, floats and integers only with themselves (PTX ISA, "Operand Type
/// Checking").
bool agrees(Type wanted, Type declared);

/// Untyped bits, so that the functions of instructions say by their C++ types what the instruction takes.
template <typename Unsigned>
struct Bits {
  Unsigned value;
};
using B16 = Bits<std::uint16_t>;
using B32 = Bits<std::uint32_t>;
using B64 = Bits<std::uint64_t>;

template <typename T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, bool>) return Type::pred;
  if constexpr (std::is_same_v<T, B16>) return Type::b16;
  if constexpr (std::is_same_v<T, f16>) return Type::f16;
  if constexpr (std::is_same_v<T, std::uint16_t>) return Type::u16;
  if constexpr (std::is_same_v<T, B32>) return Type::b32;
  if constexpr (std::is_same_v<T, B64>) return Type::b64;
  if constexpr (std::is_same_v<T, std::uint32_t>) return Type::u32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return Type::u64;
  if constexpr (std::is_same_v<T, std::int32_t>) return Type::s32;
  if constexpr (std::is_same_v<T, std::int64_t>) return Type::s64;
  if constexpr (std::is_same_v<T, float>) return Type::f32;
  if constexpr (std::is_same_v<T, double>) return Type::f64;
}

/// A slot holds a value's bits, zeros above; a predicate is 0 or 1.
template <typename T>
T from_slot(std::uint64_t slot) {
  if constexpr (std::is_same_v<T, bool>) {
    return slot != 0;
  } else if constexpr (sizeof(T) == 2) {
    return std::bit_cast<T>(static_cast<std::uint16_t>(slot));
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<std::uint32_t>(slot));
  } else {
    return std::bit_cast<T>(slot);
  }
}

template <typename T>
std::uint64_t to_slot(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return std::bit_cast<std::uint16_t>(value);
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    return std::bit_cast<std::uint64_t>(value);
  }
}

}  // namespace actinide::ptx
