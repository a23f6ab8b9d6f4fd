// What each operation is worth, in intervals, and how the precision rises; see reference_evaluate.h.
#include "expression/reference_evaluate.h"
#include "expression/reference_rational.h"

#include "error.h"

#include <algorithm>
#include <vector>

namespace actinide::reference {
namespace {

Truth negation(Truth truth) {
  if (truth == Truth::unknown) return truth;
  return truth == Truth::yes ? Truth::no : Truth::yes;
}

// a < b, or b > a where an undecided pair counts as equal.
Truth is_less(const Interval &a, const Interval &b, bool same, bool last) {
  if (same || mpfr_greaterequal_p(a.lo.v, b.hi.v)) return Truth::no;
  if (mpfr_less_p(a.hi.v, b.lo.v)) return Truth::yes;
  return last ? Truth::no : Truth::unknown;
}

Truth is_equal(const Interval &a, const Interval &b, bool same, bool last) {
  if (same || (a.point() && b.point() && mpfr_equal_p(a.lo.v, b.lo.v))) return Truth::yes;
  if (mpfr_less_p(a.hi.v, b.lo.v) || mpfr_less_p(b.hi.v, a.lo.v)) return Truth::no;
  return last ? Truth::yes : Truth::unknown;
}

class Evaluator {
 public:
  Evaluator(const Tape &tape, std::span<const Real> inputs, mpfr_prec_t precision, bool last)
      : tape_(tape), inputs_(inputs), precision_(precision), last_(last), values_(workspace(tape.nodes.size())) {}

  Interval run() {
    for (std::size_t i = 0; i < tape_.nodes.size(); ++i) {
      values_[i].reset(precision_);
      step(tape_.nodes[i], values_[i]);
    }
    return std::move(values_[tape_.nodes.size() - 1]);
  }

 private:
  // Of this thread, for one tape at a time: MPFR's numbers keep their memory.
  static std::vector<Interval> &workspace(std::size_t nodes) {
    static thread_local std::vector<Interval> values;
    while (values.size() < nodes) values.emplace_back(first_precision);
    return values;
  }

  const Interval &operand(const TapeNode &node, std::size_t index) const { return values_[node.operands[index]]; }

  void step(const TapeNode &node, Interval &r) {
    if (node.op == Op::select) return choose(node, r);
    for (int i = 0; i < info(node.op).arity; ++i) inherit(r, operand(node, static_cast<std::size_t>(i)));
    if (!r.defined()) return set_unbounded(r);
    mpfr_clear_flags();
    apply(node, r);
    r.limited = r.limited || mpfr_underflow_p() || mpfr_overflow_p();
  }

  static void inherit(Interval &r, const Interval &a) {
    r.undefined = r.undefined || a.undefined;
    r.pole = !r.undefined && (r.pole || a.pole);
    r.doubtful = r.doubtful || a.doubtful;
    r.limited = r.limited || a.limited;
  }

  // The arm not taken may be anything. While the condition is open, both arms are possible.
  void choose(const TapeNode &node, Interval &r) {
    const Interval &condition = operand(node, 0);
    const Interval &yes = operand(node, 1);
    const Interval &no = operand(node, 2);
    inherit(r, condition);
    if (!r.defined()) return set_unbounded(r);
    if (condition.truth != Truth::unknown) {
      const Interval &taken = condition.truth == Truth::yes ? yes : no;
      inherit(r, taken);
      return copy(r, taken);
    }
    r.limited = r.limited || yes.limited || no.limited;
    r.doubtful = r.doubtful || yes.doubtful || no.doubtful || !yes.defined() || !no.defined();
    if (yes.defined() && no.defined())
      hull(r, yes, no);
    else
      set_unbounded(r);
  }

  static void copy(Interval &r, const Interval &a) {
    mpfr_set(r.lo.v, a.lo.v, MPFR_RNDD);
    mpfr_set(r.hi.v, a.hi.v, MPFR_RNDU);
  }

  void set_input(Interval &r, const Real &input) const {
    r.set_precision(std::max(precision_, mpfr_get_prec(input.v)));
    mpfr_set(r.lo.v, input.v, MPFR_RNDD);
    mpfr_set(r.hi.v, input.v, MPFR_RNDU);
  }

