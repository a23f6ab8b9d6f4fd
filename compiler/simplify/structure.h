// Rewrites that depend on the shape of a whole sum or product and therefore can't be written as a pattern. Each takes
// and gives canonical expressions, is exact, and returns its argument where it doesn't apply.
#pragma once

#include "expression/expression.h"
#include "simplify/range.h"

namespace actinide {

/// w * select(c, a, b) -> select(c, w*a, w*b): a gradient by selection, where 0 * infinity can't occur.
Expr product_into_select(const Expr &expression);

/// select(c, a, b) + select(c, d, e) -> select(c, a + d, b + e)
Expr sum_into_select(const Expr &expression);

/// a/B + b/B^2 -> (a*B + b)/B^2 and (a/B + b)/B -> (a + b*B)/B^2, for a denominator B of moderate size: one division
/// instead of two.
Expr over_one_denominator(const Expr &expression, RangeAnalysis &analysis);

/// True if variables and numbers are added, multiplied and raised to whole powers, and nothing else.
bool is_polynomial(const Expr &e);

/// a*(b + x) + c*x -> a*b + (a + c)*x, for polynomials, where multiplied out there are no more terms: what a product
/// rule takes apart comes together, and (x + 1)^2 - x^2 is 2*x + 1.
Expr collected_polynomial(const Expr &expression);

/// exp(u) * exp(v) -> exp(u + v) if exp(u) can overflow: where exp(v) has fallen to 0 first, the product would be no
/// number.
Expr merged_exponentials(const Expr &expression, RangeAnalysis &analysis);

/// max(u, v) -> v where u is never above v, and likewise min: softplus(-abs(u)) needs no max(-abs(u), 0).
Expr decided_extremum(const Expr &expression, RangeAnalysis &analysis);

/// select(0 <= u, a, b) -> a where u is never negative: rise(abs(u)) is 1.
Expr decided_choice(const Expr &expression, RangeAnalysis &analysis);

/// log(u*v/w) -> log(u) + log(v) - log(w) for exponentials and what is made of them, of which each has a form of its
/// own and the product may overflow.
Expr logarithm_of_product(const Expr &expression, RangeAnalysis &analysis);

}  // namespace actinide
