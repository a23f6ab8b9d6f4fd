// What a tier asks of the numerics: in which type to compute, and how exact the approximations must be. Pure data.
#pragma once

#include <cstdint>
#include <string_view>

namespace actinide {

enum class Compute : std::uint8_t {
  f32,       ///< plain f32
  f64,       ///< plain f64 (for f32 results: the spare bits absorb every rounding)
  f64_pair,  ///< unevaluated sums of two f64, about 100 bits
};
std::string_view to_string(Compute);

struct Precision {
  Compute compute;
  int bits;  ///< every approximation's relative error is below 2^-bits (at interior roots, less); the cheapest that
             ///< keeps it is taken

  friend bool operator==(const Precision &, const Precision &) = default;
};

}  // namespace actinide
