#include "approximation/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Interval outward(double low, double high) {
  return {Interval::around(low).low, Interval::around(high).high};
}

/// 0 * infinity is 0 here: an infinite end stands for arbitrarily large values.
double end_product(double a, double b) {
  return a == 0 || b == 0 ? 0 : a * b;
}

}  // namespace

Interval Interval::all() {
  return {-infinity, infinity};
}

Interval Interval::around(double value) {
  if (value == 0 || std::isinf(value)) return point(value);
  const double slack = std::max(std::abs(value) * 0x1p-40, std::numeric_limits<double>::denorm_min());
  return {value - slack, value + slack};
}

double Interval::magnitude() const {
  return std::max(std::abs(low), std::abs(high));
}

double Interval::least_magnitude() const {
  return contains(0) ? 0 : std::min(std::abs(low), std::abs(high));
}

Interval unite(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}
Interval intersect(Interval a, Interval b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

Interval operator-(Interval a) {
  return {-a.high, -a.low};
}

Interval operator+(Interval a, Interval b) {
  return outward(a.low + b.low, a.high + b.high);
}

Interval operator-(Interval a, Interval b) {
  return a + -b;
}

Interval operator*(Interval a, Interval b) {
  const auto [low, high] = std::minmax(
      {end_product(a.low, b.low), end_product(a.low, b.high), end_product(a.high, b.low), end_product(a.high, b.high)});
  return outward(low, high);
}

Interval operator/(Interval a, Interval b) {
  if (b.low < 0 && b.high > 0) return Interval::all();
  // One end of b may be 0: then the quotient is unbounded on the side of the signs.
  const double from_low = b.low == 0 ? infinity : 1 / b.low;
  const double from_high = b.high == 0 ? -infinity : 1 / b.high;
  return a * Interval{std::min(from_low, from_high), std::max(from_low, from_high)};
}

Interval absolute(Interval a) {
  if (a.low >= 0) return a;
  if (a.high <= 0) return -a;
  return {0, a.magnitude()};
}

}  // namespace actinide
