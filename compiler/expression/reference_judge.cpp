#include "expression/reference_judge.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace actinide::reference {
namespace {

// Largest error of a fast enclosure, in ulp.
long double allowed(DType dtype) {
  return dtype == DType::f64 ? 0.015625L : 0.001L;
}

// The exponent of the spacing at a number in [2^(exponent - 1), 2^exponent).
int spacing_exponent(long exponent, const FloatFormat &f) {
  return static_cast<int>(std::clamp<long>(exponent - f.digits, f.least, f.top - f.digits));
}

// By their bits, for what is judged by billions: x is in [2^(exponent - 1), 2^exponent), or below 2^-1022.
long exponent_of(double x) {
  return static_cast<long>(std::bit_cast<std::uint64_t>(x) >> 52) - 1022;
}

// The same of the x87 format, which has its 15 bits of exponent behind the mantissa.
long exponent_of(long double x) {
  std::uint16_t sign_and_exponent = 0;
  std::memcpy(&sign_and_exponent, reinterpret_cast<const char *>(&x) + 8, sizeof sign_and_exponent);
  return (sign_and_exponent & 0x7fff) - 16382;
}
long double extended_power_of_two(int exponent) {
  const int half = exponent / 2;
  return static_cast<long double>(power_of_two(half)) * power_of_two(exponent - half);
}

mpfr_srcptr end_near_zero(const Interval &x) {
  return mpfr_cmpabs(x.lo.v, x.hi.v) < 0 ? x.lo.v : x.hi.v;
}

// Where the enclosure touches a power of two the smaller spacing counts.
int spacing_exponent(const Interval &x, const FloatFormat &f) {
  mpfr_srcptr const near = end_near_zero(x);
  if (x.contains_zero() || !mpfr_regular_p(near)) return x.contains_zero() ? f.least : f.top - f.digits;
  return spacing_exponent(mpfr_get_exp(near), f);
}

// Certainly at least twice the largest finite number.
bool out_of_range(const Interval &x, const FloatFormat &f) {
  const auto huge = [&](mpfr_srcptr end) {
    return mpfr_inf_p(end) || (mpfr_regular_p(end) && mpfr_get_exp(end) > f.top + 1);
  };
  return !x.contains_zero() && huge(x.lo.v) && huge(x.hi.v);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

// Rounded to a whole number of spacings. Scaling by a power of two is exact: long double has exponents to spare.
double nearest_of_16_bit(long double x, const FloatFormat &f) {
  if (!std::isfinite(x)) return static_cast<double>(x);
  int exponent = 0;
  std::frexp(x, &exponent);
  const int spacing = std::max(exponent - f.digits, f.least);
  const auto nearest = static_cast<double>(std::ldexp(std::nearbyint(std::ldexp(x, -spacing)), spacing));
  return std::fabs(nearest) > f.largest() ? std::copysign(infinity, nearest) : nearest;
}

// The same of any number.
double nearest_of_16_bit(mpfr_srcptr value, const FloatFormat &f) {
  if (!mpfr_regular_p(value)) return mpfr_get_d(value, MPFR_RNDN);
  const auto exponent = static_cast<long>(mpfr_get_exp(value));
  if (exponent > f.top + 1) return mpfr_sgn(value) < 0 ? -infinity : infinity;
  const long spacing = std::max<long>(exponent - f.digits, f.least);
  Real count(mpfr_get_prec(value));
  mpfr_mul_2si(count.v, value, -spacing, MPFR_RNDN);
  mpfr_rint(count.v, count.v, MPFR_RNDN);
  mpfr_mul_2si(count.v, count.v, spacing, MPFR_RNDN);
  const double nearest = mpfr_get_d(count.v, MPFR_RNDN);
  return std::fabs(nearest) > f.largest() ? std::copysign(infinity, nearest) : nearest;
}

double nearest_to(long double x, DType dtype) {
  if (is_16_bit(dtype)) return nearest_of_16_bit(x, float_format(dtype));
  return dtype == DType::f32 ? static_cast<double>(static_cast<float>(x)) : static_cast<double>(x);
}

// The number of `dtype` to which all of a fast enclosure rounds, if there is one; a zero without its sign.
std::optional<double> nearest_to(const Enclosure &exact, DType dtype) {
  // The ends themselves are rounded, by less than 2^-63 of the value.
  const long double reach = exact.error == 0 ? 0 : exact.error + std::fabs(exact.value) * 0x1p-63L;
  const double low = nearest_to(exact.value - reach, dtype);
  return low == nearest_to(exact.value + reach, dtype) ? std::optional(low) : std::nullopt;
}

/// Within a step of the largest number on either side, but not that number.
bool beside_infinity(const Interval &x, const FloatFormat &f) {
  const double largest = f.largest(), below = largest - std::ldexp(1.0, f.top - f.digits);
  const bool is_largest = mpfr_equal_p(x.lo.v, x.hi.v) && std::fabs(mpfr_get_d(x.lo.v, MPFR_RNDN)) == largest &&
                          mpfr_cmp_d(x.lo.v, mpfr_get_d(x.lo.v, MPFR_RNDN)) == 0;
  return !is_largest && (mpfr_cmp_d(x.lo.v, below) > 0 || mpfr_cmp_d(x.hi.v, -below) < 0);
}

Judgement same_or_infinite(bool same, double nearest) {
  const double error = same ? 0 : infinity;
  return {error, same, nearest, error};
}

}  // namespace

double round_to(mpfr_srcptr value, DType dtype) {
  if (is_16_bit(dtype)) return nearest_of_16_bit(value, float_format(dtype));
  return dtype == DType::f32 ? static_cast<double>(mpfr_get_flt(value, MPFR_RNDN)) : mpfr_get_d(value, MPFR_RNDN);
}

bool rounds_uniquely(const Interval &x, DType dtype) {
  return round_to(x.lo.v, dtype) == round_to(x.hi.v, dtype);
}

double round_to(const Interval &x, DType dtype) {
  if (mpfr_sgn(x.lo.v) < 0 && mpfr_sgn(x.hi.v) > 0 && x.contains_zero()) return 0;
  return round_to(mpfr_sgn(x.lo.v) < 0 ? x.lo.v : x.hi.v, dtype);
}

bool narrow_enough(const Interval &x, DType dtype) {
  const FloatFormat &f = float_format(dtype);
  if (out_of_range(x, f)) return true;
  Real width(64);
  mpfr_sub(width.v, x.hi.v, x.lo.v, MPFR_RNDU);
  return mpfr_cmp_si_2exp(width.v, 1, spacing_exponent(x, f) - 20) <= 0 && rounds_uniquely(x, dtype);
}

Judgement judge(double computed, const Interval &x, DType dtype) {
  if (mpfr_nan_p(x.lo.v)) return same_or_infinite(std::isnan(computed), std::numeric_limits<double>::quiet_NaN());
  const FloatFormat &f = float_format(dtype);
  const double nearest = round_to(x, dtype);
  const bool correct = computed == nearest;
  if (std::isnan(computed) || out_of_range(x, f)) return same_or_infinite(correct, nearest);
  if (std::isinf(nearest) && correct) return {0, true, nearest, 0};
  Real value(64);
  mpfr_set_d(value.v, computed, MPFR_RNDN);
  // Infinity counts as 2^top, a step above the largest number, where the exact result is a rounding away from that.
  if (std::isinf(computed)) {
    if (!beside_infinity(x, f) || std::signbit(computed) != std::signbit(nearest))
      return {infinity, false, nearest, infinity};
    mpfr_set_si_2exp(value.v, std::signbit(computed) ? -1 : 1, f.top, MPFR_RNDN);
  }
  Real low(64), high(64);
  mpfr_sub(low.v, value.v, x.lo.v, MPFR_RNDA);
  mpfr_sub(high.v, x.hi.v, value.v, MPFR_RNDA);
  mpfr_abs(low.v, low.v, MPFR_RNDU);
  mpfr_abs(high.v, high.v, MPFR_RNDU);
  mpfr_max(low.v, low.v, high.v, MPFR_RNDU);
  const double distance = mpfr_get_d(low.v, MPFR_RNDU);
  mpfr_mul_2si(low.v, low.v, -spacing_exponent(x, f), MPFR_RNDU);
  return {mpfr_get_d(low.v, MPFR_RNDU), correct, nearest, distance};
}

std::optional<Judgement> judge(double computed, const Bracket &exact, DType dtype) {
  const FloatFormat &f = float_format(dtype);
  if (dtype == DType::f64) return std::nullopt;
  if (std::isnan(exact.low)) return same_or_infinite(std::isnan(computed), exact.low);
  const double beyond = power_of_two(f.top + 1);
  if (exact.low > beyond) return same_or_infinite(computed == infinity, infinity);
  if (exact.high < -beyond) return same_or_infinite(computed == -infinity, -infinity);
  const double nearest = nearest_to(exact.low, dtype);
  if (nearest != nearest_to(exact.high, dtype) || std::isinf(nearest)) return std::nullopt;
  if (std::isnan(computed)) return same_or_infinite(false, nearest);
  if (std::isinf(computed)) {
    if (std::fabs(nearest) == f.largest()) return std::nullopt;
    return same_or_infinite(false, nearest);
  }
  const double size = std::max({exact.low, -exact.high, 0.0});
  const double spacings = power_of_two(-spacing_exponent(exponent_of(size), f));
  if (!((exact.high - exact.low) * spacings < static_cast<double>(allowed(dtype)))) return std::nullopt;
  const double distance = std::max(computed - exact.low, exact.high - computed);
  return Judgement{distance * spacings, computed == nearest, nearest, distance};
}

std::optional<Judgement> judge(double computed, const Enclosure &exact, DType dtype) {
  const FloatFormat &f = float_format(dtype);
  const long double magnitude = std::fabs(exact.value), least = magnitude - exact.error;
  if (!(magnitude + exact.error < f.largest()) || !std::isfinite(computed)) return std::nullopt;
  const bool zero = !(least > 0);
  const int spacing = zero ? f.least : spacing_exponent(exponent_of(least), f);
  const long double spacings = extended_power_of_two(-spacing), error = exact.error * spacings;
  if (!(error < allowed(dtype))) return std::nullopt;
  const long double distance = std::fabs(computed - exact.value) + exact.error;
  const long double ulp = distance * spacings;
  const bool one_spacing = zero || spacing_exponent(exponent_of(magnitude + exact.error), f) == spacing;
  // At a power of two that isn't decided the smaller spacing is safe, and where the distance is small it matters to
  // nobody.
  if (!one_spacing && ulp > 0.5L) return std::nullopt;
  const auto nearest = nearest_to(exact, dtype);
  if (!nearest) return std::nullopt;
  const long double more = error == 0 ? 1 : 1 + 0x1p-50L;
  return Judgement{static_cast<double>(ulp * more), computed == *nearest, *nearest,
                   static_cast<double>(distance * more)};
}

std::optional<double> round_to(const Enclosure &exact, DType dtype) {
  const auto nearest = nearest_to(exact, dtype);
  if (!nearest || *nearest != 0) return nearest;
  return std::fabs(exact.value) > exact.error ? std::optional(std::copysign(0.0, static_cast<double>(exact.value)))
                                              : std::nullopt;
}

}  // namespace actinide::reference
