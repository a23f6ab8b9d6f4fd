// Operations on Bands: reference_batch_arithmetic.cpp, reference_batch_functions.cpp.
#pragma once

#include "expression/reference_batch.h"

#include <optional>

namespace actinide::reference {

Band add(const Band &a, const Band &b);
Band subtract(const Band &a, const Band &b);
Band multiply(const Band &a, const Band &b);
Band divide(const Band &a, const Band &b);
Band negative(const Band &a);
Band absolute(const Band &a);
Band larger(const Band &a, const Band &b);
Band smaller(const Band &a, const Band &b);
Band power(const Band &a, const Band &b, const std::optional<Rational> &exponent);

/// Truth values are 1 and 0.
Band is_less(const Band &a, const Band &b);
Band is_less_equal(const Band &a, const Band &b);
Band is_equal(const Band &a, const Band &b);
Band logical_not(const Band &a);
Band choose(const Band &condition, const Band &yes, const Band &no);
/// -1, 0 or 1.
Band sign(const Band &a);

Band square_root(const Band &a);
Band exponential(const Band &a);
Band exponential_minus_one(const Band &a);
Band logarithm(const Band &a);
Band logarithm_plus_one(const Band &a);
Band sine(const Band &a);
Band cosine(const Band &a);
Band hyperbolic_tangent(const Band &a);
Band error_function(const Band &a);
Band complementary_error_function(const Band &a);
Band logistic(const Band &a);
Band soft_plus(const Band &a);

Band normal_cdf(const Band &a);
Band normal_pdf(const Band &a);

Band everywhere(double low, double high);
/// Around a constant that was rounded to nearest.
Band near(double value);
/// Nothing is known of an infinity.
Band fixed_input(double value);

}  // namespace actinide::reference
