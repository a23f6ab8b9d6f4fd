// Results that are the middle of two numbers, or all but: what no arithmetic here has digits for decides them.
#include "approximation/evaluator.h"
#include "element.h"
#include "error.h"
#include "expression/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace actinide {
namespace {

/// f(at) / at
Number mean_slope(const Arithmetic &a, const Reference &reference, double at) {
  mpfr_t value;
  mpfr_init2(value, 200);
  reference.evaluate(value, {&at, 1});
  mpfr_div_d(value, value, at, MPFR_RNDN);
  const Number slope = a.constant(value);
  mpfr_clear(value);
  return slope;
}

/// No product of three f32 numbers lies nearer to the middle of two others, unless it is that.
constexpr double kLeastRest = 0x1p-56;

/// c x^power, where c is numerator/denominator.
struct ShortForm {
  int power;
  double numerator;
  double denominator;
};

/// f(at) / at^power less c, relative to c; and that quotient as a number of the arithmetic.
struct Rest {
  double beside_c;
  Number value;
};

Rest rest_beside(const Arithmetic &a, const Reference &reference, double at, const ShortForm &form) {
  mpfr_t value;
  mpfr_init2(value, 600);
  reference.evaluate(value, {&at, 1});
  for (int i = 0; i < form.power; ++i) mpfr_div_d(value, value, at, MPFR_RNDN);
  const Number number = a.constant(value);
  mpfr_mul_d(value, value, form.denominator, MPFR_RNDN);
  mpfr_sub_d(value, value, form.numerator, MPFR_RNDN);
  mpfr_div_d(value, value, std::fabs(form.numerator), MPFR_RNDN);
  const double rest = mpfr_get_d(value, MPFR_RNDA);  // no rest becomes 0
  mpfr_clear(value);
  return {rest, number};
}

/// f / x^power at the last of the points as a number of f32 divided by a small one: f'(0) of mish is 3/5. Others make
/// no product the middle of two numbers.
std::optional<ShortForm> short_form(const Reference &reference, double last, int power) {
  const double c = reference.rounded({&last, 1}, DType::f64) / std::pow(last, power);
  if (c == 0 || !std::isfinite(c)) return std::nullopt;
  for (const double denominator : {1.0, 3.0, 5.0, 7.0, 9.0}) {
    const double numerator = static_cast<float>(c * denominator);
    if (std::fabs(c * denominator - numerator) <= 0x1p-50 * std::fabs(numerator))
      return ShortForm{power, numerator, denominator};
  }
  return std::nullopt;
}

/// Where f is as good as c x^power: from a point on, in the direction of the points.
struct Asymptote {
  double from;
  int power;
  Number c;  ///< as it is at that point, with a rest that pairs hold, which has the sign of all that follow
};

std::optional<Asymptote> asymptote(const Arithmetic &a, const Reference &reference, std::span<const double> points) {
  constexpr std::ptrdiff_t kConfirming = 3;
  for (const int power : {0, 1, 2}) {
    const std::optional<ShortForm> form = short_form(reference, points.back(), power);
    if (!form) continue;
    const auto rest_at = [&](double point) { return rest_beside(a, reference, point, *form); };
    const auto first =
        std::ranges::find_if(points, [&](double point) { return std::fabs(rest_at(point).beside_c) <= kLeastRest; });
    if (points.end() - first <= kConfirming) continue;
    const Rest rest = rest_at(*first);
    const bool stays = std::all_of(first, points.end(), [&](double point) {
      const double other = rest_at(point).beside_c;
      return std::fabs(other) <= kLeastRest && (other == 0 || std::signbit(other) == std::signbit(rest.beside_c));
    });
    if (stays && rest.beside_c != 0) return Asymptote{*first, power, rest.value};
  }
  return std::nullopt;
}

}  // namespace

/// Where f(x) = x/2 + c x^2 + ... is among the subnormal numbers of bf16, x/2 is as often a number as the middle of
/// two, and f32 has no digits for the rest, whose sign decides; nor has f64, unless exp keeps some. There f is x times
/// its mean slope up to 2^-10, which is near enough (if nothing multiplies it) and shows on which side of x/2 it lies.
/// Pairs that are rounded to f32 have the digits, but approximations to 2^-62 don't: there the mean slope up to 2^-60.
Number Evaluator::with_ties(Number number, const Variable &variable, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  const bool bf16 = dtypes_ == DTypes(DType::bf16), f32_of_pairs = dtypes_ == DTypes(DType::f32) && a.pairs_of_f64();
  if (!variable.input || kernel_.inputs.size() > 1 || !(bf16 || f32_of_pairs)) return number;
  const Number &x = variable.value;
  const DType dtype = dtypes_.outputs;
  const auto is_right = [&](int multiple) {
    const double at = std::ldexp(multiple, float_format(dtype).least);
    const double exact = reference.rounded({&at, 1}, dtype);
    return std::isnan(exact) || probe(stored(number), *variable.input, at) == exact;
  };
  if (is_right(1) && is_right(3) && is_right(-1) && is_right(-3)) return number;
  const double reach = bf16 ? 0x1p-10 : 0x1p-60, tiny = bf16 ? 0x1p-100 : 0x1p-124;
  const auto slope = [&](double at) { return mean_slope(a, reference, at); };
  const Number product = a.mul(x, a.select(a.less(x, a.exact(0)), slope(-reach), slope(reach)));
  const Interval range = number.range;
  number = a.select(a.less(a.abs(x), a.exact(tiny)), product, number);
  number.range = range;
  return number;
}

