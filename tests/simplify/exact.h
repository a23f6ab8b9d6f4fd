// Values of expressions in the reference, for comparison to far more digits than any kernel has.
#pragma once

#include "expression/reference.h"

#include <mpfr.h>

#include <cmath>
#include <string>
#include <vector>

namespace actinide::test {

/// An exact value, 200 bits.
class Exact {
 public:
  Exact() { mpfr_init2(value_, 200); }
  Exact(const Exact &) = delete;
  Exact &operator=(const Exact &) = delete;
  Exact(const Reference &reference, const std::vector<double> &inputs) : Exact() { reference.evaluate(value_, inputs); }
  ~Exact() { mpfr_clear(value_); }

  bool is_nan() const { return mpfr_nan_p(value_) != 0; }
  bool is_finite() const { return mpfr_number_p(value_) != 0; }
  double get() const { return mpfr_get_d(value_, MPFR_RNDN); }

  /// Far below every number of every format, where the reference no longer tells a value from 0.
  bool is_negligible() const { return mpfr_zero_p(value_) || (is_finite() && mpfr_get_exp(value_) < -1200); }

  /// |this - other| / |other|; 0 if both are the same infinity, both NaN or both negligible.
  double distance_to(const Exact &other) const {
    if (is_nan() || other.is_nan()) return is_nan() && other.is_nan() ? 0 : INFINITY;
    if (mpfr_equal_p(value_, other.value_) || (is_negligible() && other.is_negligible())) return 0;
    Exact difference;
    mpfr_sub(difference.value_, value_, other.value_, MPFR_RNDN);
    mpfr_div(difference.value_, difference.value_, other.value_, MPFR_RNDN);
    return std::abs(difference.get());
  }

 private:
  mpfr_t value_;
};

}  // namespace actinide::test
