// What a tier asks of the numerics: in which type to compute, and how exact the approximations must be. Pure data.
#pragma once

#include <cstdint>
#include <string_view>

namespace actinide {

enum class Compute : std::uint8_t {
  f32,       ///< plain f32
  f32_odd,   ///< plain f32, in which one product is rounded to odd before the result is of f16: that one is the nearest
  f32_pair,  ///< unevaluated sums of two f32, about 40 bits
  f64,       ///< plain f64 (for f32 results: the spare bits absorb every rounding)
  f64_pair,  ///< unevaluated sums of two f64, about 100 bits
  // The first where it is certain to do, for most elements; for the others, lane by lane, the second.
  f32_then_f64,   ///< products of functions of several inputs: where f32 has the range for all of their factors
  f64_then_pair,  ///< f32 results, each the nearest: where f64 tells which is nearest
};
std::string_view to_string(Compute);
/// In which all is computed at first.
constexpr Compute first_of(Compute compute) {
  if (compute == Compute::f32_then_f64) return Compute::f32;
  return compute == Compute::f64_then_pair ? Compute::f64 : compute;
}

struct Precision {
  Compute compute;
  int bits;  ///< every approximation's relative error is below 2^-bits (at interior roots, less); the cheapest that
             ///< keeps it is taken
  bool absolute = false;  ///< of the result's error |computed - exact| / max(1, |exact|) is all that counts, 2^-21

  friend bool operator==(const Precision &, const Precision &) = default;
};

}  // namespace actinide
