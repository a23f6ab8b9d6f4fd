#include "approximation/saturation.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class Side {
 public:
  Side(const Reference &f, double sign, DTypes dtypes, int vanishing_exponent)
      : f_(f),
        sign_(sign),
        digits_(float_format(dtypes.outputs).digits),
        largest_exponent_(float_format(dtypes.inputs).top - 1),
        vanishing_(std::ldexp(1.0L, vanishing_exponent)) {
    limit_ = exactly(infinity);
  }

  long double limit() const { return limit_; }

  /// The smallest magnitude, to a few per cent, from which on f is its limit; infinity if there is none.
  double bound() const {
    if (!std::isfinite(limit_) || !saturated(largest_exponent_)) return infinity;
    int exponent = largest_exponent_;
    while (exponent > 8 && saturated(exponent / 2)) exponent /= 2;
    constexpr int least_exponent = -8;
    while (exponent > least_exponent && saturated(exponent - 1)) --exponent;
    if (exponent == least_exponent) return infinity;  // constant, or nearly: nothing to gain
    double outside = std::ldexp(1.0, exponent), inside = outside / 2;
    for (int step = 0; step < 6; ++step) {
      const double middle = (inside + outside) / 2;
      (is_limit(middle) ? outside : inside) = middle;
    }
    return outside;
  }

 private:
  /// At 2^exponent and a little beyond.
  bool saturated(int exponent) const {
    const double at = std::ldexp(1.0, exponent);
    return is_limit(at) && is_limit(at * 1.3);
  }

  bool is_limit(double magnitude) const {
    const double x = sign_ * magnitude;
    const Enclosure quick = f_.evaluate_quickly({&x, 1});
    if (std::isfinite(quick.error)) {
      const long double distance = std::fabs(quick.value - limit_);
      if (distance + quick.error <= tolerance()) return true;
      if (distance - quick.error > tolerance()) return false;
    }
    return f_.within({&x, 1}, limit_, tolerance());
  }

  long double tolerance() const { return limit_ == 0 ? vanishing_ : std::ldexp(std::fabs(limit_), -(digits_ + 3)); }

  long double exactly(double magnitude) const {
    const double x = sign_ * magnitude;
    mpfr_t value;
    mpfr_init2(value, 64);
    f_.evaluate(value, {&x, 1});
    const long double result = mpfr_get_ld(value, MPFR_RNDN);
    mpfr_clear(value);
    return result;
  }

  const Reference &f_;
  double sign_;
  int digits_;
  int largest_exponent_;
  long double vanishing_;
  long double limit_;
};

}  // namespace

Interval saturation_bounds(const Reference &f, DTypes dtypes, int vanishing_exponent) {
  return {-Side(f, -1, dtypes, vanishing_exponent).bound(), Side(f, 1, dtypes, vanishing_exponent).bound()};
}

double identity_bound(const Expr &f, const std::string &name, DTypes dtypes) {
  const Reference ratio(f / variable(name), {name});
  const Side side(ratio, 1, dtypes, 0);
  return side.limit() == 1 ? side.bound() : infinity;
}

}  // namespace actinide
