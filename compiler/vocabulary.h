// The words in which a kernel is asked for: pass, dtype, tier. Their spelling on the command line, in C names and in
// manifests stands here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace actinide {

/// What a kernel computes of an activation f; see docs/passes.md.
enum class Pass : std::uint8_t { forward, derivative, backward };

/// The storage type of a kernel's tensors.
enum class DType : std::uint8_t { f32, f64 };

/// The accuracy contract of a kernel; see docs/accuracy.md.
enum class Tier : std::uint8_t { standard, faithful };

/// How the elements of a kernel's tensors relate to each other.
enum class ShapeClass : std::uint8_t { element };

std::string_view to_string(Pass);
std::string_view to_string(DType);
std::string_view to_string(Tier);
std::string_view to_string(ShapeClass);

std::span<const Pass> all_passes();
std::span<const DType> all_dtypes();
std::span<const Tier> all_tiers();

/// The value spelled `text`. Throws UserError naming the known spellings.
Pass parse_pass(std::string_view text);
DType parse_dtype(std::string_view text);
Tier parse_tier(std::string_view text);

/// Bytes of one element.
std::size_t size_of(DType);

}  // namespace actinide
