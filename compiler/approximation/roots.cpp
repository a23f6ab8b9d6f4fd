#include "approximation/roots.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace actinide {
namespace {

constexpr int f32_bits = 26;  // so many are asked for where plain f32 computes, at most
constexpr int kDigits = 320;  // bits of every intermediate value

mpf_class big(double value) {
  return mpf_class(value, kDigits);
}

// f of one variable, from the reference.
class Function {
 public:
  Function(const Reference &reference, std::size_t input_count) : reference_(reference), inputs_(input_count, 1.0) {}

  // The sign of f(x); 0 also where it isn't finite, or nothing in every format, even times the largest number.
  int sign(double x) {
    constexpr long double kNothing = 0x1p-2200L;
    constexpr int kSignDigits = 64;
    inputs_[0] = x;
    const Enclosure quick = reference_.evaluate_quickly(inputs_);
    if (std::fabs(quick.value) > quick.error) return quick.value > 0 ? 1 : -1;
    if (std::fabs(quick.value) + quick.error < kNothing) return 0;
    // normcdf(x + 1) - normcdf(x - 1) at 1000 has its first digit behind 700,000 others, which nobody needs.
    if (reference_.within(inputs_, 0, kNothing)) return 0;
    return sgn(at(x, kSignDigits));
  }

  mpf_class at(double x, int digits = kDigits) {
    inputs_[0] = x;
    mpfr_t value;
    mpfr_init2(value, digits);
    reference_.evaluate(value, inputs_);
    mpf_class result(0, digits);
    if (mpfr_number_p(value)) mpfr_get_f(result.get_mpf_t(), value, MPFR_RNDN);
    mpfr_clear(value);
    return result;
  }

  // Where it may change its formula.
  std::vector<double> switches;

 private:
  const Reference &reference_;
  std::vector<double> inputs_;
};

// The neighbouring double at or below the sign change in (low, high).
double bisect(Function &f, double low, double high) {
  const int sign_low = f.sign(low);
  for (int step = 0; step < 60; ++step) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (f.sign(middle) == sign_low ? low : high) = middle;
  }
  return low;
}

// Coefficients of the polynomial through the points, in powers of its variable (Newton's divided differences,
// expanded).
std::vector<mpf_class> interpolate(const std::vector<mpf_class> &nodes, std::vector<mpf_class> values) {
  const std::size_t count = nodes.size();
  for (std::size_t order = 1; order < count; ++order)
    for (std::size_t i = count - 1; i >= order; --i)
      values[i] = (values[i] - values[i - 1]) / (nodes[i] - nodes[i - order]);
  std::vector<mpf_class> powers(count, big(0));
  for (std::size_t i = count; i-- > 0;) {  // powers = powers * (t - nodes[i]) + values[i]
    for (std::size_t k = count - 1; k > 0; --k) powers[k] = powers[k - 1] - powers[k] * nodes[i];
    powers[0] = values[i] - powers[0] * nodes[i];
  }
  return powers;
}

mpf_class horner(const std::vector<mpf_class> &coefficients, const mpf_class &t) {
  mpf_class sum = big(0);
  for (std::size_t k = coefficients.size(); k-- > 0;) sum = sum * t + coefficients[k];
  return sum;
}

// The polynomial in powers of t - shift.
std::vector<mpf_class> shifted(std::vector<mpf_class> coefficients, const mpf_class &shift) {
  for (std::size_t low = 0; low + 1 < coefficients.size(); ++low)
    for (std::size_t k = coefficients.size() - 1; k-- > low;) coefficients[k] += shift * coefficients[k + 1];
  return coefficients;
}

// The root of the polynomial next to 0, by Newton's iteration.
mpf_class root_near_zero(const std::vector<mpf_class> &coefficients) {
  mpf_class root = big(0);
  for (int step = 0; step < 8; ++step) {
    const std::vector<mpf_class> local = shifted(coefficients, root);
    root -= local[0] / local[1];
  }
  return root;
}

mpf_class power_of(const mpf_class &t, int exponent) {
  mpf_class result = big(1);
  for (int i = 0; i < exponent; ++i) result *= t;
  return result;
}

