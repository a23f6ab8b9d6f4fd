// Distances in units of the last place, and rounding to a dtype.
#pragma once

#include "expression/reference.h"
#include "expression/reference_interval.h"

#include <optional>

namespace actinide::reference {

/// `value` rounded to nearest in `dtype`, subnormal numbers and overflow included.
double round_to(mpfr_srcptr value, DType dtype);

/// Whether the ends round to the same number of `dtype`, and to which. An enclosure on both sides of zero rounds to +0.
bool rounds_uniquely(const Interval &exact, DType dtype);
double round_to(const Interval &exact, DType dtype);

/// Whether the enclosure is narrow enough to judge by: 2^-20 of the spacing of `dtype`, or beyond its range.
bool narrow_enough(const Interval &exact, DType dtype);
/// For an enclosure that is narrow enough, or NaN.
Judgement judge(double computed, const Interval &exact, DType dtype);

/// By a bracket; nothing if it is too wide, or f64, which is as wide as its ends.
std::optional<Judgement> judge(double computed, const Bracket &exact, DType dtype);
/// By the fast enclosure; nothing if it is too wide.
std::optional<Judgement> judge(double computed, const Enclosure &exact, DType dtype);
/// The number of `dtype` to which a fast enclosure rounds; nothing if it is too wide, or a zero whose sign it doesn't
/// tell.
std::optional<double> round_to(const Enclosure &exact, DType dtype);

}  // namespace actinide::reference
