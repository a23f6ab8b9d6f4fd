// How often a result of a program has been rounded.
#pragma once

#include "approximation/program.h"

namespace actinide {

/// True if every output is rounded once at most, and no choice depends on what has been rounded: then it is the exact
/// result of the program's operations on its literals, rounded once. A parameter is exact in the type that it is
/// narrowed to. Programs with integers or powers of two of their own count as rounded more often.
bool rounds_at_most_once(const Program &program);

}  // namespace actinide
