// The public face of the reference: special inputs, then the fast way where it serves, then the rigorous one.
#include "expression/reference.h"

#include "error.h"
#include "expression/reference_batch.h"
#include "expression/reference_evaluate.h"
#include "expression/reference_judge.h"
#include "expression/reference_limit.h"
#include "expression/reference_quick.h"
#include "expression/reference_taylor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

namespace actinide {

using namespace reference;

namespace {

// Beyond 2^59 an exponential leaves even MPFR's exponent range; a function that is then undecided is taken for its
// limit, or for the line that it approaches.
constexpr double out_of_exponent_range = 0x1p59;

constexpr std::size_t most_lines = 256;
constexpr mpfr_prec_t limit_precision = 64;

// Smaller in magnitude than any dtype can show, whatever the sign.
bool negligible(const Interval &x) {
  return mpfr_cmp_si_2exp(x.hi.v, 1, -1300) < 0 && mpfr_cmp_si_2exp(x.lo.v, -1, -1300) > 0;
}

// What lies on one side of zero, and is negligible, has the sign of that side: whether it is zero may take any number
// of digits (log(normcdf(x)) for a large x).
bool has_sign(const Interval &x) {
  const bool one_side = mpfr_sgn(x.lo.v) >= 0 || mpfr_sgn(x.hi.v) <= 0;
  return x.is_zero() || !x.contains_zero() || (one_side && negligible(x)) ||
         reference::rounds_uniquely(x, limit_precision);
}

// The same, or so small after so many digits that it is most likely 0: x - x has no sign at any precision.
bool has_sign_or_none(const Interval &x) {
  constexpr mpfr_prec_t enough = 4096;
  return has_sign(x) || (mpfr_get_prec(x.lo.v) >= enough && negligible(x));
}

std::vector<Real> exact_inputs(std::span<const double> inputs) {
  std::vector<Real> reals;
  for (double x : inputs) reals.push_back(exact(x));
  return reals;
}

Real not_a_number(mpfr_prec_t precision) {
  Real nan(precision);
  mpfr_set_nan(nan.v);
  return nan;
}

Interval number(const Real &value) {
  Interval x(mpfr_get_prec(value.v));
  mpfr_set(x.lo.v, value.v, MPFR_RNDN);
  mpfr_set(x.hi.v, value.v, MPFR_RNDN);
  return x;
}

// Inputs of at least `threshold` grow, the others stay.
std::vector<Path> growing(std::span<const double> inputs, double threshold) {
  std::vector<Path> paths;
  for (double x : inputs) {
    const bool grows = std::fabs(x) >= threshold;
    paths.push_back({grows ? Path::Kind::grow : Path::Kind::stay, grows ? Real() : exact(x), std::signbit(x) ? -1 : 1});
  }
  return paths;
}

std::vector<Path> approaching(std::span<const double> inputs, std::size_t moving, int side) {
  std::vector<Path> paths;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    paths.push_back({i == moving ? Path::Kind::approach : Path::Kind::stay, exact(inputs[i]), side});
  return paths;
}

// The function of `limit`: some question about f at a point, answered to `bits` bits.
std::optional<Real> answer(const Found &found, mpfr_prec_t bits) {
  if (found.outcome == Outcome::value) return reference::rounded(found.enclosure, bits);
  return found.outcome == Outcome::undecided ? std::nullopt : std::optional(not_a_number(bits));
}

Interval zero_if_negligible(Interval x) {
  if (!negligible(x)) return x;
  mpfr_set_zero(x.lo.v, 1);
  mpfr_set_zero(x.hi.v, 1);
  return x;
}

}  // namespace

struct Reference::Impl {
  Tape tape;
  std::vector<QuickNode> quick;
  std::optional<Batch> batch;
  // What far_out found, by the inputs (the huge ones as infinities) and the precision.
  mutable std::mutex lines_mutex;
  mutable std::map<std::pair<std::vector<double>, mpfr_prec_t>, std::optional<Line>> lines;

