// The functions of interval arithmetic; see reference_interval.h.
#include "expression/reference_interval.h"

#include <algorithm>
#include <array>

namespace actinide::reference {
namespace {

mpfr_prec_t precision_of(const Interval &r) {
  return mpfr_get_prec(r.lo.v);
}

Interval integer(long value, mpfr_prec_t precision) {
  Interval r(precision);
  mpfr_set_si(r.lo.v, value, MPFR_RNDD);
  mpfr_set_si(r.hi.v, value, MPFR_RNDU);
  return r;
}

// The logarithm whose argument becomes 0 at `zero`.
void logarithm_from(Interval &r, const Interval &a, long zero, MpfrFunction f) {
  const int low = mpfr_cmp_si(a.lo.v, zero);
  const int high = mpfr_cmp_si(a.hi.v, zero);
  if (high <= 0) {
    r.pole = low == 0 && high == 0;
    r.undefined = high < 0;
    r.doubtful = r.doubtful || (low < 0 && high == 0);
    return set_unbounded(r);
  }
  if (low > 0) return increasing(r, a, f);
  r.doubtful = r.doubtful || !(low == 0 && a.limited);  // an end from underflow is not attained
  mpfr_set_inf(r.lo.v, -1);
  f(r.hi.v, a.hi.v, MPFR_RNDU);
}

// sin and cos by their Lipschitz constant 1 around the lower end. Reducing an argument takes as many bits as its
// exponent has; beyond 2^65536 only the range [-1, 1] is told.
void periodic(Interval &r, const Interval &a, MpfrFunction f) {
  constexpr mpfr_exp_t largest_exponent = 65536;
  const auto reducible = [](mpfr_srcptr x) {
    return mpfr_zero_p(x) || (mpfr_regular_p(x) && mpfr_get_exp(x) <= largest_exponent);
  };
  if (!reducible(a.lo.v) || !reducible(a.hi.v)) {
    r.limited = true;
    mpfr_set_si(r.lo.v, -1, MPFR_RNDD);
    mpfr_set_si(r.hi.v, 1, MPFR_RNDU);
    return;
  }
  const int inexact = f(r.lo.v, a.lo.v, MPFR_RNDD);
  mpfr_set(r.hi.v, r.lo.v, MPFR_RNDU);
  if (inexact) mpfr_nextabove(r.hi.v);
  if (a.point()) return;
  Real width(64);
  mpfr_sub(width.v, a.hi.v, a.lo.v, MPFR_RNDU);
  mpfr_sub(r.lo.v, r.lo.v, width.v, MPFR_RNDD);
  mpfr_add(r.hi.v, r.hi.v, width.v, MPFR_RNDU);
  if (mpfr_cmp_si(r.lo.v, -1) < 0) mpfr_set_si(r.lo.v, -1, MPFR_RNDD);
  if (mpfr_cmp_si(r.hi.v, 1) > 0) mpfr_set_si(r.hi.v, 1, MPFR_RNDU);
}

// softplus at one end: max(x, 0) + log1p(exp(-|x|)).
Interval soft_plus_at(const Real &x, mpfr_prec_t precision) {
  Interval magnitude(precision);
  magnitude.set_precision(std::max(precision, mpfr_get_prec(x.v)));
  mpfr_abs(magnitude.lo.v, x.v, MPFR_RNDD);
  mpfr_neg(magnitude.lo.v, magnitude.lo.v, MPFR_RNDD);
  mpfr_set(magnitude.hi.v, magnitude.lo.v, MPFR_RNDU);
  Interval decay(precision), small(precision);
  exponential(decay, magnitude);
  logarithm_plus_one(small, decay);
  if (mpfr_sgn(x.v) <= 0) return small;
  mpfr_add(small.lo.v, x.v, small.lo.v, MPFR_RNDD);
  mpfr_add(small.hi.v, x.v, small.hi.v, MPFR_RNDU);
  return small;
}

void power_natural(Interval &r, const Interval &a, const mpz_class &n) {
  const bool even = mpz_even_p(n.get_mpz_t());
  Interval base(std::max(mpfr_get_prec(a.lo.v), mpfr_get_prec(a.hi.v)));
  if (even)
    absolute(base, a);
  else
    hull(base, a, a);
  mpfr_pow_z(r.lo.v, base.lo.v, n.get_mpz_t(), MPFR_RNDD);
  mpfr_pow_z(r.hi.v, base.hi.v, n.get_mpz_t(), MPFR_RNDU);
}

void power_integer(Interval &r, const Interval &a, const mpz_class &n) {
  if (n >= 0) return power_natural(r, a, n);  // n = 0 gives 1, also for a = 0
  Interval reciprocal(precision_of(r));
  power_natural(reciprocal, a, -n);
  reciprocal.limited = a.limited;
  divide(r, integer(1, precision_of(r)), reciprocal);
}

// a^b for a >= 0: monotone in each of a and b alone, so the extremes are at the corners.
void power_corners(Interval &r, const Interval &a, const Interval &b) {
  Real corner(precision_of(r));
  bool first = true;
  for (mpfr_srcptr base : {a.lo.v, a.hi.v})
    for (mpfr_srcptr exponent : {b.lo.v, b.hi.v}) {
      mpfr_pow(corner.v, base, exponent, MPFR_RNDD);
      if (first || mpfr_less_p(corner.v, r.lo.v)) mpfr_set(r.lo.v, corner.v, MPFR_RNDD);
      mpfr_pow(corner.v, base, exponent, MPFR_RNDU);
      if (first || mpfr_greater_p(corner.v, r.hi.v)) mpfr_set(r.hi.v, corner.v, MPFR_RNDU);
      first = false;
    }
}

// The integer that b certainly is, if any.
std::optional<mpz_class> integer_value(const Interval &b, const std::optional<Rational> &exponent) {
  if (exponent) return exponent->get_den() == 1 ? std::optional<mpz_class>(exponent->get_num()) : std::nullopt;
  if (!b.point() || !mpfr_integer_p(b.lo.v) || mpfr_get_exp(b.lo.v) > 4096) return std::nullopt;
  mpz_class n;
  mpfr_get_z(n.get_mpz_t(), b.lo.v, MPFR_RNDN);
  return n;
}

}  // namespace

void square_root(Interval &r, const Interval &a) {
  if (mpfr_sgn(a.hi.v) < 0) {
    r.undefined = true;
    return set_unbounded(r);
  }
  if (mpfr_sgn(a.lo.v) >= 0) return increasing(r, a, mpfr_sqrt);
  r.doubtful = true;
  mpfr_set_zero(r.lo.v, 1);
  mpfr_sqrt(r.hi.v, a.hi.v, MPFR_RNDU);
}

void exponential(Interval &r, const Interval &a) {
  increasing(r, a, mpfr_exp);
}
void logarithm(Interval &r, const Interval &a) {
  logarithm_from(r, a, 0, mpfr_log);
}
void logarithm_plus_one(Interval &r, const Interval &a) {
  logarithm_from(r, a, -1, mpfr_log1p);
}
void sine(Interval &r, const Interval &a) {
  periodic(r, a, mpfr_sin);
}
void cosine(Interval &r, const Interval &a) {
  periodic(r, a, mpfr_cos);
}

// erfc(-a / sqrt(2)) / 2
void normal_cdf(Interval &r, const Interval &a) {
  const mpfr_prec_t precision = precision_of(r);
  Interval root(precision), scaled(precision), argument(precision);
  increasing(root, integer(2, precision), mpfr_sqrt);
  divide(scaled, a, root);
  negate(argument, scaled);
  decreasing(r, argument, mpfr_erfc);
  mpfr_div_2ui(r.lo.v, r.lo.v, 1, MPFR_RNDD);
  mpfr_div_2ui(r.hi.v, r.hi.v, 1, MPFR_RNDU);
}

// exp(-a^2 / 2) / sqrt(2 pi)
void normal_pdf(Interval &r, const Interval &a) {
  const mpfr_prec_t precision = precision_of(r);
  Interval squared(precision), argument(precision), numerator(precision), root(precision), two_pi(precision);
  square(squared, a);
  mpfr_div_2ui(squared.lo.v, squared.lo.v, 1, MPFR_RNDD);
  mpfr_div_2ui(squared.hi.v, squared.hi.v, 1, MPFR_RNDU);
  negate(argument, squared);
  exponential(numerator, argument);
  mpfr_const_pi(two_pi.lo.v, MPFR_RNDD);
  mpfr_const_pi(two_pi.hi.v, MPFR_RNDU);
  mpfr_mul_2ui(two_pi.lo.v, two_pi.lo.v, 1, MPFR_RNDD);
  mpfr_mul_2ui(two_pi.hi.v, two_pi.hi.v, 1, MPFR_RNDU);
  increasing(root, two_pi, mpfr_sqrt);
  divide(r, numerator, root);
}

// 1 / (1 + exp(-a))
void logistic(Interval &r, const Interval &a) {
  const mpfr_prec_t precision = precision_of(r);
  Interval argument(std::max(precision, mpfr_get_prec(a.lo.v))), decay(precision), denominator(precision);
  negate(argument, a);
  exponential(decay, argument);
  add(denominator, integer(1, precision), decay);
  divide(r, integer(1, precision), denominator);
}

void soft_plus(Interval &r, const Interval &a) {
  const Interval low = soft_plus_at(a.lo, precision_of(r));
  const Interval high = a.point() ? low : soft_plus_at(a.hi, precision_of(r));
  mpfr_set(r.lo.v, low.lo.v, MPFR_RNDD);
  mpfr_set(r.hi.v, high.hi.v, MPFR_RNDU);
}

void root_of_sum(Interval &r, const Interval &a, const Interval &c) {
  Interval squared(precision_of(r)), sum(precision_of(r));
  square(squared, a);
  add(sum, squared, c);
  square_root(r, sum);
}

void power(Interval &r, const Interval &a, const Interval &b, const std::optional<Rational> &exponent) {
  if (const auto n = integer_value(b, exponent)) return power_integer(r, a, *n);
  const bool fractional = exponent || (b.point() && !mpfr_integer_p(b.lo.v));
  if (mpfr_sgn(a.hi.v) < 0 && fractional) {
    r.undefined = true;
    return set_unbounded(r);
  }
  if (a.is_zero() && !b.contains_zero()) {
    r.pole = mpfr_sgn(b.hi.v) < 0;
    return r.pole ? set_unbounded(r) : (mpfr_set_zero(r.lo.v, 1), mpfr_set_zero(r.hi.v, 1));
  }
  if (mpfr_sgn(a.lo.v) < 0 || a.is_zero()) {
    r.doubtful = true;
    return set_unbounded(r);
  }
  if (mpfr_zero_p(a.lo.v) && mpfr_sgn(b.lo.v) <= 0) r.doubtful = r.doubtful || !a.limited;
  power_corners(r, a, b);
}

}  // namespace actinide::reference
