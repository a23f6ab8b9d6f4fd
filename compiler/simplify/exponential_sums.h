// Sums of exponentials that are beyond the range of every type where the function isn't.
#pragma once

#include "expression/expression.h"

#include <set>
#include <string>
#include <vector>

namespace actinide {

/// The logarithm of a sum of exponentials as the largest exponent plus the logarithm of what is left, and a quotient of
/// such sums as one exponential, of the difference of their largest exponents, times a quotient of what is left:
///   log(exp(u) + 2*exp(v)) = max(u, v) + log(select(u >= v, 1 + 2*E, E + 2)), E = exp(-abs(u - v)).
/// Only where something may overflow; `expression` is canonical, the result is equal to it and need not be. Appends the
/// name of what it did to `applied`.
Expr without_growing_exponentials(const Expr &expression, const std::set<std::string> *inputs,
                                  std::vector<std::string> &applied);

}  // namespace actinide
