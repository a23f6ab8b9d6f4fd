// How often a result of a program has been rounded.
#pragma once

#include "approximation/program.h"

#include <set>

namespace actinide {

/// How often an output is rounded at most, before it becomes one of 16 bits; more than once, too, where a choice
/// depends on what has been rounded. Up to once an output is the exact result, rounded so often. `exact`: the
/// magnitudes of the function's own constants. Of other literals only powers of two, the largest numbers and infinities
/// count as exact: a division by 3 may have become a product with 1/3, rounded. A parameter is exact in the type that
/// it is narrowed to. Programs with integers count as rounded more often.
int most_roundings(const Program &program, const std::set<double> &exact);

}  // namespace actinide
