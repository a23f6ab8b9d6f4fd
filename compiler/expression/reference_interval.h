// Interval arithmetic over MPFR with directed rounding: every result encloses the exact value.
//
// An infinite end means "no bound that the exponent range can express"; the exact value itself is always finite.
// Monotone functions map ends to ends, so nothing here needs the bound of a derivative except sin and cos.
#pragma once

#include "expression/expression.h"

#include <mpfr.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace actinide::reference {

/// An mpfr_t that owns itself.
struct Real {
  mpfr_t v;

  explicit Real(mpfr_prec_t precision = 64) { mpfr_init2(v, precision); }
  Real(const Real &other) : Real(mpfr_get_prec(other.v)) { mpfr_set(v, other.v, MPFR_RNDN); }
  Real(Real &&other) noexcept : Real(MPFR_PREC_MIN) { mpfr_swap(v, other.v); }
  Real &operator=(Real other) noexcept {
    mpfr_swap(v, other.v);
    return *this;
  }
  ~Real() { mpfr_clear(v); }
};

/// An exact double.
Real exact(double value);

/// The widest exponent range of MPFR on this thread while it lives; also frees MPFR's caches when a thread ends.
class FullExponentRange {
 public:
  FullExponentRange();
  ~FullExponentRange();
  FullExponentRange(const FullExponentRange &) = delete;
  FullExponentRange &operator=(const FullExponentRange &) = delete;

 private:
  mpfr_exp_t emin_;
  mpfr_exp_t emax_;
};

enum class Truth : std::uint8_t { no, yes, unknown };

struct Interval {
  Real lo;
  Real hi;
  Truth truth = Truth::unknown;  ///< the value of a comparison, which uses nothing else but `undefined`
  bool undefined = false;        ///< certainly no real number: log(-1), 0/0
  bool pole = false;             ///< certainly a division of a nonzero number by 0, or log(0)
  bool doubtful = false;         ///< perhaps one of these; if not, the ends hold
  bool limited = false;          ///< an end ran out of exponent range: more precision may not help

  explicit Interval(mpfr_prec_t precision) : lo(precision), hi(precision) {}
  void set_precision(mpfr_prec_t precision);
  /// As a new one of this precision.
  void reset(mpfr_prec_t precision);
  bool point() const { return mpfr_equal_p(lo.v, hi.v); }
  bool is_zero() const { return mpfr_zero_p(lo.v) && mpfr_zero_p(hi.v); }
  bool contains_zero() const { return mpfr_sgn(lo.v) <= 0 && mpfr_sgn(hi.v) >= 0; }
  bool defined() const { return !undefined && !pole; }
};

// Each writes the ends of `r` and, where the argument demands it, `undefined`, `pole` or `doubtful`; the caller passes
// on the flags of the operands and notices an exhausted exponent range. `r` is none of the operands.
void set_rational(Interval &r, const Rational &value);
void add(Interval &r, const Interval &a, const Interval &b);
void subtract(Interval &r, const Interval &a, const Interval &b);
void multiply(Interval &r, const Interval &a, const Interval &b);
void square(Interval &r, const Interval &a);
void divide(Interval &r, const Interval &a, const Interval &b);
void negate(Interval &r, const Interval &a);
void absolute(Interval &r, const Interval &a);
void maximum(Interval &r, const Interval &a, const Interval &b);
void minimum(Interval &r, const Interval &a, const Interval &b);
/// The smallest interval that encloses both.
void hull(Interval &r, const Interval &a, const Interval &b);
void set_unbounded(Interval &r);

void square_root(Interval &r, const Interval &a);
void exponential(Interval &r, const Interval &a);
void logarithm(Interval &r, const Interval &a);
void logarithm_plus_one(Interval &r, const Interval &a);
void sine(Interval &r, const Interval &a);
void cosine(Interval &r, const Interval &a);
void normal_cdf(Interval &r, const Interval &a);
void normal_pdf(Interval &r, const Interval &a);
void logistic(Interval &r, const Interval &a);
void soft_plus(Interval &r, const Interval &a);
/// sqrt(a^2 + c)
void root_of_sum(Interval &r, const Interval &a, const Interval &c);
/// a^b; `exponent` is the exact value of b where it is known. 0^0 = 1; a negative base needs an integer.
void power(Interval &r, const Interval &a, const Interval &b, const std::optional<Rational> &exponent);

/// f is increasing on the whole line.
using MpfrFunction = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
void increasing(Interval &r, const Interval &a, MpfrFunction f);
void decreasing(Interval &r, const Interval &a, MpfrFunction f);

}  // namespace actinide::reference