  static void set_integer(Interval &r, long lo, long hi) {
    mpfr_set_si(r.lo.v, lo, MPFR_RNDD);
    mpfr_set_si(r.hi.v, hi, MPFR_RNDU);
  }

  // A step function of the sign of `a`: its values for negative, zero and positive arguments.
  void by_sign(Interval &r, const Interval &a, long negative, long zero, long positive) const {
    const auto value = [&](int sign) { return sign < 0 ? negative : sign > 0 ? positive : zero; };
    if (last_ && a.contains_zero()) return set_integer(r, zero, zero);
    set_integer(r, value(mpfr_sgn(a.lo.v)), value(mpfr_sgn(a.hi.v)));
  }

  void apply(const TapeNode &node, Interval &r) {
    const Interval &a = operand(node, 0);
    const Interval &b = operand(node, 1);
    const bool same = node.operands[0] == node.operands[1];
    switch (node.op) {
      case Op::constant:
        return set_rational(r, *node.rational);
      case Op::variable:
        return set_input(r, inputs_[node.variable]);
      case Op::pi:
        mpfr_const_pi(r.lo.v, MPFR_RNDD);
        mpfr_const_pi(r.hi.v, MPFR_RNDU);
        return;
      case Op::euler: {
        Interval one(precision_);
        set_integer(one, 1, 1);
        return exponential(r, one);
      }
      case Op::add:
        return add(r, a, b);
      case Op::sub:
        return same ? set_integer(r, 0, 0) : subtract(r, a, b);
      case Op::mul:
        return same ? square(r, a) : multiply(r, a, b);
      case Op::div:
        return divide(r, a, b);
      case Op::neg:
        return negate(r, a);
      case Op::pow:
        return power(r, a, b, node.rational);
      case Op::less:
        r.truth = is_less(a, b, same, last_);
        return;
      case Op::less_equal:
        r.truth = negation(is_less(b, a, same, last_));
        return;
      case Op::equal:
        r.truth = is_equal(a, b, same, last_);
        return;
      case Op::not_equal:
        r.truth = negation(is_equal(a, b, same, last_));
        return;
      case Op::select:
        return choose(node, r);
      case Op::max:
        return maximum(r, a, b);
      case Op::min:
        return minimum(r, a, b);
      case Op::abs:
        return absolute(r, a);
      case Op::sign:
        return by_sign(r, a, -1, 0, 1);
      case Op::step:
        return by_sign(r, a, 0, 0, 1);
      case Op::sqrt:
        return square_root(r, a);
      case Op::exp:
        return exponential(r, a);
      case Op::expm1:
        return increasing(r, a, mpfr_expm1);
      case Op::log:
        return logarithm(r, a);
      case Op::log1p:
        return logarithm_plus_one(r, a);
      case Op::sin:
        return sine(r, a);
      case Op::cos:
        return cosine(r, a);
      case Op::tanh:
        return increasing(r, a, mpfr_tanh);
      case Op::erf:
        return increasing(r, a, mpfr_erf);
      case Op::erfc:
        return decreasing(r, a, mpfr_erfc);
      case Op::normcdf:
        return normal_cdf(r, a);
      case Op::normpdf:
        return normal_pdf(r, a);
      case Op::sigmoid:
        return logistic(r, a);
      case Op::softplus:
        return soft_plus(r, a);
      case Op::root_sum:
        return root_of_sum(r, a, b);
      case Op::scaled_exp:
      case Op::nearest:
        break;
    }
    throw InternalError("the tape holds an unknown operation");
  }

