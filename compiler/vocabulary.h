// The words in which a kernel is asked for: pass, dtype, tier. Their spelling on the command line, in C names and in
// manifests stands here and nowhere else.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace actinide {

/// What a kernel computes of an activation f; see docs/passes.md.
enum class Pass : std::uint8_t {
  forward,
  derivative,
  backward,
  backward_from_output,
  forward_backward,
  second_derivative,
  double_backward,
  parameter_gradient,
};

/// The storage type of a kernel's tensors: IEEE 754's binary32, binary64 and binary16, and bfloat16, the upper half of
/// an f32.
enum class DType : std::uint8_t { f32, f64, f16, bf16 };

/// The accuracy contract of a kernel; see docs/accuracy.md.
enum class Tier : std::uint8_t { relaxed, standard, faithful, exact };

/// How the elements of a kernel's tensors relate to each other.
enum class ShapeClass : std::uint8_t {
  element,  ///< each by itself
  channel,  ///< the same, but some tensors have one value a channel (PReLU's slopes, a bias)
  split,    ///< rows of one tensor are several parts (CReLU's output, a packed gated unit)
  group,    ///< several neighbours make one result (maxout)
  row       ///< all elements of a row play together (softmax)
};

/// For what a tensor of a kernel has a value each.
enum class Along : std::uint8_t { element, channel, row, nothing };

/// An output that has no value for each row is a sum over them.
constexpr bool gathers_rows(Along along) {
  return along == Along::channel || along == Along::nothing;
}

std::string_view to_string(Pass);
std::string_view to_string(DType);
std::string_view to_string(Tier);
std::string_view to_string(ShapeClass);

/// The number of elements, or of groups, is all that there is to say about the size of such a kernel's tensors.
constexpr bool has_one_extent(ShapeClass shape) {
  return shape == ShapeClass::element || shape == ShapeClass::group;
}

std::span<const Pass> all_passes();
std::span<const DType> all_dtypes();
std::span<const Tier> all_tiers();
std::span<const ShapeClass> all_shape_classes();
/// f64 has no `exact`: nothing wider shows how each result rounds.
std::span<const Tier> tiers_of(DType);

/// What the sizes of a kernel's tensors are called: `n`; `rows`, `columns`; `outer`, `channels`, `inner`.
std::span<const std::string_view> extent_names(ShapeClass);

/// The value spelled `text`. Throws UserError naming the known spellings.
Pass parse_pass(std::string_view text);
DType parse_dtype(std::string_view text);
Tier parse_tier(std::string_view text);

/// 2^exponent, a normal f64.
constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// The numbers of a dtype.
struct FloatFormat {
  std::size_t bytes;
  int digits;  ///< of the significand, in bits
  int least;   ///< the smallest positive number is 2^least
  int top;     ///< all finite numbers are below 2^top

  /// Finite.
  constexpr double largest() const { return power_of_two(top - 1) * (2 - power_of_two(1 - digits)); }
  /// Positive.
  constexpr double least_normal() const { return power_of_two(least + digits - 1); }
  /// Explicit bits of the significand.
  int mantissa_bits() const { return digits - 1; }
};
const FloatFormat &float_format(DType);

/// Bytes of one element.
std::size_t size_of(DType);
inline bool is_16_bit(DType dtype) {
  return size_of(dtype) == 2;
}

/// The dtypes of a kernel's tensors: usually one, but training reads bf16 and writes f32, and back. Which tensors have
/// which: docs/passes.md, "Types".
struct DTypes {
  DType inputs;
  DType outputs;

  constexpr DTypes(DType all) : inputs(all), outputs(all) {}
  constexpr DTypes(DType in, DType out) : inputs(in), outputs(out) {}
  constexpr bool mixed() const { return inputs != outputs; }
  friend bool operator==(const DTypes &, const DTypes &) = default;
};

/// The pairs of different dtypes that a kernel may have: f32 and one of 16 bits.
std::span<const DTypes> mixed_dtypes();
/// `bf16`, or `bf16:f32` for inputs of bf16 and outputs of f32.
std::string to_string(DTypes);
DTypes parse_dtypes(std::string_view text);
/// The larger of the two sizes.
std::size_t widest_size(DTypes);

/// What a kernel's parameters are: numbers of its dtype, or f32 where that has 16 bits.
DType parameter_dtype(DType);

}  // namespace actinide
