// Where a function of one variable stops changing, as far as its results can show.
#pragma once

#include "approximation/interval.h"
#include "expression/reference.h"

namespace actinide {

/// Outside the interval `f` is its finite limit to more digits than the dtype of the outputs keeps (or so small that
/// even times the largest number nothing is left of it): there the argument may be replaced by the end of the interval.
/// Infinite on a side where f does not approach a finite limit.
Interval saturation_bounds(const Reference &f, DTypes dtypes, int vanishing_exponent);

/// From where on the function is its argument to more digits than are kept; infinity if nowhere.
double identity_bound(const Expr &f, const std::string &variable, DTypes dtypes);

}  // namespace actinide