/// Times other inputs c, c x or c x^2, which f is as good as, may be the middle of two numbers of f32, and what f has
/// beside it, which no pair holds, decides: 3 silu(40). There c gets such a rest as pairs do show.
Number Evaluator::with_least_rest(Number number, const Expr &expression, const Variable &variable,
                                  const Reference &reference) {
  const Arithmetic &a = setting_.main;
  const bool rounds_products = kernel_.inputs.size() > 1 && dtypes_ == DTypes(DType::f32) && a.pairs_of_f64();
  if (!variable.input || !rounds_products || !is_transcendental(expression)) return number;
  const Number &x = variable.value;
  const Interval range = number.range;
  const auto replace_beyond = [&](std::span<const double> points, bool inwards) {
    const std::optional<Asymptote> found = asymptote(a, reference, points);
    if (!found) return;
    const Number size = a.times_power_of_two(x, std::copysign(1, found->from)), from = a.exact(std::fabs(found->from));
    const ValueId beyond =
        inwards ? builder_.logical_and(a.less(a.exact(0), size), a.less(size, from)) : a.less(from, size);
    Number value = found->c;
    for (int i = 0; i < found->power; ++i) value = a.mul(x, value);
    number = a.select(beyond, value, number);
    number.range = range;
  };
  for (const double sign : {-1.0, 1.0}) {
    std::vector<double> inwards, outwards;
    for (int exponent = -20; exponent >= -120; exponent -= 4) inwards.push_back(std::ldexp(sign, exponent));
    for (int quarter = 0; quarter <= 80; ++quarter) outwards.push_back(sign * std::exp2(quarter / 4.0));
    replace_beyond(inwards, true);
    replace_beyond(outwards, false);
  }
  return number;
}

/// An even or odd f is compared once for both signs. Where a parameter has another value, with NaN.
Number Evaluator::with_looked_up(Number number, const Expr &expression, const Corrections &corrections) {
  const std::span<const std::uint16_t> inputs = corrections.inputs;
  if (inputs.empty()) return number;
  const std::vector<std::string> &parameters = kernel_.parameters;
  internal_check(kernel_.inputs.size() == 1 && parameters.size() == corrections.parameters.size(),
                 "results can be looked up by one input only, and for known parameters");
  const Arithmetic &a = setting_.main;
  std::vector<std::string> names = kernel_.inputs;
  names.insert(names.end(), parameters.begin(), parameters.end());
  const Reference reference(expression, names);
  const Number x = from_tensor(0), size = a.abs(x);
  const auto exact_at = [&](std::uint16_t bits) {
    std::vector<double> values = {decode_16_bit(bits, dtypes_.inputs)};
    values.insert(values.end(), corrections.parameters.begin(), corrections.parameters.end());
    return reference.rounded(values, dtypes_.outputs);
  };
  const auto where_known = [&](double at) {
    ValueId value = a.literal(at);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const ValueId parameter = scope_.variables.at(parameters[i]).hi;
      value = builder_.select(builder_.equal(parameter, a.literal(corrections.parameters[i])), value,
                              a.literal(std::numeric_limits<double>::quiet_NaN()));
    }
    return a.of(value, Interval::all());
  };
  constexpr std::uint16_t sign = 0x8000;
  for (const std::uint16_t bits : inputs) {
    const bool both = std::ranges::find(inputs, bits ^ sign) != inputs.end();
    const double exact = exact_at(bits), opposite = exact_at(bits ^ sign);
    const bool even = both && exact == opposite, odd = both && exact == -opposite;
    if ((even || odd) && (bits & sign) != 0) continue;
    const Number at = where_known(decode_16_bit(bits, dtypes_.inputs));
    const Number magnitude = a.exact(std::abs(exact)), with_sign = a.with_sign_of(magnitude, exact < 0 ? a.neg(x) : x);
    const Number result = odd ? with_sign : a.exact(exact);
    number = a.select(a.equal(even || odd ? size : x, at), result, number);
  }
  return number;
}

}  // namespace actinide
