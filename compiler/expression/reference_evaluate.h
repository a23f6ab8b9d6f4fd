// Rigorous evaluation of a tape: intervals, at a precision that rises until the question asked is answered.
#pragma once

#include "expression/reference_interval.h"
#include "expression/reference_tape.h"

#include <functional>
#include <span>

namespace actinide::reference {

inline constexpr mpfr_prec_t first_precision = 128;
/// Where a question is still open here, the exact value is taken to be the simple number that the enclosure suggests: a
/// tie, or zero.
inline constexpr mpfr_prec_t last_precision = 32768;

enum class Outcome : std::uint8_t {
  value,      ///< accepted
  undefined,  ///< no real number there
  pole,       ///< a nonzero number divided by 0, or log(0): there may be a limit
  undecided,  ///< out of exponent range, or of precision
};

struct Found {
  Outcome outcome;
  Interval enclosure;
};

/// An enclosure at a precision. `last`: no higher one will follow, comparisons still undecided take equality.
using Compute = std::function<Interval(mpfr_prec_t precision, bool last)>;
using Accept = std::function<bool(const Interval &)>;

/// Doubles the precision from `start` on until `accept` says yes or nothing is gained any more. An exact zero comes
/// back as +0. Needs FullExponentRange.
Found refine(mpfr_prec_t start, const Compute &compute, const Accept &accept);

/// The tape at exact inputs, at one precision.
Interval evaluate_tape(const Tape &tape, std::span<const Real> inputs, mpfr_prec_t precision, bool last);

/// refine over evaluate_tape, from a precision on that mostly tells a result of `digits` bits at once.
Found enclose(const Tape &tape, std::span<const Real> inputs, mpfr_prec_t digits, const Accept &accept);

/// Accepts an enclosure whose ends round to the same number of `precision` bits; beyond about 2^(+-2^61), where the
/// exponent range ends, to an infinity or a signed zero. `rounded` is that number.
bool rounds_uniquely(const Interval &enclosure, mpfr_prec_t precision);
Real rounded(const Interval &enclosure, mpfr_prec_t precision);

}  // namespace actinide::reference
