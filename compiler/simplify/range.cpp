#include "simplify/range.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Range everything{-infinity, infinity};

/// Covers every rounding of the few operations below.
Range widened(Range r) {
  const double slack = 1e-12;
  return {r.low == 0 ? 0 : r.low - slack * std::abs(r.low), r.high == 0 ? 0 : r.high + slack * std::abs(r.high)};
}

/// A product of ends, where 0 * infinity is 0: the infinity is never reached.
double end_product(double a, double b) {
  return a == 0 || b == 0 ? 0 : a * b;
}

Range times(Range a, Range b) {
  const auto [low, high] = std::minmax(
      {end_product(a.low, b.low), end_product(a.low, b.high), end_product(a.high, b.low), end_product(a.high, b.high)});
  return widened({low, high});
}

Range reciprocal(Range a) {
  if (a.low > 0 || a.high < 0) return widened({1 / a.high, 1 / a.low});
  if (a.low == 0) return {a.high == 0 ? -infinity : 1 / a.high, infinity};
  return everything;
}

Range magnitude(Range a) {
  if (a.low >= 0) return a;
  if (a.high <= 0) return {-a.high, -a.low};
  return {0, std::max(-a.low, a.high)};
}

Range power(Range a, const Rational &exponent) {
  const double n = exponent.get_d();
  if (n < 0) return reciprocal(power(a, -exponent));
  const bool even = exponent.get_den() == 1 && mpz_even_p(exponent.get_num_mpz_t());
  if (even) a = magnitude(a);
  if (a.low >= 0) return widened({std::pow(a.low, n), std::pow(a.high, n)});
  return exponent.get_den() == 1 ? widened({std::pow(a.low, n), std::pow(a.high, n)}) : everything;
}

template <typename F>
Range increasing(Range a, F &&f) {
  return widened({f(a.low), f(a.high)});
}

double logistic(double u) {
  return 1 / (1 + std::exp(-u));
}

}  // namespace

Range RangeAnalysis::range(const Expr &e) {
  if (const auto known = ranges_.find(e.identity()); known != ranges_.end()) return known->second.second;
  Range result = compute(e);
  if (std::isnan(result.low) || std::isnan(result.high)) result = everything;
  ranges_.emplace(e.identity(), std::pair(e, result));
  return result;
}

Range RangeAnalysis::compute(const Expr &e) {
  const auto of = [&](std::size_t i) { return range(e[i]); };
  switch (e.op()) {
    case Op::constant:
      return widened({e.value().get_d(), e.value().get_d()});
    case Op::pi:
      return {3.1415, 3.1416};
    case Op::euler:
      return {2.7182, 2.7183};
    case Op::add:
      return widened({of(0).low + of(1).low, of(0).high + of(1).high});
    case Op::mul:
      return times(of(0), of(1));
    case Op::pow:
      return e[1].is(Op::constant) ? power(of(0), e[1].value()) : everything;
    case Op::select:
      return {std::min(of(1).low, of(2).low), std::max(of(1).high, of(2).high)};
    case Op::max:
      return {std::max(of(0).low, of(1).low), std::max(of(0).high, of(1).high)};
    case Op::min:
      return {std::min(of(0).low, of(1).low), std::min(of(0).high, of(1).high)};
    case Op::abs:
      return magnitude(of(0));
    case Op::sqrt:
      return increasing(of(0), [](double u) { return std::sqrt(std::max(u, 0.0)); });
    case Op::root_sum:
      return {0, infinity};
    case Op::exp:
      return increasing(of(0), [](double u) { return std::exp(u); });
    case Op::expm1:
      return increasing(of(0), [](double u) { return std::expm1(u); });
    case Op::log1p:
      return increasing(of(0), [](double u) { return std::log1p(std::max(u, -1.0)); });
    case Op::log:
      return increasing(of(0), [](double u) { return std::log(std::max(u, 0.0)); });
    case Op::tanh:
      return increasing(of(0), [](double u) { return std::tanh(u); });
    case Op::erf:
      return increasing(of(0), [](double u) { return std::erf(u); });
    case Op::sigmoid:
      return increasing(of(0), logistic);
    case Op::normcdf:
      return increasing(of(0), [](double u) { return std::erfc(-u / std::sqrt(2.0)) / 2; });
    case Op::softplus:
      return {of(0).low > 0 ? of(0).low : 0, of(0).high < 0 ? 0.7 : of(0).high + 0.7};
    case Op::normpdf:
      return {0, 0.4};
    case Op::erfc:
      return {0, 2};
    case Op::step:
      return {0, 1};
    case Op::sin:
    case Op::cos:
    case Op::sign:
      return {-1, 1};
    case Op::sub:
    case Op::div:
    case Op::neg:
    case Op::variable:
    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
    case Op::scaled_exp:
    case Op::nearest:
      return everything;
  }
  return everything;
}

bool RangeAnalysis::bounded(const Expr &e) {
  const Range r = range(e);
  return std::isfinite(r.low) && std::isfinite(r.high);
}

double RangeAnalysis::growth(const Expr &e) {
  if (const auto known = growths_.find(e.identity()); known != growths_.end()) return known->second.second;
  const double result = e.boolean() || bounded(e) ? 0 : compute_growth(e);
  growths_.emplace(e.identity(), std::pair(e, result));
  return result;
}

double RangeAnalysis::compute_growth(const Expr &e) {
  double largest = 0;
  for (const Expr &argument : e.arguments()) largest = std::max(largest, growth(argument));
  switch (e.op()) {
    case Op::variable:
      return inputs_ && !inputs_->contains(e.name()) ? 0 : 1;
    case Op::mul:
      return growth(e[0]) + growth(e[1]);
    case Op::pow:
      if (!e[1].is(Op::constant)) return infinity;
      return e[1].value() > 0 ? growth(e[0]) * e[1].value().get_d() : 0;
    case Op::root_sum:
      return std::max(growth(e[0]), growth(e[1]) / 2);
    default: {
      const double degree = e.arguments().size() == 1 ? info(e.op()).degree : 1;
      return std::isinf(largest) || std::isinf(degree) ? infinity : degree * largest;
    }
  }
}

bool RangeAnalysis::decays(const Expr &e) {
  switch (e.op()) {
    case Op::exp:
      return std::isfinite(range(e[0]).high) && !std::isfinite(range(e[0]).low);
    case Op::normpdf:
      return true;
    case Op::select:
      return decays(e[1]) || decays(e[2]);
    case Op::pow:
      return e[1].is(Op::constant) && e[1].value() > 0 && decays(e[0]);
    default:
      return false;
  }
}

}  // namespace actinide
