// Algebraic functions of an input whose powers are beyond the range of the type where the function isn't.
#pragma once

#include "expression/expression.h"

#include <set>
#include <string>
#include <vector>

namespace actinide {

/// A quotient of sums of powers of an input x in p = max(min(x, 1), -1) and q = min(1/abs(x), 1), so that x = p/q and
/// neither is above 1:
///   x^3/(4 + x^4) = q*p^3/(4*q^4 + p^4).
/// Only where both sides of the quotient may overflow, or a sum of such quotients may lose all digits far from 0;
/// `expression` is canonical, the result is equal to it and need not be. Appends the name of what it did to `applied`.
Expr without_growing_powers(const Expr &expression, const std::set<std::string> &inputs,
                            std::vector<std::string> &applied);

}  // namespace actinide
