#include "expression/reference_interval.h"

#include <limits>

namespace actinide::reference {
namespace {

// MPFR keeps constants such as pi for each thread; the last user on a thread gives them back.
struct ThreadCache {
  ~ThreadCache() { mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); }
};

// An end that is exactly 0 stays 0 whatever it is multiplied with: infinite ends stand for finite numbers.
void multiply_end(mpfr_ptr r, mpfr_srcptr a, mpfr_srcptr b, mpfr_rnd_t rounding) {
  if (mpfr_zero_p(a) || mpfr_zero_p(b))
    mpfr_set_zero(r, 1);
  else
    mpfr_mul(r, a, b, rounding);
}

// n / d, where d = 0 is the limit of the positive (side > 0) or negative numbers.
void divide_end(mpfr_ptr r, mpfr_srcptr n, mpfr_srcptr d, int side, mpfr_rnd_t rounding) {
  if (mpfr_zero_p(n))
    mpfr_set_zero(r, 1);
  else if (mpfr_zero_p(d))
    mpfr_set_inf(r, mpfr_sgn(n) * side);
  else
    mpfr_div(r, n, d, rounding);
}

// After r.lo was rounded down from the exact value at a point: the end above.
void close_point(Interval &r, int inexact) {
  mpfr_set(r.hi.v, r.lo.v, MPFR_RNDU);
  if (inexact) mpfr_nextabove(r.hi.v);
}

}  // namespace

Real exact(double value) {
  Real real(std::numeric_limits<double>::digits);
  mpfr_set_d(real.v, value, MPFR_RNDN);
  return real;
}

FullExponentRange::FullExponentRange() : emin_(mpfr_get_emin()), emax_(mpfr_get_emax()) {
  static thread_local const ThreadCache cache;
  mpfr_set_emin(mpfr_get_emin_min());
  mpfr_set_emax(mpfr_get_emax_max());
}

FullExponentRange::~FullExponentRange() {
  mpfr_set_emin(emin_);
  mpfr_set_emax(emax_);
}

void Interval::set_precision(mpfr_prec_t precision) {
  mpfr_set_prec(lo.v, precision);
  mpfr_set_prec(hi.v, precision);
}

void Interval::reset(mpfr_prec_t precision) {
  set_precision(precision);
  truth = Truth::unknown;
  undefined = pole = doubtful = limited = false;
}

void set_unbounded(Interval &r) {
  mpfr_set_inf(r.lo.v, -1);
  mpfr_set_inf(r.hi.v, 1);
}

void set_rational(Interval &r, const Rational &value) {
  close_point(r, mpfr_set_q(r.lo.v, value.get_mpq_t(), MPFR_RNDD));
}

void increasing(Interval &r, const Interval &a, MpfrFunction f) {
  const int inexact = f(r.lo.v, a.lo.v, MPFR_RNDD);
  if (a.point())
    close_point(r, inexact);
  else
    f(r.hi.v, a.hi.v, MPFR_RNDU);
}

void decreasing(Interval &r, const Interval &a, MpfrFunction f) {
  const int inexact = f(r.lo.v, a.hi.v, MPFR_RNDD);
  if (a.point())
    close_point(r, inexact);
  else
    f(r.hi.v, a.lo.v, MPFR_RNDU);
}

void add(Interval &r, const Interval &a, const Interval &b) {
  mpfr_add(r.lo.v, a.lo.v, b.lo.v, MPFR_RNDD);
  mpfr_add(r.hi.v, a.hi.v, b.hi.v, MPFR_RNDU);
}

void subtract(Interval &r, const Interval &a, const Interval &b) {
  mpfr_sub(r.lo.v, a.lo.v, b.hi.v, MPFR_RNDD);
  mpfr_sub(r.hi.v, a.hi.v, b.lo.v, MPFR_RNDU);
}

