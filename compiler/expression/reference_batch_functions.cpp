// Functions of the C library on Bands.
#include "expression/reference_batch_ends.h"
#include "expression/reference_batch_functions.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actinide::reference {
namespace {

// A strictly increasing function: its bounds, and its value at 0 where that is a number of few digits.
struct Increasing {
  double least = -infinity;
  double most = infinity;
  std::optional<double> at_zero = {};
};

// f of both ends. Beside 0 what is known there tells more than the rounded value.
template <typename Function>
Band increasing(const Band &a, Function &&f, const Increasing &facts) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double low = f(a.low[i]), high = is_point(a, i) ? low : f(a.high[i]);
    r.low[i] = std::max(below(low, library), facts.least);
    r.high[i] = std::min(above(high, library), facts.most);
    if (!facts.at_zero) continue;
    const double middle = *facts.at_zero;
    if (a.low[i] >= 0 && r.low[i] < middle) {
      r.low[i] = middle;
      r.any_open |= r.open[i].low = a.low[i] > 0;
    }
    if (a.high[i] <= 0 && r.high[i] > middle) {
      r.high[i] = middle;
      r.any_open |= r.open[i].high = a.high[i] < 0;
    }
  }
  return r;
}

// Undefined below `end`; at an interval that contains it nothing is known.
void restrict_domain(Band &r, const Band &a, double end) {
  for (std::size_t i = 0; i < batch_points; ++i) {
    if (a.low[i] > end) continue;
    r.known[i] = worse(r.known[i], a.high[i] < end ? Known::undefined : Known::nothing);
  }
}

}  // namespace

Band square_root(const Band &a) {
  Band r = increasing(a, [](double x) { return std::sqrt(std::max(x, 0.0)); }, {.least = 0});
  for (std::size_t i = 0; i < batch_points; ++i)
    if (a.low[i] < 0) r.known[i] = worse(a.known[i], a.high[i] < 0 ? Known::undefined : Known::nothing);
  return r;
}

Band exponential(const Band &a) {
  return increasing(a, [](double x) { return std::exp(x); }, {.least = 0, .at_zero = 1});
}
Band exponential_minus_one(const Band &a) {
  return increasing(a, [](double x) { return std::expm1(x); }, {.least = -1, .at_zero = 0});
}

Band logarithm(const Band &a) {
  Band r = increasing(a, [](double x) { return std::log(x > 0 ? x : 1.0); }, {});
  restrict_domain(r, a, 0);
  return r;
}
Band logarithm_plus_one(const Band &a) {
  Band r = increasing(a, [](double x) { return std::log1p(x > -1 ? x : 0.0); }, {.at_zero = 0});
  restrict_domain(r, a, -1);
  return r;
}

namespace {

// |f'| <= 1. Nothing is known where the argument is beyond the range.
template <typename Function>
Band oscillating(const Band &a, Function &&f) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    if (!(a.low[i] >= -largest && a.high[i] <= largest)) r.known[i] = Known::nothing;
    const double value = f(r.known[i] == Known::interval ? a.low[i] : 0.0);
    const double width = (a.high[i] - a.low[i]) * (1 + ulp);
    r.low[i] = below(below(value, library) - width);
    r.high[i] = above(above(value, library) + width);
  }
  return r;
}

}  // namespace

Band sine(const Band &a) {
  return oscillating(a, [](double x) { return std::sin(x); });
}
Band cosine(const Band &a) {
  return oscillating(a, [](double x) { return std::cos(x); });
}

Band hyperbolic_tangent(const Band &a) {
  return increasing(a, [](double x) { return std::tanh(x); }, {-1, 1, 0});
}
Band error_function(const Band &a) {
  return increasing(a, [](double x) { return std::erf(x); }, {-1, 1, 0});
}
// |erfc'(x) / erfc(x)| < 2 |x| + 1.5, see reference_quick.cpp: one value serves both ends of a narrow interval.
Band complementary_error_function(const Band &a) {
  Band r;
  inherit(r, a);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double first = a.low[i], last = a.high[i], most = std::erfc(first);
    const double shrinks = (2 * std::max(std::fabs(first), std::fabs(last)) + 1.5) * (last - first);
    const double least = shrinks < 0x1p-10 ? most * (1 - shrinks) : std::erfc(last);
    r.low[i] = std::max(below(least, library), 0.0);
    r.high[i] = above(most, library);
    if (last < 0 && r.low[i] < 1) r.low[i] = 1, r.any_open = r.open[i].low = true;
    if (first > 0 && r.high[i] > 1) r.high[i] = 1, r.any_open = r.open[i].high = true;
  }
  return r;
}

Band logistic(const Band &a) {
  return increasing(a,
                    [](double x) {
                      const double e = std::exp(-std::fabs(x));
                      return (x < 0 ? e : 1) / (1 + e);
                    },
                    {0, 1, 0.5});
}
Band soft_plus(const Band &a) {
  return increasing(a, [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }, {.least = 0});
}

}  // namespace actinide::reference