  template <typename Predicate>
  bool any(std::span<const double> inputs, Predicate &&predicate) const {
    internal_check(inputs.size() == tape.depends.size(), "the reference takes {} inputs, not {}", tape.depends.size(),
                   inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (tape.depends[i] && predicate(inputs[i])) return true;
    return false;
  }

  bool ordinary(std::span<const double> inputs) const {
    return !any(inputs, [](double x) { return !std::isfinite(x); });
  }

  Function values(mpfr_prec_t precision) const {
    return [this, bits = precision + guard_bits](const std::vector<Real> &inputs) {
      const Accept accept = [bits](const Interval &x) { return reference::rounds_uniquely(x, bits); };
      return answer(enclose(tape, inputs, bits, accept), bits);
    };
  }

  // The exact result at any inputs: an enclosure that `accept` takes, or a limit to `precision` bits, or NaN.
  Interval find(std::span<const double> inputs, mpfr_prec_t precision, const Accept &accept) const;
  // f where an input is beyond out_of_exponent_range: its limit, or the line that it approaches.
  Real far_out(std::span<const double> inputs, mpfr_prec_t precision) const;
  // The limit at a pole: from the side of a signed zero; elsewhere what both sides, or the only one where f exists,
  // agree on.
  Real limit_at_pole(std::span<const double> inputs, mpfr_prec_t precision) const;
  // The sign of f when every zero input moves a little to the side of its sign; 0 if f is 0 there, or doesn't tend to
  // 0.
  int sign_beside_zero(std::span<const double> inputs) const;
  // The derivative at a point by central differences.
  Found slope(std::size_t variable, const std::vector<Real> &inputs, const Accept &accept) const;
  Interval find_slope(std::size_t variable, std::span<const double> inputs, mpfr_prec_t precision,
                      const Accept &accept) const;
};

Interval Reference::Impl::find(std::span<const double> inputs, mpfr_prec_t precision, const Accept &accept) const {
  if (any(inputs, [](double x) { return std::isnan(x); })) return number(not_a_number(precision));
  if (!ordinary(inputs)) return number(limit(values(precision), growing(inputs, INFINITY), precision));
  Found found = enclose(tape, exact_inputs(inputs), precision, accept);
  switch (found.outcome) {
    case Outcome::value:
      if (found.enclosure.is_zero() && sign_beside_zero(inputs) < 0) negate(found.enclosure, Interval(found.enclosure));
      return std::move(found.enclosure);
    case Outcome::undefined:
      break;
    case Outcome::pole:
      return number(limit_at_pole(inputs, precision));
    case Outcome::undecided:
      if (any(inputs, [](double x) { return std::fabs(x) >= out_of_exponent_range; }))
        return number(far_out(inputs, precision));
  }
  return number(not_a_number(precision));
}

Real Reference::Impl::far_out(std::span<const double> inputs, mpfr_prec_t precision) const {
  const std::vector<Path> paths = growing(inputs, out_of_exponent_range);
  std::vector<double> key(inputs.begin(), inputs.end());
  for (double &x : key)
    if (std::fabs(x) >= out_of_exponent_range) x = std::copysign(INFINITY, x);
  const std::lock_guard lock(lines_mutex);
  auto found = lines.find({key, precision});
  if (found == lines.end()) {
    Real value = limit(values(precision), paths, precision);
    std::optional<Line> line;
    if (mpfr_number_p(value.v))
      line = Line{Real(), std::move(value)};
    else
      line = asymptote(values(precision + line_bits), paths, precision);
    if (lines.size() >= most_lines) lines.clear();
    found = lines.emplace(std::pair{key, precision}, std::move(line)).first;
  }
  if (!found->second) return not_a_number(precision);
  const Line &line = *found->second;
  if (!mpfr_regular_p(line.slope.v)) return line.intercept;
  const auto x =
      std::find_if(paths.begin(), paths.end(), [](const Path &path) { return path.kind == Path::Kind::grow; });
  Real result = exact(inputs[static_cast<std::size_t>(x - paths.begin())]);
  mpfr_prec_round(result.v, precision + line_bits, MPFR_RNDN);
  mpfr_fma(result.v, line.slope.v, result.v, line.intercept.v, MPFR_RNDN);
  return result;
}

Real Reference::Impl::limit_at_pole(std::span<const double> inputs, mpfr_prec_t precision) const {
  std::size_t moving = inputs.size();
  for (std::size_t i = inputs.size(); i-- > 0;)
    if (tape.depends[i] && (moving == inputs.size() || inputs[i] == 0 || inputs[moving] != 0)) moving = i;
  if (moving == inputs.size()) return not_a_number(precision);
  const int side = std::signbit(inputs[moving]) ? -1 : 1;
  Real value = limit(values(precision), approaching(inputs, moving, side), precision);
  if (inputs[moving] == 0 && !mpfr_nan_p(value.v)) return value;
  Real other = limit(values(precision), approaching(inputs, moving, -side), precision);
  if (mpfr_nan_p(value.v) || mpfr_equal_p(value.v, other.v)) return other;
  return mpfr_nan_p(other.v) ? value : not_a_number(precision);
}

int Reference::Impl::sign_beside_zero(std::span<const double> inputs) const {
  if (!any(inputs, [](double x) { return x == 0; })) return 0;
  std::vector<Real> beside = exact_inputs(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i] == 0) mpfr_set_si_2exp(beside[i].v, std::signbit(inputs[i]) ? -1 : 1, -1500, MPFR_RNDN);
  const Found found = enclose(tape, beside, limit_precision, has_sign);
  if (found.outcome != Outcome::value) return 0;
  const Real value = reference::rounded(found.enclosure, limit_precision);
  const bool tends_to_zero = mpfr_cmp_si_2exp(value.v, 1, -100) < 0 && mpfr_cmp_si_2exp(value.v, -1, -100) > 0;
  return tends_to_zero ? mpfr_sgn(value.v) : 0;
}

Found Reference::Impl::slope(std::size_t variable, const std::vector<Real> &inputs, const Accept &accept) const {
  constexpr int step_bits = 128;
  mpfr_srcptr const x = inputs[variable].v;
  const long magnitude = mpfr_zero_p(x) ? step_bits : std::labs(mpfr_get_exp(x));
  const long step = -step_bits - magnitude;  // of 2^
  const mpfr_prec_t start = 2 * magnitude + step_bits + 192;
  std::vector<Real> above = inputs, below = inputs;
  Real h(64);
  mpfr_set_si_2exp(h.v, 1, step, MPFR_RNDN);
  above[variable] = below[variable] = Real(mpfr_get_prec(x) + 2 * magnitude + step_bits + 64);
  mpfr_add(above[variable].v, x, h.v, MPFR_RNDN);
  mpfr_sub(below[variable].v, x, h.v, MPFR_RNDN);
  return refine(
      start,
      [&](mpfr_prec_t precision, bool last) {
        const Interval high = evaluate_tape(tape, above, precision, last);
        const Interval low = evaluate_tape(tape, below, precision, last);
        Interval quotient(precision);
        quotient.undefined = high.undefined || low.undefined;
        quotient.pole = high.pole || low.pole;
        quotient.doubtful = high.doubtful || low.doubtful;
        quotient.limited = high.limited || low.limited;
        subtract(quotient, high, low);
        mpfr_mul_2si(quotient.lo.v, quotient.lo.v, -step - 1, MPFR_RNDD);
        mpfr_mul_2si(quotient.hi.v, quotient.hi.v, -step - 1, MPFR_RNDU);
        return quotient;
      },
      accept);
}

Interval Reference::Impl::find_slope(std::size_t variable, std::span<const double> inputs, mpfr_prec_t precision,
                                     const Accept &accept) const {
  const auto or_negligible = [](const Accept &other) {
    return [&other](const Interval &x) { return negligible(x) || other(x); };
  };
  if (any(inputs, [](double x) { return std::isnan(x); })) return number(not_a_number(precision));
  if (ordinary(inputs)) {
    const Found found = slope(variable, exact_inputs(inputs), or_negligible(accept));
    return found.outcome == Outcome::value ? zero_if_negligible(found.enclosure) : number(not_a_number(precision));
  }
  const mpfr_prec_t bits = precision + guard_bits;
  const Accept decided = [bits](const Interval &x) { return reference::rounds_uniquely(x, bits); };
  const Function slopes = [&](const std::vector<Real> &point) {
    Found found = slope(variable, point, or_negligible(decided));
    if (found.outcome == Outcome::value) found.enclosure = zero_if_negligible(std::move(found.enclosure));
    return answer(found, bits);
  };
  return number(limit(slopes, growing(inputs, INFINITY), precision));
}

Reference::Reference(const Expr &expression, std::vector<std::string> variables) : impl_(std::make_unique<Impl>()) {
  impl_->tape = compile_tape(expression, variables);
  impl_->quick = compile_quick(impl_->tape);
  impl_->batch.emplace(impl_->tape);
}
Reference::~Reference() = default;
Reference::Reference(Reference &&) noexcept = default;
Reference &Reference::operator=(Reference &&) noexcept = default;

namespace {

// Rounds to `result`, whose exponent range is that of the caller.
template <typename Find>
void deliver(mpfr_ptr result, Find &&find) {
  {
    const FullExponentRange range;
    const mpfr_prec_t precision = mpfr_get_prec(result);
    const Accept accept = [precision](const Interval &x) { return reference::rounds_uniquely(x, precision); };
    const Real value = reference::rounded(find(precision, accept), precision);
    mpfr_set(result, value.v, MPFR_RNDN);
  }
  mpfr_check_range(result, 0, MPFR_RNDN);
}

}  // namespace

void Reference::evaluate(mpfr_t result, std::span<const double> inputs) const {
  deliver(result, [&](mpfr_prec_t precision, const Accept &accept) { return impl_->find(inputs, precision, accept); });
}

bool Reference::within(std::span<const double> inputs, long double centre, long double tolerance) const {
  const FullExponentRange range;
  const long double low = centre - tolerance, high = centre + tolerance;
  const auto inside = [&](const Interval &x) {
    return mpfr_cmp_ld(x.lo.v, low) >= 0 && mpfr_cmp_ld(x.hi.v, high) <= 0;
  };
  const Accept accept = [&](const Interval &x) {
    return inside(x) || mpfr_cmp_ld(x.hi.v, low) < 0 || mpfr_cmp_ld(x.lo.v, high) > 0;
  };
  const Interval found = impl_->find(inputs, limit_precision, accept);
  return !mpfr_nan_p(found.lo.v) && !mpfr_nan_p(found.hi.v) && inside(found);
}

Enclosure Reference::evaluate_quickly(std::span<const double> inputs) const {
  if (!impl_->ordinary(inputs)) return {0, INFINITY};
  return evaluate_quick(impl_->quick, inputs);
}

void Reference::bracket(std::span<const double> inputs, std::size_t varying, std::span<const double> x,
                        std::span<Bracket> results) const {
  internal_check(inputs.size() == impl_->tape.depends.size(), "the reference takes {} inputs, not {}",
                 impl_->tape.depends.size(), inputs.size());
  static thread_local Batch::Workspace workspace;
  for (std::size_t first = 0; first < x.size(); first += batch_points) {
    const std::size_t count = std::min(batch_points, x.size() - first);
    const Band &band = impl_->batch->run(inputs, varying, x.subspan(first, count), workspace);
    for (std::size_t i = 0; i < count; ++i) {
      const bool finite = std::isfinite(x[first + i]);  // a NaN stays NaN even where the expression has no use for it
      const bool known = finite && band.known[i] == Known::interval;
      const double open = finite && band.known[i] == Known::undefined ? NAN : INFINITY;
      results[first + i] = known ? Bracket{band.low[i], band.high[i]} : Bracket{-open, open};
      // An end that is not attained moves in by so little that no number of a narrower type, and no middle of two, is
      // passed: of x sigmoid(x) with a subnormal x the end x/2 may be such a middle.
      if (known && band.open[i].low) results[first + i].low = std::nextafter(band.low[i], INFINITY);
      if (known && band.open[i].high) results[first + i].high = std::nextafter(band.high[i], -INFINITY);
    }
  }
}

void Reference::model(std::span<const double> inputs, std::size_t varying, std::span<const PointRun> runs,
                      std::span<RunModel> models) const {
  model_runs(*impl_->batch, inputs, varying, runs, models);
}

std::optional<Judgement> Reference::judge(double computed, const Enclosure &exact, DType dtype) {
  return reference::judge(computed, exact, dtype);
}

std::optional<Judgement> Reference::judge(double computed, const Bracket &exact, DType dtype) {
  return reference::judge(computed, exact, dtype);
}

double Reference::rounded(std::span<const double> inputs, DType dtype) const {
  if (const auto quick = round_to(evaluate_quickly(inputs), dtype)) return *quick;
  const FullExponentRange range;
  return round_to(
      impl_->find(inputs, limit_precision, [dtype](const Interval &x) { return reference::rounds_uniquely(x, dtype); }),
      dtype);
}

Judgement Reference::judge(double computed, std::span<const double> inputs, DType dtype, bool exactly) const {
  if (!exactly)
    if (const auto quick = judge(computed, evaluate_quickly(inputs), dtype)) return *quick;
  const FullExponentRange range;
  const Accept accept = [dtype](const Interval &x) { return narrow_enough(x, dtype); };
  return reference::judge(computed, impl_->find(inputs, limit_precision, accept), dtype);
}

std::optional<bool> Reference::negative_zero(std::span<const double> inputs) const {
  if (impl_->ordinary(inputs)) {
    const Enclosure quick = evaluate_quickly(inputs);
    if (std::fabs(quick.value) > quick.error) return quick.value < 0;
    const bool is_exact_zero = quick.value == 0 && quick.error == 0;
    if (is_exact_zero && !impl_->any(inputs, [](double input) { return input == 0; })) return std::nullopt;
  }
  const FullExponentRange range;
  const Interval x = impl_->find(inputs, limit_precision, has_sign_or_none);
  if (mpfr_nan_p(x.lo.v) || !has_sign(x)) return std::nullopt;
  if (x.is_zero() && !impl_->ordinary(inputs)) {  // f may be 0 before, or have a sign
    std::vector<double> far(inputs.begin(), inputs.end());
    for (double &input : far)
      if (std::isinf(input)) input = std::copysign(out_of_exponent_range / 2, input);
    return negative_zero(far);
  }
  const bool negative = mpfr_signbit(reference::rounded(x, limit_precision).v);
  if (!x.is_zero()) return negative;
  const auto count = std::count(impl_->tape.depends.begin(), impl_->tape.depends.end(), true);
  const bool beside = impl_->any(inputs, [](double input) { return input == 0; });
  if (!beside || (count > 1 && impl_->sign_beside_zero(inputs) == 0)) return std::nullopt;
  return negative;
}

void Reference::differentiate(mpfr_t result, std::size_t variable, std::span<const double> inputs) const {
  deliver(result, [&](mpfr_prec_t precision, const Accept &accept) {
    return impl_->find_slope(variable, inputs, precision, accept);
  });
}

double Reference::derivative_ulp_error(double computed, std::size_t variable, std::span<const double> inputs,
                                       DType dtype) const {
  return derivative_ulp_errors({&computed, 1}, variable, inputs, dtype).front();
}

std::vector<double> Reference::derivative_ulp_errors(std::span<const double> computed, std::size_t variable,
                                                     std::span<const double> inputs, DType dtype) const {
  const FullExponentRange range;
  const Accept accept = [dtype](const Interval &x) { return narrow_enough(x, dtype); };
  const Interval exact = impl_->find_slope(variable, inputs, limit_precision, accept);
  std::vector<double> errors;
  for (const double y : computed) errors.push_back(reference::judge(y, exact, dtype).ulp);
  return errors;
}

}  // namespace actinide