void multiply(Interval &r, const Interval &a, const Interval &b) {
  if (mpfr_sgn(a.lo.v) >= 0) {
    multiply_end(r.lo.v, mpfr_sgn(b.lo.v) >= 0 ? a.lo.v : a.hi.v, b.lo.v, MPFR_RNDD);
    multiply_end(r.hi.v, mpfr_sgn(b.hi.v) >= 0 ? a.hi.v : a.lo.v, b.hi.v, MPFR_RNDU);
  } else if (mpfr_sgn(a.hi.v) <= 0) {
    multiply_end(r.lo.v, mpfr_sgn(b.hi.v) >= 0 ? a.lo.v : a.hi.v, b.hi.v, MPFR_RNDD);
    multiply_end(r.hi.v, mpfr_sgn(b.lo.v) >= 0 ? a.hi.v : a.lo.v, b.lo.v, MPFR_RNDU);
  } else if (mpfr_sgn(b.lo.v) >= 0 || mpfr_sgn(b.hi.v) <= 0) {
    multiply(r, b, a);
  } else {
    Real other(mpfr_get_prec(r.lo.v));
    mpfr_mul(r.lo.v, a.lo.v, b.hi.v, MPFR_RNDD);
    mpfr_mul(other.v, a.hi.v, b.lo.v, MPFR_RNDD);
    mpfr_min(r.lo.v, r.lo.v, other.v, MPFR_RNDD);
    mpfr_mul(r.hi.v, a.lo.v, b.lo.v, MPFR_RNDU);
    mpfr_mul(other.v, a.hi.v, b.hi.v, MPFR_RNDU);
    mpfr_max(r.hi.v, r.hi.v, other.v, MPFR_RNDU);
  }
}

void square(Interval &r, const Interval &a) {
  const bool negative = mpfr_cmpabs(a.lo.v, a.hi.v) > 0;
  mpfr_sqr(r.hi.v, negative ? a.lo.v : a.hi.v, MPFR_RNDU);
  if (a.contains_zero())
    mpfr_set_zero(r.lo.v, 1);
  else
    mpfr_sqr(r.lo.v, negative ? a.hi.v : a.lo.v, MPFR_RNDD);
}

void divide(Interval &r, const Interval &a, const Interval &b) {
  if (b.is_zero()) {
    r.undefined = a.is_zero();
    r.pole = !a.contains_zero();
    r.doubtful = r.doubtful || (!r.undefined && !r.pole);
    return set_unbounded(r);
  }
  if (b.contains_zero()) {
    const bool straddles = mpfr_sgn(b.lo.v) < 0 && mpfr_sgn(b.hi.v) > 0;
    // An end at 0 that comes from underflow is not attained.
    r.doubtful = r.doubtful || straddles || !b.limited;
    if (straddles) return set_unbounded(r);
  }
  const bool positive = mpfr_sgn(b.hi.v) > 0;
  const int side = positive ? 1 : -1;
  // |a / b| is largest over the end of b nearest to 0.
  mpfr_srcptr const near = positive ? b.lo.v : b.hi.v;
  mpfr_srcptr const far = positive ? b.hi.v : b.lo.v;
  mpfr_srcptr const low = positive ? a.lo.v : a.hi.v;   // gives the lower end of the quotient
  mpfr_srcptr const high = positive ? a.hi.v : a.lo.v;  // gives the upper end
  divide_end(r.lo.v, low, mpfr_sgn(low) * side < 0 ? near : far, side, MPFR_RNDD);
  divide_end(r.hi.v, high, mpfr_sgn(high) * side > 0 ? near : far, side, MPFR_RNDU);
}

void negate(Interval &r, const Interval &a) {
  mpfr_neg(r.lo.v, a.hi.v, MPFR_RNDD);
  mpfr_neg(r.hi.v, a.lo.v, MPFR_RNDU);
}

void absolute(Interval &r, const Interval &a) {
  const bool negative = mpfr_cmpabs(a.lo.v, a.hi.v) > 0;
  mpfr_abs(r.hi.v, negative ? a.lo.v : a.hi.v, MPFR_RNDU);
  if (a.contains_zero())
    mpfr_set_zero(r.lo.v, 1);
  else
    mpfr_abs(r.lo.v, negative ? a.hi.v : a.lo.v, MPFR_RNDD);
}

void maximum(Interval &r, const Interval &a, const Interval &b) {
  mpfr_max(r.lo.v, a.lo.v, b.lo.v, MPFR_RNDD);
  mpfr_max(r.hi.v, a.hi.v, b.hi.v, MPFR_RNDU);
}

void minimum(Interval &r, const Interval &a, const Interval &b) {
  mpfr_min(r.lo.v, a.lo.v, b.lo.v, MPFR_RNDD);
  mpfr_min(r.hi.v, a.hi.v, b.hi.v, MPFR_RNDU);
}

void hull(Interval &r, const Interval &a, const Interval &b) {
  mpfr_min(r.lo.v, a.lo.v, b.lo.v, MPFR_RNDD);
  mpfr_max(r.hi.v, a.hi.v, b.hi.v, MPFR_RNDU);
}

}  // namespace actinide::reference
