// Interior roots: there the factored form replaces the sum whose terms cancel. See roots.h.
#include "approximation/evaluator.h"
#include "approximation/roots.h"

namespace actinide {
namespace {

/// The value, as MPFR's number; to be cleared.
void set_big(mpfr_t big, const mpf_class &value) {
  mpfr_init2(big, 512);
  mpfr_set_f(big, value.get_mpf_t(), MPFR_RNDN);
}

Number from_big(const Arithmetic &a, const mpf_class &value) {
  mpfr_t big;
  set_big(big, value);
  const Number number = a.constant(big);
  mpfr_clear(big);
  return number;
}

/// x - root as a pair, with three words of the root: where the first is x, two are left.
Number distance(const Arithmetic &pairs, const Number &x, const mpf_class &root) {
  mpfr_t rest;
  set_big(rest, root);
  const Number first = Arithmetic(pairs.builder(), pairs.type(), false).constant(rest);
  mpfr_sub_d(rest, rest, pairs.builder().literal_value(first.hi), MPFR_RNDN);
  const Number others = pairs.constant(rest);
  mpfr_clear(rest);
  return pairs.sub(pairs.sub(x, first), others);
}

/// P(t). |t| <= 2^-4, so that low words matter in the leading coefficients only.
Number evaluate_window(const Arithmetic &a, const std::vector<mpf_class> &coefficients, const Number &t) {
  constexpr std::size_t pairs = 3;
  const Arithmetic plain(a.builder(), a.type(), false);
  std::size_t k = coefficients.size() - 1;
  Number sum = from_big(plain, coefficients[k]);
  while (k > 0) {
    --k;
    const Arithmetic &step = k < pairs ? a : plain;
    sum = step.fma(sum, step.fitted(t), from_big(step, coefficients[k]));
    sum.range = {-0x1p100, 0x1p100};
  }
  return sum;
}

}  // namespace

Number Evaluator::with_root_windows(const Number &number, const Number &x, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  if (setting_.wide) return number;  // see bits_for
  constexpr double half_width = 0x1p-4;
  const Arithmetic exact(builder_, a.type(), true);
  Number result = number;
  for (const RootWindow &window : find_root_windows(reference, 1, half_width, setting_.precision.bits)) {
    Number t = distance(exact, x, window.root);
    t.range = {-window.half_width, window.half_width};
    const ValueId near = builder_.less_equal(builder_.abs(t.hi), a.literal(window.half_width));
    result = a.select(near, a.mul(a.fitted(t), evaluate_window(a, window.coefficients, t)), result);
    result.range = number.range;
  }
  return result;
}

}  // namespace actinide
