// The ends of intervals, for the operations on Bands.
#pragma once

#include "expression/reference_batch.h"
#include "expression/reference_wide.h"

#include <cmath>
#include <limits>

namespace actinide::reference {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double largest = std::numeric_limits<double>::max();
inline constexpr double ulp = 0x1p-52;  // at least the spacing next to 1, relative
inline constexpr double library = batch_library_error * 0x1p-53;
inline constexpr double tiny = 0x1p-1070;  // more than gradual underflow loses

// Without branches, which would keep loops from becoming vectors.
inline double lesser(double a, double b) {
  return a < b ? a : b;
}
inline double greater(double a, double b) {
  return a > b ? a : b;
}

// The ends of an interval around what was rounded to `value`. A low end is never +infinity, a high end never -infinity:
// their sums are never NaN.
inline double below(double value, double relative = ulp) {
  const double finite = value < largest ? value : largest;
  return finite - (std::fabs(finite) * relative + tiny);
}
inline double above(double value, double relative = ulp) {
  const double finite = value > -largest ? value : -largest;
  return finite + (std::fabs(finite) * relative + tiny);
}

inline Known worse(Known a, Known b) {
  return a < b ? b : a;
}

inline bool is_point(const Band &a, std::size_t i) {
  return a.low[i] == a.high[i];
}

inline void inherit(Band &r, const Band &a) {
  r.known = a.known;
}
inline void inherit(Band &r, const Band &a, const Band &b) {
  for (std::size_t i = 0; i < batch_points; ++i) r.known[i] = worse(a.known[i], b.known[i]);
}

}  // namespace actinide::reference
