#include "tests/kernels/row_reference.h"

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace actinide::testing_support {
namespace {

constexpr mpfr_prec_t digits = 1500;

/// A number of that many digits, as a value.
class Real {
 public:
  Real(double value = 0) {  // NOLINT: numbers convert
    mpfr_init2(value_, digits);
    mpfr_set_d(value_, value, MPFR_RNDN);
  }
  Real(const Real &other) : Real() { mpfr_set(value_, other.value_, MPFR_RNDN); }
  Real &operator=(const Real &other) {
    mpfr_set(value_, other.value_, MPFR_RNDN);
    return *this;
  }
  ~Real() { mpfr_clear(value_); }

  mpfr_srcptr get() const { return value_; }
  mpfr_ptr get() { return value_; }
  double to_double() const { return mpfr_get_d(value_, MPFR_RNDN); }

 private:
  mpfr_t value_;
};

Real operator+(const Real &a, const Real &b) {
  Real r;
  mpfr_add(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator-(const Real &a, const Real &b) {
  Real r;
  mpfr_sub(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator*(const Real &a, const Real &b) {
  Real r;
  mpfr_mul(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator/(const Real &a, const Real &b) {
  Real r;
  mpfr_div(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real exp(const Real &a) {
  Real r;
  mpfr_exp(r.get(), a.get(), MPFR_RNDN);
  return r;
}
Real log(const Real &a) {
  Real r;
  mpfr_log(r.get(), a.get(), MPFR_RNDN);
  return r;
}
Real abs(const Real &a) {
  Real r;
  mpfr_abs(r.get(), a.get(), MPFR_RNDN);
  return r;
}

/// The spacing of the dtype at `at`.
Real spacing(const Real &at, DType dtype) {
  const int precision = float_format(dtype).digits, least = float_format(dtype).least;
  const long exponent = mpfr_zero_p(at.get()) ? least : std::max<long>(mpfr_get_exp(at.get()) - precision, least);
  Real r(1);
  mpfr_mul_2si(r.get(), r.get(), exponent, MPFR_RNDN);
  return r;
}

/// From here on results round to infinity.
Real overflow(DType dtype) {
  return Real(float_format(dtype).largest()) + spacing(Real(float_format(dtype).largest()), dtype) * Real(0.5);
}

double ulps(double computed, const Real &exact, const Real &size, DType dtype) {
  if (std::isinf(computed) && mpfr_cmpabs(exact.get(), overflow(dtype).get()) >= 0)
    return (computed > 0) == (mpfr_sgn(exact.get()) > 0) ? 0 : std::numeric_limits<double>::infinity();
  if (!std::isfinite(computed)) return std::numeric_limits<double>::infinity();
  return (abs(Real(computed) - exact) / spacing(size, dtype)).to_double();
}

}  // namespace

struct RowReference::Impl {
  std::string activation;
  double sign = 1;
  std::vector<Real> exponentials;  ///< of u - shift
  std::vector<double> u;
  Real shift, sum;

  bool whole_row() const { return activation.starts_with("logsumexp"); }
  bool logarithm() const { return activation == "log_softmax"; }
};

RowReference::RowReference(const std::string &activation, std::span<const double> x) : impl_(new Impl) {
  impl_->activation = activation;
  impl_->sign = activation == "softmin" ? -1 : 1;
  for (double value : x) impl_->u.push_back(impl_->sign * value);
  const bool leading_zero = activation == "logsumexp(leading_zero=1)";
  const double largest = *std::ranges::max_element(impl_->u);
  impl_->shift = Real(leading_zero ? std::max(largest, 0.0) : largest);
  if (leading_zero) impl_->sum = exp(Real(0) - impl_->shift);
  for (double value : impl_->u) {
    impl_->exponentials.push_back(exp(Real(value) - impl_->shift));
    impl_->sum = impl_->sum + impl_->exponentials.back();
  }
}

RowReference::~RowReference() {
  delete impl_;
}

std::size_t RowReference::results() const {
  return impl_->whole_row() ? 1 : impl_->u.size();
}

double RowReference::forward_ulp(double computed, std::size_t index, DType dtype) const {
  const Real exact = impl_->whole_row()   ? log(impl_->sum) + impl_->shift
                     : impl_->logarithm() ? (Real(impl_->u[index]) - impl_->shift) - log(impl_->sum)
                                          : impl_->exponentials[index] / impl_->sum;
  return ulps(computed, exact, exact, dtype);
}

std::vector<double> RowReference::backward_ulps(std::span<const double> computed, std::span<const double> dy,
                                                DType dtype) const {
  std::vector<Real> p;
  for (const Real &e : impl_->exponentials) p.push_back(e / impl_->sum);
  const Real sign(impl_->sign);
  std::vector<double> errors;
  for (std::size_t i = 0; i < p.size(); ++i) {
    Real exact, largest;
    const auto add = [&](const Real &term) {
      exact = exact + term;
      if (mpfr_cmpabs(term.get(), largest.get()) > 0) largest = term;
    };
    if (impl_->whole_row()) {
      add(Real(dy[0]) * p[i]);
    } else {
      // softmax: p_i sum_{j != i} p_j (dy_i - dy_j); log_softmax: dy_i sum_{j != i} p_j - p_i sum_{j != i} dy_j.
      for (std::size_t j = 0; j < p.size(); ++j) {
        if (j == i) continue;
        const Real first = Real(dy[i]) * p[j], second = Real(dy[j]) * (impl_->logarithm() ? p[i] : p[j]);
        add(impl_->logarithm() ? first : p[i] * first);
        add(Real(0) - (impl_->logarithm() ? second : p[i] * second));
      }
    }
    errors.push_back(
        ulps(computed[i], sign * exact, mpfr_cmpabs(exact.get(), largest.get()) > 0 ? exact : largest, dtype));
  }
  return errors;
}

}  // namespace actinide::testing_support
