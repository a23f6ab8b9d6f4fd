#include "expression/reference_limit.h"

#include <algorithm>
#include <array>

namespace actinide::reference {
namespace {

constexpr std::size_t tail_length = 6;

// Distances from the origin are 2^exponent, farthest first. The first ladder shows algebraic and logarithmic behaviour,
// far out where nothing else is left; along it an exponential leaves the exponent range or, next to a number, needs
// more bits than there are. The second one then still shows it.
constexpr std::array far_ladder = {2775, 1850, 1233, 822, 548, 365};
constexpr std::array near_ladder = {14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4};
static_assert(far_ladder.size() >= tail_length && near_ladder.size() >= tail_length);

// The point `exponent` steps along the path. Growing inputs get an irregular fraction, so that a periodic function
// doesn't look constant.
Real point(const Path &path, int exponent) {
  if (path.kind == Path::Kind::stay) return path.target;
  Real step(64);
  if (path.kind == Path::Kind::grow) {
    Real x(exponent + 64);
    mpfr_set_d(x.v, 0.7390851332151607 * exponent, MPFR_RNDN);
    mpfr_set_si_2exp(step.v, 1, exponent, MPFR_RNDN);
    mpfr_add(x.v, x.v, step.v, MPFR_RNDN);
    if (path.side < 0) mpfr_neg(x.v, x.v, MPFR_RNDN);
    return x;
  }
  mpfr_set_si_2exp(step.v, path.side, -exponent, MPFR_RNDN);
  if (mpfr_zero_p(path.target.v)) return step;
  Real x(mpfr_get_prec(path.target.v) + exponent + 8);
  mpfr_mul_2si(step.v, step.v, mpfr_get_exp(path.target.v), MPFR_RNDN);
  mpfr_add(x.v, path.target.v, step.v, MPFR_RNDN);
  return x;
}

std::optional<Real> sample(const Function &f, const std::vector<Path> &paths, int exponent) {
  std::vector<Real> inputs;
  for (const Path &path : paths) inputs.push_back(point(path, exponent));
  return f(inputs);
}

// The farthest values that are decided, farthest first; too few: empty.
template <std::size_t size>
std::vector<Real> tail(const Function &f, const std::vector<Path> &paths, const std::array<int, size> &ladder) {
  std::vector<Real> values;
  for (std::size_t i = 0; i < size && values.size() < tail_length; ++i) {
    if (values.empty() && size - i < tail_length) return {};
    auto value = sample(f, paths, ladder[i]);
    if (value)
      values.push_back(std::move(*value));
    else if (!values.empty() || size == tail_length)
      return {};
  }
  return values.size() == tail_length ? std::move(values) : std::vector<Real>{};
}

using Values = std::vector<Real>;

bool any_nan(const Values &values) {
  return std::any_of(values.begin(), values.end(), [](const Real &x) { return mpfr_nan_p(x.v); });
}

bool one_sign(const Values &values) {
  return std::all_of(values.begin(), values.end(),
                     [&](const Real &x) { return mpfr_signbit(x.v) == mpfr_signbit(values[0].v); });
}

Real distance(const Real &a, const Real &b) {
  Real d(64);
  mpfr_sub(d.v, a.v, b.v, MPFR_RNDN);
  mpfr_abs(d.v, d.v, MPFR_RNDN);
  return d;
}

// The two farthest values agree to the precision asked for.
bool settles(const Values &values, mpfr_prec_t precision) {
  if (mpfr_zero_p(values[0].v) && mpfr_zero_p(values[1].v)) return true;
  if (!mpfr_regular_p(values[0].v) || !mpfr_regular_p(values[1].v)) return false;
  Real allowed(64);
  mpfr_abs(allowed.v, values[0].v, MPFR_RNDN);
  mpfr_mul_2si(allowed.v, allowed.v, -precision - guard_bits / 2, MPFR_RNDN);
  return mpfr_lessequal_p(distance(values[0], values[1]).v, allowed.v);
}

// Each value is smaller than the nearer one by a factor: 1.5 is what the far ladder shows of 1 / log(x).
bool vanishes(const Values &values) {
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    Real bound(64);
    mpfr_mul_d(bound.v, values[i + 1].v, 0.71, MPFR_RNDN);
    if (mpfr_zero_p(values[i].v)) continue;
    if (mpfr_cmpabs(values[i].v, bound.v) > 0) return false;
  }
  return true;
}

// The magnitudes rise, in steps that don't shrink; log(log(x)) still does so along the far ladder.
bool grows(const Values &values) {
  if (!one_sign(values)) return false;
  Real nearer_step(64);
  for (std::size_t i = values.size() - 1; i-- > 0;) {
    if (mpfr_inf_p(values[i].v)) continue;
    if (mpfr_cmpabs(values[i].v, values[i + 1].v) <= 0) return false;
    const Real step = distance(values[i], values[i + 1]);
    mpfr_mul_d(nearer_step.v, nearer_step.v, 0.9, MPFR_RNDN);
    if (i + 2 < values.size() && mpfr_less_p(step.v, nearer_step.v)) return false;
    nearer_step = step;
  }
  return true;
}

Real judge(const Values &values, mpfr_prec_t precision) {
  Real result(precision);
  if (values.empty() || any_nan(values)) {
    mpfr_set_nan(result.v);
  } else if (mpfr_inf_p(values[0].v) ? one_sign(values) : grows(values)) {
    mpfr_set_inf(result.v, mpfr_signbit(values[0].v) ? -1 : 1);
  } else if (settles(values, precision)) {
    mpfr_set(result.v, values[0].v, MPFR_RNDN);
  } else if (vanishes(values)) {
    mpfr_set_zero(result.v, one_sign(values) && mpfr_signbit(values[0].v) ? -1 : 1);
  } else {
    mpfr_set_nan(result.v);
  }
  return result;
}

}  // namespace

