// How often a result of a program has been rounded.
#pragma once

#include "approximation/program.h"

#include <set>

namespace actinide {

/// True if every output is rounded once at most, and no choice depends on what has been rounded: then it is the exact
/// result, rounded once. `exact`: the magnitudes of the function's own constants. Of other literals only powers of two,
/// the largest numbers and infinities count as exact: a division by 3 may have become a product with 1/3, rounded. A
/// parameter is exact in the type that it is narrowed to. Programs with integers count as rounded more often.
bool rounds_at_most_once(const Program &program, const std::set<double> &exact);

}  // namespace actinide
