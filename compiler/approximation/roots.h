// Interior roots of a function, each with a polynomial that keeps full relative accuracy there.
//
// Near a simple root z the terms of a derivative cancel: gelu'(x) = Phi(x) + x phi(x) loses all its digits at -0.7518.
// There the factored form
//   f(x) = (x - z) P(x - z),   z in more digits than x has
// has no cancellation: x - z is exact but for the last digits of z. P is the interpolation of f(x)/(x - z) at Chebyshev
// nodes, made from the reference; so it works for any definition, a user's too.
//
// At 0, where f may begin with any power of x, terms cancel that don't elsewhere: x - tanh(x) = x^3 P(x), and
// (1 - cos(x))/x^2 = P(x).
#pragma once

#include "approximation/switches.h"
#include "expression/reference.h"

#include <gmpxx.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace actinide {

struct RootWindow {
  mpf_class root;                       ///< z, to some 250 bits
  double half_width;                    ///< the window is |x - z - middle| <= half_width
  std::vector<mpf_class> coefficients;  ///< of P, lowest first
  int power = 1;                        ///< f(x) = (x - z)^power P(x - z)
  double middle = 0;
};

/// How far a window reaches from its root: so far to either side at least, and so many times the root's magnitude away
/// from 0 and towards it.
struct Reach {
  double absolute;
  std::function<double(double root, bool outwards)> relative = [](double, bool) { return 0.0; };
};

/// The windows of all simple roots with 2^-24 <= |x| <= 2^24 of a function of one variable (the first of the reference;
/// others are set to 1). `reach`: of every window, its absolute part on the scale of a root beyond 2^+-10; halved where
/// the polynomial wouldn't reach 2^-bits with 24 coefficients. A root where the function isn't smooth (a kink, a flat
/// zero region) has no window; a function with more than 6 roots (a periodic one) has none either.
/// `switches`: where the function may change its formula, which no window may hold unless it is smooth there.
std::vector<RootWindow> find_root_windows(const Reference &reference, std::size_t input_count, Reach reach, int bits,
                                          const Switches &switches = {});

/// Of a window at 0: on both sides of it, or on one where the function goes on by another formula on the other.
enum class Side : std::int8_t { below = -1, both = 0, above = 1 };

/// The window at 0 of a function that is smooth there and begins with x^k, 0 <= k <= 8; P of an even or odd function
/// has zeros for the coefficients that it hasn't.
std::optional<RootWindow> find_window_at_zero(const Reference &reference, std::size_t input_count, int bits,
                                              const Switches &switches = {}, Side side = Side::both);

/// Whether such a function has interior roots, as far as its sign shows.
bool has_roots(const Reference &reference, std::size_t input_count);

}  // namespace actinide
