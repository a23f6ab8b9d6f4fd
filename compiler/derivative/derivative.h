// Symbolic differentiation of exact expressions. One rule for each operation; the chain rule; the value at each kink
// stated.
#pragma once

#include "expression/expression.h"

#include <string>

namespace actinide {

/// d expression / d variable. The result is exact but not simplified beyond dropping zero terms and unit factors, and
/// it is made of forms that don't cancel in the tails: sigmoid' = sigmoid(u) sigmoid(-u), tanh' = 4 sigmoid(2u)
/// sigmoid(-2u).
///
/// Kinks: select(c, a, b)' = select(c, a', b'); abs'(0) = 0; sign' = step' = 0; max(a, b)' = select(b < a, a', b'): on
/// a tie the second argument decides, so that max(x, 0)' is 0 at 0; min(a, b)' = select(a < b, a', b'). A condition is
/// not differentiated.
Expr differentiate(const Expr &expression, const std::string &variable);

}  // namespace actinide
