#include "accuracy/row_reference.h"

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

/// What a difference of two numbers of the dtype is off by is far below 1, and 1 + e^u - 1 keeps the digits of an e^u
/// that counts.
mpfr_prec_t digits_of(DType dtype) {
  return dtype == DType::f64 ? 1500 : 400;
}

/// A number of so many digits, as a value.
class Real {
 public:
  explicit Real(mpfr_prec_t digits, double value = 0) {
    mpfr_init2(value_, digits);
    mpfr_set_d(value_, value, MPFR_RNDN);
  }
  Real(const Real &other) : Real(mpfr_get_prec(other.value_)) { mpfr_set(value_, other.value_, MPFR_RNDN); }
  Real &operator=(const Real &other) {
    mpfr_set(value_, other.value_, MPFR_RNDN);
    return *this;
  }
  ~Real() { mpfr_clear(value_); }

  mpfr_srcptr get() const { return value_; }
  mpfr_ptr get() { return value_; }
  mpfr_prec_t digits() const { return mpfr_get_prec(value_); }
  double to_double() const { return mpfr_get_d(value_, MPFR_RNDN); }

 private:
  mpfr_t value_;
};

Real operator+(const Real &a, const Real &b) {
  Real r(a.digits());
  mpfr_add(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator-(const Real &a, const Real &b) {
  Real r(a.digits());
  mpfr_sub(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator*(const Real &a, const Real &b) {
  Real r(a.digits());
  mpfr_mul(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real operator/(const Real &a, const Real &b) {
  Real r(a.digits());
  mpfr_div(r.get(), a.get(), b.get(), MPFR_RNDN);
  return r;
}
Real exp(const Real &a) {
  Real r(a.digits());
  mpfr_exp(r.get(), a.get(), MPFR_RNDN);
  return r;
}
Real log(const Real &a) {
  Real r(a.digits());
  mpfr_log(r.get(), a.get(), MPFR_RNDN);
  return r;
}
Real abs(const Real &a) {
  Real r(a.digits());
  mpfr_abs(r.get(), a.get(), MPFR_RNDN);
  return r;
}

bool is_larger(const Real &a, const Real &b) {
  return mpfr_cmpabs(a.get(), b.get()) > 0;
}

/// The spacing of the dtype at `at`.
Real spacing(const Real &at, DType dtype) {
  const FloatFormat &format = float_format(dtype);
  const long exponent =
      mpfr_zero_p(at.get()) ? format.least : std::max<long>(mpfr_get_exp(at.get()) - format.digits, format.least);
  Real r(at.digits(), 1);
  mpfr_mul_2si(r.get(), r.get(), exponent, MPFR_RNDN);
  return r;
}

double ulps(double computed, const Real &exact, const Real &size, DType dtype) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Real largest(exact.digits(), float_format(dtype).largest()), half(exact.digits(), 0.5);
  // From there on results round to infinity.
  if (std::isinf(computed) && !is_larger(largest + spacing(largest, dtype) * half, exact))
    return (computed > 0) == (mpfr_sgn(exact.get()) > 0) ? 0 : infinity;
  if (!std::isfinite(computed)) return infinity;
  return (abs(Real(exact.digits(), computed) - exact) / spacing(size, dtype)).to_double();
}

/// In ULP at the exact value, or at the term, whichever is larger.
double ulps_of_sum(double computed, const Real &exact, const Real &term, DType dtype) {
  return ulps(computed, exact, is_larger(exact, term) ? exact : term, dtype);
}

/// Of each element: the sum of all others, and the largest of them.
class Others {
 public:
  explicit Others(const std::vector<Real> &all) {
    const Real none(all[0].digits());
    sums_ = largest_ = std::vector<Real>(all.size(), none);
    const auto pass = [&](auto begin, auto end, auto sum, auto largest) {
      Real total = none, most = none;
      for (auto element = begin; element != end; ++element, ++sum, ++largest) {
        *sum = *sum + total;
        if (is_larger(most, *largest)) *largest = most;
        total = total + *element;
        if (is_larger(*element, most)) most = *element;
      }
    };
    pass(all.begin(), all.end(), sums_.begin(), largest_.begin());
    pass(all.rbegin(), all.rend(), sums_.rbegin(), largest_.rbegin());
  }

  const Real &sum(std::size_t i) const { return sums_[i]; }
  const Real &largest(std::size_t i) const { return largest_[i]; }

 private:
  std::vector<Real> sums_, largest_;
};

std::vector<Real> reals(std::span<const double> values, mpfr_prec_t digits) {
  std::vector<Real> all;
  for (const double value : values) all.emplace_back(digits, value);
  return all;
}

std::vector<Real> products(const std::vector<Real> &a, const std::vector<Real> &b) {
  std::vector<Real> all;
  for (std::size_t i = 0; i < a.size(); ++i) all.push_back(a[i] * b[i]);
  return all;
}

}  // namespace

struct RowReference::Impl {
  std::string activation;
  DType dtype;
  double sign;
  std::vector<Real> u, exponentials;  ///< of u - shift
  Real shift, sum;

  bool whole_row() const { return activation.starts_with("logsumexp"); }
  bool logarithm() const { return activation == "log_softmax"; }
};

RowReference::RowReference(const std::string &activation, std::span<const double> x, DType dtype) {
  const mpfr_prec_t digits = digits_of(dtype);
  const double sign = activation == "softmin" ? -1 : 1;
  impl_ = std::make_unique<Impl>(Impl{activation, dtype, sign, {}, {}, Real(digits), Real(digits)});
  double largest = -std::numeric_limits<double>::infinity();
  for (const double value : x) largest = std::max(largest, sign * value);
  const bool leading_zero = activation == "logsumexp(leading_zero=1)";
  impl_->shift = Real(digits, leading_zero ? std::max(largest, 0.0) : largest);
  if (leading_zero) impl_->sum = exp(Real(digits) - impl_->shift);
  for (const double value : x) {
    impl_->u.emplace_back(digits, sign * value);
    impl_->exponentials.push_back(exp(impl_->u.back() - impl_->shift));
    impl_->sum = impl_->sum + impl_->exponentials.back();
  }
}

RowReference::~RowReference() = default;
RowReference::RowReference(RowReference &&) noexcept = default;
RowReference &RowReference::operator=(RowReference &&) noexcept = default;

std::size_t RowReference::results() const {
  return impl_->whole_row() ? 1 : impl_->u.size();
}

std::vector<double> RowReference::forward_ulps(std::span<const double> computed) const {
  const Real log_sum = log(impl_->sum);
  std::vector<double> errors;
  for (std::size_t i = 0; i < results(); ++i) {
    const Real exact = impl_->whole_row()   ? log_sum + impl_->shift
                       : impl_->logarithm() ? (impl_->u[i] - impl_->shift) - log_sum
                                            : impl_->exponentials[i] / impl_->sum;
    errors.push_back(ulps(computed[i], exact, exact, impl_->dtype));
  }
  return errors;
}

// softmax: p_i sum_{j != i} p_j (dy_i - dy_j); log_softmax: dy_i sum_{j != i} p_j - p_i sum_{j != i} dy_j.
std::vector<double> RowReference::backward_ulps(std::span<const double> computed, std::span<const double> dy) const {
  std::vector<Real> p;
  for (const Real &e : impl_->exponentials) p.push_back(e / impl_->sum);
  const std::vector<Real> dys = reals(dy, digits_of(impl_->dtype));
  const Real sign(digits_of(impl_->dtype), impl_->sign);
  std::vector<double> errors;
  if (impl_->whole_row()) {
    for (std::size_t i = 0; i < p.size(); ++i)
      errors.push_back(ulps(computed[i], sign * dys[0] * p[i], dys[0] * p[i], impl_->dtype));
    return errors;
  }
  const Others shares(p), gradients(impl_->logarithm() ? dys : products(p, dys));
  for (std::size_t i = 0; i < p.size(); ++i) {
    const Real own = dys[i] * shares.sum(i), own_term = dys[i] * shares.largest(i);
    const Real factor = impl_->logarithm() ? Real(p[i].digits(), 1) : p[i];
    const Real others = impl_->logarithm() ? p[i] * gradients.sum(i) : gradients.sum(i);
    const Real others_term = impl_->logarithm() ? p[i] * gradients.largest(i) : gradients.largest(i);
    const Real term = factor * (is_larger(own_term, others_term) ? own_term : others_term);
    errors.push_back(ulps_of_sum(computed[i], sign * factor * (own - others), term, impl_->dtype));
  }
  return errors;
}

std::vector<double> from_output_ulps(const std::string &activation, std::span<const double> computed,
                                     std::span<const double> dy, std::span<const double> y, DType dtype) {
  const mpfr_prec_t digits = digits_of(dtype);
  const bool logarithm = activation == "log_softmax";
  const Real one(digits, 1), sign(digits, activation == "softmin" ? -1 : 1);
  const std::vector<Real> dys = reals(dy, digits), ys = reals(y, digits);
  Real sum(digits), largest(digits);
  for (const Real &term : logarithm ? dys : products(dys, ys)) {
    sum = sum + term;
    if (is_larger(term, largest)) largest = term;
  }
  std::vector<double> errors;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    const Real share = logarithm ? exp(ys[i]) : ys[i];
    const Real own = logarithm ? dys[i] : share * dys[i], others = share * largest;
    errors.push_back(
        ulps_of_sum(computed[i], sign * (own - share * sum), is_larger(own, others) ? own : others, dtype));
  }
  return errors;
}

}  // namespace actinide