Real limit(const Function &f, const std::vector<Path> &paths, mpfr_prec_t precision) {
  const Values far = tail(f, paths, far_ladder);
  return judge(far.empty() ? tail(f, paths, near_ladder) : far, precision);
}

std::optional<Line> asymptote(const Function &f, const std::vector<Path> &paths, mpfr_prec_t precision) {
  const auto grows = [](const Path &path) { return path.kind == Path::Kind::grow; };
  if (std::count_if(paths.begin(), paths.end(), grows) != 1) return std::nullopt;
  const auto moving = static_cast<std::size_t>(std::find_if(paths.begin(), paths.end(), grows) - paths.begin());
  const mpfr_prec_t bits = precision + guard_bits + line_bits;
  // (f(2x) - f(x)) / x is exactly the slope of a line.
  const Function difference = [&](const std::vector<Real> &inputs) -> std::optional<Real> {
    std::vector<Real> twice = inputs;
    mpfr_mul_2ui(twice[moving].v, inputs[moving].v, 1, MPFR_RNDN);
    const auto near = f(inputs);
    const auto far = near ? f(twice) : std::nullopt;
    if (!far) return std::nullopt;
    Real slope(bits);
    mpfr_sub(slope.v, far->v, near->v, MPFR_RNDN);
    mpfr_div(slope.v, slope.v, inputs[moving].v, MPFR_RNDN);
    return slope;
  };
  const Real slope = limit(difference, paths, precision);
  if (!mpfr_regular_p(slope.v)) return std::nullopt;
  const Function rest = [&](const std::vector<Real> &inputs) -> std::optional<Real> {
    const auto value = f(inputs);
    if (!value) return std::nullopt;
    Real difference_from_line(bits);
    mpfr_mul(difference_from_line.v, slope.v, inputs[moving].v, MPFR_RNDN);
    mpfr_sub(difference_from_line.v, value->v, difference_from_line.v, MPFR_RNDN);
    return difference_from_line;
  };
  Real intercept = limit(rest, paths, precision);
  if (!mpfr_number_p(intercept.v)) return std::nullopt;
  return Line{slope, std::move(intercept)};
}

}  // namespace actinide::reference
