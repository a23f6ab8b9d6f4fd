// Interior roots: there the factored form replaces the sum whose terms cancel. See roots.h.
#include "approximation/evaluator.h"
#include "approximation/roots.h"
#include "element.h"

#include <algorithm>
#include <cmath>
#include <optional>

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
Number distance(const Arithmetic &pairs, const Number &x, const RootWindow &window) {
  const Arithmetic plain(pairs.builder(), pairs.type(), false);
  mpfr_t rest;
  set_big(rest, window.root);
  const Number first = plain.constant(rest);
  mpfr_sub_d(rest, rest, pairs.builder().literal_value(first.hi), MPFR_RNDN);
  const Number others = pairs.constant(rest);
  mpfr_clear(rest);
  if (x.lo || first.range.least_magnitude() < 2 * window.half_width) return pairs.sub(pairs.sub(x, first), others);
  // Sterbenz: within the window the difference is exact, and zero or larger than what is left of the root.
  const Arithmetic::Words words = pairs.fast_two_sum(plain.sub(x, first).hi, pairs.builder().neg(others.hi));
  Number t = pairs.of(words.hi, x.range);
  t.lo = others.lo ? pairs.builder().sub(words.lo, *others.lo) : words.lo;
  return t;
}

/// f in powers of x - z, z the root rounded: (t + rest) P(t + rest). The constant term is f(z).
std::vector<mpf_class> around(const mpf_class &z, const RootWindow &window) {
  const mpf_class rest = z - window.root;
  std::vector<mpf_class> f(window.coefficients.size() + 1, mpf_class(0, rest.get_prec()));
  const auto times_factor = [&] {
    for (std::size_t i = f.size() - 1; i > 0; --i) f[i] = f[i - 1] + f[i] * rest;
    f[0] *= rest;
  };
  for (std::size_t k = window.coefficients.size(); k-- > 0;) {
    times_factor();
    f[0] += window.coefficients[k];
  }
  times_factor();
  return f;
}

/// P(t) to 2^-bits, |t| <= half_width: a coefficient needs fewer bits than the one before it, so that low words matter
/// in the leading ones only.
Number evaluate_polynomial(const Arithmetic &a, const std::vector<mpf_class> &coefficients, const Number &t,
                           double half_width, int bits) {
  const int fewer = std::max(1, -std::ilogb(half_width)), spare = 3;
  const auto pairs = static_cast<std::size_t>(std::max(0, bits - 53 + spare) / fewer);
  const Arithmetic plain(a.builder(), a.type(), false);
  std::size_t k = coefficients.size() - 1;
  Number sum = from_big(plain, coefficients[k]);
  while (k > 0) {
    --k;
    const Arithmetic &step = k < pairs ? a : plain;
    sum = step.fma(sum, step.fitted(t), from_big(step, coefficients[k]));
  }
  return sum;
}

/// t^power P(t); an even P in powers of t^2.
Number evaluate_window(const Arithmetic &a, const RootWindow &window, const Number &t, int bits) {
  std::vector<mpf_class> even;
  bool is_even = true;
  for (std::size_t k = 0; k < window.coefficients.size(); ++k) {
    if (k % 2 == 0) even.push_back(window.coefficients[k]);
    if (k % 2 == 1 && sgn(window.coefficients[k]) != 0) is_even = false;
  }
  const double reach = window.half_width + std::abs(window.middle);
  Number result = is_even ? evaluate_polynomial(a, even, a.square(t), reach * reach, bits)
                          : evaluate_polynomial(a, window.coefficients, t, reach, bits);
  for (int i = 0; i < window.power; ++i) result = a.mul(t, result);
  return result;
}

}  // namespace

/// In f32 around the root rounded to z: x - z is exact next to it. f is the linear term, whose product is not rounded
/// and whose coefficient has two words, and the rest, which is smaller.
Number Evaluator::with_window_around_float(const Number &number, const Number &x, const RootWindow &window) {
  const Arithmetic &a = setting_.main;
  const Number z = from_big(a, window.root);
  const mpf_class rounded(builder_.literal_value(z.hi), window.root.get_prec());
  Number t = a.sub(a.fitted(x), z);
  if (x.lo) t.hi = builder_.add(t.hi, *x.lo);
  std::vector<mpf_class> coefficients = around(rounded, window);
  const Number slope = from_big(a, coefficients[1]);
  coefficients[1] -= builder_.literal_value(slope.hi);
  const Number rest = evaluate_polynomial(a, coefficients, t, window.half_width, setting_.precision.bits);
  const Number f = a.fma(slope, t, rest);
  const ValueId from_middle = builder_.sub(t.hi, a.literal(window.middle));
  const ValueId near = builder_.less_equal(builder_.abs(from_middle), a.literal(window.half_width));
  Number result = a.select(near, f, number);
  result.range = number.range;
  return result;
}

