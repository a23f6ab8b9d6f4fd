// One division for a whole rational function.
#pragma once

#include "expression/expression.h"

namespace actinide {

/// x/6 + 1/2 -> (x + 3)/6: all denominators that aren't powers of two as a single last division, of what sums and
/// products of numbers give exactly more often than not. The remainder of that division then tells a result that lies
/// in the middle of two numbers from one next to it, which a product with 1/6 rounded can't. Returns an expression with
/// transcendental functions as it is: they have no such results but at single points.
Expr with_one_denominator(const Expr &expression);

}  // namespace actinide
