// Functions of the C library on Bands.
#include "expression/reference_batch_ends.h"
#include "expression/reference_batch_functions.h"
#include "expression/reference_batch_library.h"

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

bool all_points(const Band &a) {
  bool all = true;
  for (std::size_t i = 0; i < batch_points; ++i) all &= is_point(a, i);
  return all;
}

// f of both ends. Beside 0 what is known there tells more than the rounded value.
template <typename Function>
Band increasing(const Band &a, Function &&f, const Increasing &facts) {
  Band r;
  inherit(r, a);
  f(a.low, r.low);
  if (all_points(a))
    r.high = r.low;
  else
    f(a.high, r.high);
  for (std::size_t i = 0; i < batch_points; ++i) {
    r.low[i] = greater(below(r.low[i], library), facts.least);
    r.high[i] = lesser(above(r.high[i], library), facts.most);
  }
  if (!facts.at_zero) return r;
  const double middle = *facts.at_zero;
  for (std::size_t i = 0; i < batch_points; ++i) {
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

// f at what `inside` makes of each argument.
template <typename Inside>
auto at(Library::Function f, Inside &&inside) {
  return [f, inside](const Values &x, Values &y) {
    Values arguments;
    for (std::size_t i = 0; i < batch_points; ++i) arguments[i] = inside(x[i]);
    f(arguments, y);
  };
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
  const auto roots = [](const Values &x, Values &y) {
    for (std::size_t i = 0; i < batch_points; ++i) y[i] = std::sqrt(greater(x[i], 0.0));
  };
  Band r = increasing(a, roots, {.least = 0});
  for (std::size_t i = 0; i < batch_points; ++i)
    if (a.low[i] < 0) r.known[i] = worse(a.known[i], a.high[i] < 0 ? Known::undefined : Known::nothing);
  return r;
}

namespace {

// Beyond, exp is no normal number, and the library's vector functions are slow: the ends are 0 and infinity there.
constexpr double least_exponent = -708, most_exponent = 709;

void vanish_on_the_left(Band &r, const Band &a) {
  for (std::size_t i = 0; i < batch_points; ++i) r.low[i] = a.low[i] < least_exponent ? 0 : r.low[i];
}
void grow_on_the_right(Band &r, const Band &a) {
  for (std::size_t i = 0; i < batch_points; ++i) r.high[i] = a.high[i] > most_exponent ? infinity : r.high[i];
}

}  // namespace

Band exponential(const Band &a) {
  const auto inside = [](double x) { return lesser(greater(x, least_exponent), most_exponent); };
  Band r = increasing(a, at(Library::exp, inside), {.least = 0, .at_zero = 1});
  vanish_on_the_left(r, a);
  grow_on_the_right(r, a);
  return r;
}
Band exponential_minus_one(const Band &a) {
  const auto inside = [](double x) { return lesser(x, most_exponent); };
  Band r = increasing(a, at(Library::expm1, inside), {.least = -1, .at_zero = 0});
  grow_on_the_right(r, a);
  return r;
}

Band logarithm(const Band &a) {
  Band r = increasing(a, at(Library::log, [](double x) { return x > 0 ? x : 1.0; }), {});
  restrict_domain(r, a, 0);
  return r;
}
Band logarithm_plus_one(const Band &a) {
  Band r = increasing(a, at(Library::log1p, [](double x) { return x > -1 ? x : 0.0; }), {.at_zero = 0});
  restrict_domain(r, a, -1);
  return r;
}

namespace {

// |f'| <= 1. Nothing is known where the argument is beyond the range.
Band oscillating(const Band &a, Library::Function f) {
  Band r;
  inherit(r, a);
  Values arguments, values;
  for (std::size_t i = 0; i < batch_points; ++i) {
    if (!(a.low[i] >= -largest && a.high[i] <= largest)) r.known[i] = Known::nothing;
    arguments[i] = r.known[i] == Known::interval ? a.low[i] : 0.0;
  }
  f(arguments, values);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double width = (a.high[i] - a.low[i]) * (1 + ulp);
    r.low[i] = below(below(values[i], library) - width);
    r.high[i] = above(above(values[i], library) + width);
  }
  return r;
}

// exp(-|x|) at points, as long as it is a normal number.
void exponential_of_size(const Values &x, Values &y) {
  at(Library::exp, [](double point) { return greater(-std::fabs(point), least_exponent); })(x, y);
}

void logistic_at(const Values &x, Values &y) {
  Values e;
  exponential_of_size(x, e);
  for (std::size_t i = 0; i < batch_points; ++i) y[i] = (x[i] < 0 ? e[i] : 1) / (1 + e[i]);
}

void soft_plus_at(const Values &x, Values &y) {
  Values e, rest;
  exponential_of_size(x, e);
  Library::log1p(e, rest);
  for (std::size_t i = 0; i < batch_points; ++i) y[i] = greater(x[i], 0.0) + rest[i];
}

}  // namespace

Band sine(const Band &a) {
  return oscillating(a, Library::sin);
}
Band cosine(const Band &a) {
  return oscillating(a, Library::cos);
}

Band hyperbolic_tangent(const Band &a) {
  return increasing(a, Library::tanh, {-1, 1, 0});
}
Band error_function(const Band &a) {
  return increasing(a, Library::erf, {-1, 1, 0});
}
// |erfc'(x) / erfc(x)| < 2 |x| + 1.5, see reference_quick.cpp: one value serves both ends of a narrow interval.
// erfc(-7) is 2 - 4e-23, erfc(28) is 7e-343.
Band complementary_error_function(const Band &a) {
  constexpr double nearly_two = 2 - 0x1p-52;
  Band r;
  inherit(r, a);
  Values most;
  Library::erfc(a.low, most);
  for (std::size_t i = 0; i < batch_points; ++i) {
    const double first = a.low[i], last = a.high[i];
    const double shrinks = (2 * greater(std::fabs(first), std::fabs(last)) + 1.5) * (last - first);
    const double least = last < -7           ? nearly_two
                         : first > 28        ? 0
                         : shrinks < 0x1p-10 ? most[i] * (1 - shrinks)
                                             : std::erfc(last);
    r.low[i] = greater(below(least, library), 0.0);
    r.high[i] = above(most[i], library);
    if (last < 0 && r.low[i] < 1) r.low[i] = 1, r.any_open = r.open[i].low = true;
    if (first > 0 && r.high[i] > 1) r.high[i] = 1, r.any_open = r.open[i].high = true;
  }
  return r;
}

Band logistic(const Band &a) {
  Band r = increasing(a, logistic_at, {0, 1, 0.5});
  vanish_on_the_left(r, a);
  return r;
}
Band soft_plus(const Band &a) {
  Band r = increasing(a, soft_plus_at, {.least = 0});
  vanish_on_the_left(r, a);
  return r;
}

Band near(double value) {
  return everywhere(std::nextafter(value, 0.0), std::nextafter(value, 2 * value));
}

namespace {

constexpr double root_half = 0.707106781186547524400844362104849039;
constexpr double inverse_root_two_pi = 0.398942280401432677939946059934381868;

}  // namespace

Band normal_cdf(const Band &a) {
  const Band twice = complementary_error_function(multiply(negative(a), near(root_half)));
  return multiply(everywhere(0.5, 0.5), twice);
}

Band normal_pdf(const Band &a) {
  const Band square = multiply(a, a);
  return multiply(near(inverse_root_two_pi), exponential(multiply(everywhere(-0.5, -0.5), square)));
}

Band fixed_input(double value) {
  Band r = everywhere(value, value);
  if (!std::isfinite(value)) r.known.fill(Known::nothing);
  return r;
}

}  // namespace actinide::reference