  const Tape &tape_;
  std::span<const Real> inputs_;
  mpfr_prec_t precision_;
  bool last_;
  std::vector<Interval> &values_;
};

// Smaller than 2^exponent.
bool below(mpfr_srcptr x, mpfr_exp_t exponent) {
  return mpfr_zero_p(x) || (mpfr_regular_p(x) && mpfr_get_exp(x) <= exponent);
}

bool beyond(mpfr_srcptr x, mpfr_exp_t exponent) {
  return mpfr_inf_p(x) || (mpfr_regular_p(x) && mpfr_get_exp(x) > exponent);
}

bool overflows(const Interval &x) {
  const mpfr_exp_t far = mpfr_get_emax_max() / 2;
  return !x.contains_zero() && beyond(x.lo.v, far) && beyond(x.hi.v, far);
}

bool underflows(const Interval &x) {
  const mpfr_exp_t far = mpfr_get_emin_min() / 2;
  return x.limited && below(x.lo.v, far) && below(x.hi.v, far);
}

void set_zero(Interval &x, int sign) {
  mpfr_set_zero(x.lo.v, sign);
  mpfr_set_zero(x.hi.v, sign);
}

// At the last precision: the simple number that the enclosure has shrunk to; a zero from below is negative.
bool settle(Interval &x) {
  if (!mpfr_number_p(x.lo.v) || !mpfr_number_p(x.hi.v)) return false;
  if (x.contains_zero()) {
    if (!below(x.lo.v, -last_precision / 2) || !below(x.hi.v, -last_precision / 2)) return false;
    set_zero(x, mpfr_sgn(x.lo.v) < 0 && mpfr_sgn(x.hi.v) <= 0 ? -1 : 1);
  } else {
    Real simple(last_precision / 4), other(last_precision / 4);
    mpfr_set(simple.v, x.lo.v, MPFR_RNDN);
    mpfr_set(other.v, x.hi.v, MPFR_RNDN);
    if (!mpfr_equal_p(simple.v, other.v)) return false;
    mpfr_set(x.lo.v, simple.v, MPFR_RNDN);
    mpfr_set(x.hi.v, simple.v, MPFR_RNDN);
  }
  return true;
}

}  // namespace

Interval evaluate_tape(const Tape &tape, std::span<const Real> inputs, mpfr_prec_t precision, bool last) {
  return Evaluator(tape, inputs, precision, last).run();
}

Found refine(mpfr_prec_t start, const Compute &compute, const Accept &accept) {
  Real previous(64), width(64);
  mpfr_set_inf(previous.v, 1);
  for (mpfr_prec_t precision = start;; precision = std::min(2 * precision, last_precision)) {
    const bool last = precision >= last_precision;
    Interval x = compute(precision, last);
    if (x.undefined) return {Outcome::undefined, std::move(x)};
    if (!x.doubtful || last) {
      if (x.pole) return {Outcome::pole, std::move(x)};
      if (x.is_zero()) set_zero(x, 1);
      if (accept(x) || (last && settle(x))) return {Outcome::value, std::move(x)};
    }
    if (last) return {Outcome::undecided, std::move(x)};
    mpfr_sub(width.v, x.hi.v, x.lo.v, MPFR_RNDU);
    mpfr_mul_2ui(width.v, width.v, 1, MPFR_RNDU);
    if (x.limited && !x.doubtful && !mpfr_less_p(width.v, previous.v)) return {Outcome::undecided, std::move(x)};
    mpfr_div_2ui(previous.v, width.v, 1, MPFR_RNDU);
  }
}

Found enclose(const Tape &tape, std::span<const Real> inputs, mpfr_prec_t digits, const Accept &accept) {
  constexpr mpfr_prec_t lost_on_the_way = 32;
  const mpfr_prec_t start = std::max(first_precision, digits + lost_on_the_way);
  std::optional<Rational> exact;
  return refine(
      start,
      [&](mpfr_prec_t precision, bool last) {
        if (precision > start && !exact && precision <= 2 * start) exact = exact_value(tape, inputs);
        if (!exact) return evaluate_tape(tape, inputs, precision, last);
        Interval x(precision);
        set_rational(x, *exact);
        return x;
      },
      accept);
}

bool rounds_uniquely(const Interval &x, mpfr_prec_t precision) {
  if (x.point() || overflows(x) || underflows(x)) return true;
  if (x.contains_zero()) return false;
  Real low(precision), high(precision);
  mpfr_set(low.v, x.lo.v, MPFR_RNDN);
  mpfr_set(high.v, x.hi.v, MPFR_RNDN);
  return mpfr_equal_p(low.v, high.v);
}

Real rounded(const Interval &x, mpfr_prec_t precision) {
  Real result(precision);
  if (!x.point() && overflows(x))
    mpfr_set_inf(result.v, mpfr_sgn(x.lo.v));
  else if (!x.is_zero() && underflows(x))
    mpfr_set_zero(result.v, mpfr_sgn(x.lo.v) < 0 && mpfr_sgn(x.hi.v) <= 0 ? -1 : 1);
  else
    mpfr_set(result.v, x.lo.v, MPFR_RNDN);
  return result;
}

}  // namespace actinide::reference
