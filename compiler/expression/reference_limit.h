// Limits by rigorous values along sequences of points, and a judgement of where they tend.
#pragma once

#include "expression/reference_interval.h"

#include <functional>
#include <optional>
#include <vector>

namespace actinide::reference {

/// How one input moves: it stays, or grows to an infinity, or approaches a number from one side.
struct Path {
  enum class Kind : std::uint8_t { stay, grow, approach };
  Kind kind = Kind::stay;
  Real target;   ///< for stay and approach
  int side = 1;  ///< grow: the sign of the infinity; approach: from above (1) or from below (-1)
};

/// The function at a point: rounded to the precision asked of `limit` plus guard_bits, NaN where it is undefined,
/// nothing where it could not be decided.
using Function = std::function<std::optional<Real>(const std::vector<Real> &inputs)>;
inline constexpr mpfr_prec_t guard_bits = 32;

/// The limit of f as all inputs move along their paths together, to `precision` bits: a number, an infinity, a zero
/// with the sign of the values that tend to it, or NaN where there is none (or the approach is slower than any power of
/// a logarithm).
Real limit(const Function &f, const std::vector<Path> &paths, mpfr_prec_t precision);

/// The line slope * x + intercept that f approaches as the one growing input x does.
struct Line {
  Real slope;
  Real intercept;
};
/// Nothing if there is none. `f` as for `limit`, with `line_bits` more.
std::optional<Line> asymptote(const Function &f, const std::vector<Path> &paths, mpfr_prec_t precision);
inline constexpr mpfr_prec_t line_bits = 64;

}  // namespace actinide::reference