// True if the window reproduces f to 2^-bits at x.
bool reproduces_at(Function &f, double x, const RootWindow &window, int bits) {
  const mpf_class exact = f.at(x), t = big(x) - window.root;
  const mpf_class error = abs(power_of(t, window.power) * horner(window.coefficients, t) - exact);
  mpf_class bound = abs(exact);
  mpf_div_2exp(bound.get_mpf_t(), bound.get_mpf_t(), static_cast<mp_bitcnt_t>(bits));
  return error <= bound;
}

// The same between its nodes; and, but for 3 bits, which a polynomial loses at its ends and a kink doesn't leave, at
// the ends and around every place where f may have a kink. A window on one side of 0 ends next to it.
bool reproduces(Function &f, double centre, const RootWindow &window, int bits) {
  constexpr int kProbes = 9, kLostBits = 3;
  const double middle = centre + window.middle, low = middle - window.half_width, high = middle + window.half_width;
  for (int i = 0; i < kProbes; ++i)
    if (!reproduces_at(f, middle + window.half_width * (2.0 * (i + 0.37) / kProbes - 1), window, bits)) return false;
  std::vector<double> places = {low, high};
  for (const double place : f.switches) {
    if (place < low || place > high) continue;
    for (const double part : {0x1p-24, 0x1p-4, 0.5, 0.9}) {
      places.push_back(place + (high - place) * part);
      places.push_back(place - (place - low) * part);
    }
  }
  const bool ends_at_root = std::fabs(window.middle) == window.half_width;
  return std::ranges::all_of(
      places, [&](double x) { return (ends_at_root && x == centre) || reproduces_at(f, x, window, bits - kLostBits); });
}

// An even number of them, exactly symmetric: through an even function goes an even polynomial.
std::vector<mpf_class> chebyshev_nodes(double half_width, int count) {
  std::vector<mpf_class> nodes;
  for (int i = 0; i < count / 2; ++i) {
    nodes.push_back(big(half_width * std::cos(std::numbers::pi * (2 * i + 1) / (2 * count))));
    nodes.push_back(-nodes.back());
  }
  return nodes;
}

// The root next to the double `centre`, less it: that of the polynomial through points so close by that it is exact to
// far more digits than are kept. Nothing if f isn't smooth enough for that, or has a multiple root.
std::optional<mpf_class> locate(Function &f, double centre) {
  // A root that is a double has no error: the result is exactly 0 there.
  for (const double neighbour : {centre, std::nextafter(centre, HUGE_VAL)})
    if (sgn(f.at(neighbour)) == 0) return big(neighbour) - big(centre);
  constexpr int kCount = 16;
  constexpr double kReach = 0x1p-12;
  const double reach = kReach * std::exp2(std::ilogb(centre));
  std::vector<mpf_class> nodes, values;
  for (const mpf_class &offset : chebyshev_nodes(reach, kCount)) {
    const double x = centre + offset.get_d();
    nodes.push_back(big(x) - big(centre));
    values.push_back(f.at(x));
  }
  const std::vector<mpf_class> polynomial = interpolate(nodes, values);
  if (sgn(polynomial[1]) == 0) return std::nullopt;
  mpf_class root = root_near_zero(polynomial);
  if (abs(root) > big(reach)) return std::nullopt;
  return root;
}

std::optional<RootWindow> fit(Function &f, double centre, const mpf_class &offset, int power, double half_width,
                              double middle, int bits) {
  // For f32 the shortest one; of longer ones every trial takes its time.
  const bool is_short = bits <= f32_bits;
  for (int count = is_short ? 4 : 12; count <= 24; count += is_short ? 2 : 4) {
    std::vector<mpf_class> nodes, values;
    for (const mpf_class &node : chebyshev_nodes(half_width, count)) {
      const double x = centre + middle + node.get_d();
      nodes.push_back(big(x) - big(centre) - offset);
      values.push_back(f.at(x) / power_of(nodes.back(), power));
    }
    const RootWindow window{.root = big(centre) + offset,
                            .half_width = half_width,
                            .coefficients = interpolate(nodes, values),
                            .power = power,
                            .middle = middle};
    if (reproduces(f, centre, window, bits)) return window;
  }
  return std::nullopt;
}

// The widest window that a polynomial reaches, of those that are not below `least` of the widest.
std::optional<RootWindow> widest(Function &f, double centre, const mpf_class &offset, int power, double half_width,
                                 double middle, int bits, double least = 0x1p-5) {
  for (double part = 1; part >= least; part /= 2)
    if (auto window = fit(f, centre, offset, power, part * half_width, part * middle, bits)) return window;
  return std::nullopt;
}

