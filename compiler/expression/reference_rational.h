// The exact value of a function that only adds, multiplies, divides, compares and chooses.
#pragma once

#include "expression/reference_interval.h"
#include "expression/reference_tape.h"

#include <optional>
#include <span>

namespace actinide::reference {

/// The value of the tape at exact inputs, a rational number. Nothing where it does anything else that counts, or
/// divides by 0, or a number takes more than 2^16 bits on the way.
///
/// An enclosure never decides a tie that isn't a sum of powers of two on its way, x/3 + 1/2 say: at 3, at half of the
/// multiples of 3 below it, ...
std::optional<Rational> exact_value(const Tape &tape, std::span<const Real> inputs);

}  // namespace actinide::reference