Number Evaluator::with_window(const Number &number, const Number &x, const RootWindow &window) {
  const Arithmetic &a = setting_.main;
  const Arithmetic exact(builder_, a.type(), true);
  Number t = distance(exact, x, window);
  t.range = {window.middle - window.half_width, window.middle + window.half_width};
  ValueId near = builder_.less_equal(builder_.abs(t.hi), a.literal(window.half_width + std::abs(window.middle)));
  if (window.middle != 0) {  // on one side of the root, without it
    const ValueId zero = a.literal(0);
    const ValueId beside = window.middle < 0 ? builder_.less(t.hi, zero) : builder_.less(zero, t.hi);
    near = builder_.logical_and(near, beside);
  }
  Number result = a.select(near, evaluate_window(a, window, a.fitted(t), setting_.precision.bits), number);
  result.range = number.range;
  return result;
}

/// The largest error in ULP of f32 that a few inputs from `from` to `to` show.
double Evaluator::error_between(double from, double to, const Program &program, std::size_t input,
                                const Reference &reference) const {
  constexpr int kSamples = 64;
  std::vector<double> inputs(program.inputs.size(), 0.0);
  double worst = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double x = static_cast<float>(from + (to - from) * (i + 0.5) / kSamples);
    inputs[first_tensor(input)] = x;
    const double exact = reference.rounded({&x, 1}, DType::f64);
    worst = std::fmax(worst, std::ldexp(std::fabs(interpret(program, inputs, {})[0] - exact), 23 - std::ilogb(exact)));
  }
  return worst;
}

/// How far from a root, in parts of its magnitude, the roundings of the terms come to more than the contract has room
/// for, as far as samples tell. Where there is nothing to sample, what is enough for x sigmoid(p x).
double Evaluator::reach_in_f32(const Number &number, const Variable &variable, const Reference &reference, double root,
                               bool outwards) {
  constexpr double parts[] = {0.125, 0.25, 0.5, 0.875};
  constexpr double bearable = 2.125;
  if (!variable.input) return parts[2];
  const Program program = builder_.finish(tensors(), {}, {{"probe", dtypes_.outputs, stored(number)}});
  std::size_t last = std::size(parts) - 1;
  const auto at = [&](double part) { return root * (outwards ? 1 + part : 1 - part); };
  while (last > 0 &&
         error_between(at(parts[last - 1]), at(parts[last]), program, *variable.input, reference) < bearable)
    --last;
  return parts[last];
}

Number Evaluator::with_root_windows(const Number &number, const Expr &expression, const Variable &variable,
                                    const Reference &reference) {
  if (setting_.spare_digits) return number;  // see bits_for
  const bool f32 = setting_.main.type() == Type::f32;
  Reach reach{.absolute = 0x1p-4};
  if (f32)
    reach.relative = [&](double root, bool outwards) {
      return reach_in_f32(number, variable, reference, root, outwards);
    };
  Number result = number;
  for (const RootWindow &window :
       find_root_windows(reference, 1, reach, setting_.precision.bits, Switches(expression, variable.name)))
    result =
        f32 ? with_window_around_float(result, variable.value, window) : with_window(result, variable.value, window);
  return result;
}

/// Digits lost next to 0 are seen by trial.
Number Evaluator::with_window_at_zero(const Number &number, const Expr &expression, const Variable &variable,
                                      const Reference &reference) {
  if (!variable.input) return number;
  const double negligible = float_format(dtypes_.outputs).least_normal() * 0x1p22;
  const auto right_at = [&](double x) {
    const double exact = reference.rounded({&x, 1}, dtypes_.outputs);
    return std::abs(exact) < negligible || gives(number, variable, x, exact);
  };
  constexpr double digits = 0x1.3c0ca428c59fbp0;  // whose square isn't exact
  const double unit =
      with_element(dtypes_.inputs, [&]<typename T>(T) { return static_cast<double>(static_cast<T>(digits)); });
  const auto right_on = [&](Side side) {
    // The last ones, of f64 alone, are those whose square or cube underflows.
    for (const int exponent : {-12, -16, -20, -25, -40, -60, -100, -360, -520, -1000}) {
      const bool exists = exponent >= float_format(dtypes_.inputs).least;
      if (exists && !right_at(std::ldexp(side == Side::below ? -unit : unit, exponent))) return false;
    }
    return true;
  };
  const bool right_below = right_on(Side::below), right_above = right_on(Side::above);
  if (right_below && right_above) return number;
  const Switches switches(expression, variable.name);
  const auto find = [&](Side side) {
    return find_window_at_zero(reference, 1, setting_.precision.bits, switches, side);
  };
  const std::optional<RootWindow> window = find(Side::both);
  if (!window) {
    const auto below = right_below ? std::nullopt : find(Side::below),
               above = right_above ? std::nullopt : find(Side::above);
    const Number result = below ? with_window(number, variable.value, *below) : number;
    return above ? with_window(result, variable.value, *above) : result;
  }
  const Number result = with_window(number, variable.value, *window);
  const double zero = 0;
  if (!std::isnan(reference.rounded({&zero, 1}, dtypes_.outputs))) return result;
  return setting_.main.select(builder_.equal(variable.value.hi, setting_.main.literal(0)), number, result);
}

}  // namespace actinide