// Doubles next to the sign changes of f, one for each; not all if there are more than `most`.
std::vector<double> sign_changes(Function &f, std::size_t most) {
  constexpr int kStepsPerOctave = 8, kOctaves = 24;  // on either side of 1
  std::vector<double> places;
  for (const double side : {-1.0, 1.0}) {
    double last = side * std::exp2(-kOctaves);
    int last_sign = f.sign(last);
    for (int i = 1; i <= 2 * kOctaves * kStepsPerOctave; ++i) {
      const double x = side * std::exp2(-kOctaves + static_cast<double>(i) / kStepsPerOctave);
      const int sign = f.sign(x);
      if (sign * last_sign < 0) places.push_back(bisect(f, std::fmin(last, x), std::fmax(last, x)));
      if (places.size() > most) return places;
      last = x;
      last_sign = sign;
    }
  }
  return places;
}

// The coefficients are normal numbers of f32, with room for a product.
bool fits_f32(const RootWindow &window) {
  return std::ranges::all_of(window.coefficients, [](const mpf_class &coefficient) {
    const double size = std::fabs(coefficient.get_d());
    return size == 0 || (size > 0x1p-100 && size < 0x1p100);
  });
}

// A root that is tiny or huge tells on which scale f happens: x sigmoid(x/1000) has its derivative's at -1278.
double scale_of(double root) {
  const int exponent = std::ilogb(root);
  return std::abs(exponent) < 10 ? 1 : std::exp2(exponent);
}

}  // namespace

std::vector<RootWindow> find_root_windows(const Reference &reference, std::size_t input_count, Reach reach, int bits,
                                          const Switches &switches) {
  Function f(reference, input_count);
  constexpr std::size_t kMost = 6;
  const std::vector<double> places = sign_changes(f, kMost);
  if (places.size() > kMost) return {};
  std::vector<RootWindow> windows;
  for (const double centre : places) {
    const std::optional<mpf_class> offset = locate(f, centre);
    if (!offset) continue;
    const double size = std::fabs(centre), least = reach.absolute * scale_of(centre);
    const double outwards = std::fmax(least, reach.relative(centre, true) * size),
                 inwards = std::fmax(least, reach.relative(centre, false) * size);
    const double middle = static_cast<float>(std::copysign(0.5, centre) * (outwards - inwards));
    const double half_width = static_cast<float>((outwards + inwards) / 2);
    f.switches = switches.between(centre + middle - half_width, centre + middle + half_width);
    auto window = widest(f, centre, *offset, 1, half_width, middle, bits);
    if (window && (bits > f32_bits || fits_f32(*window))) windows.push_back(std::move(*window));
  }
  return windows;
}

std::optional<RootWindow> find_window_at_zero(const Reference &reference, std::size_t input_count, int bits,
                                              const Switches &switches, Side side) {
  Function f(reference, input_count);
  constexpr double kReach = 0.5;
  const double sign = static_cast<double>(side), near = side == Side::below ? -0x1p-40 : 0x1p-40;
  const double half_width = side == Side::both ? kReach : kReach / 2, middle = sign * half_width;
  f.switches = switches.between(middle - half_width, middle + half_width);
  constexpr int kHighest = 8;
  const mpf_class at = f.at(near);
  if (sgn(at) == 0) return std::nullopt;
  const double growth = std::log2(std::fabs(mpf_class(f.at(2 * near) / at).get_d()));
  const double power = std::round(growth);
  if (!(std::fabs(growth - power) < 0x1p-20 && power >= 0 && power <= kHighest)) return std::nullopt;
  constexpr double kLeast = 0x1p-16;  // sqrt(x^2 + 1e-6) - 1e-3 bends at 1e-3
  auto window = widest(f, 0, big(0), static_cast<int>(power), half_width, middle, bits, kLeast);
  if (!window) return std::nullopt;
  // What interpolation has left of a coefficient that is zero.
  const mpf_class nothing = abs(window->coefficients[0]) * big(0x1p-180);
  for (mpf_class &coefficient : window->coefficients)
    if (abs(coefficient) < nothing) coefficient = 0;
  return window;
}

bool has_roots(const Reference &reference, std::size_t input_count) {
  Function f(reference, input_count);
  return !sign_changes(f, 0).empty();
}

}  // namespace actinide
