// The approximations: each function of the language as arithmetic on numbers.
//
// Every function takes any argument, infinities and NaN included, and gives NaN for NaN. Where the range of the
// argument is known to exclude a case, no code is emitted for it.
#pragma once

#include "approximation/coefficients.h"
#include "approximation/number.h"

namespace actinide {

/// How numbers are computed.
struct Setting {
  Arithmetic main;  ///< of results
  Arithmetic fine;  ///< of arguments whose absolute error becomes a relative one: those of exp
  Precision precision;
  /// The results are rounded to a type of less range, all of which and more is normal here: nothing is deferred.
  bool wide;
  /// The results are rounded to a type of at most half the digits: those to spare take what cancels.
  bool spare_digits;
  /// In plain f32: the results are rounded to 11 digits or fewer.
  bool few_digits;
  /// The results go down to where no digit is to spare: of x exp(x)/2 with x = 2^-133, a tie between two numbers of
  /// bf16, the sign of x alone tells which is nearer. exp therefore tells 1 from its neighbours.
  bool distinct_from_one;
  /// The kernel has several inputs: what vanishes in the narrower type may come back by a product with another.
  bool multiplied;
  /// exp of a very negative argument is exactly 0, and 0 times infinity is 0: where the limits can't be looked up
  /// because a parameter is known at run time only.
  bool guarded;
  /// e^u is the result itself: nothing waits for its deferred factor.
  bool settled;
  /// See Compute::f32_odd.
  bool odd_products;
};

Number exp(const Setting &setting, const Number &u);
/// Whether both e^u and 1 + e^u keep their digits for all of these u: in a wider type, or with one deferred factor.
bool has_range_for_exp(const Setting &setting, Interval u);
/// e^u (1 + d), |d| < 1/2: in plain arithmetic with one rounding less than the product.
Number exp_grown(const Setting &setting, const Number &u, const Number &d);
/// A constant b > 0, by what a power of it takes.
struct Base {
  Number logarithm;  ///< ln b
  Number log2;       ///< ln b / ln 2
  Number log_of_2;   ///< ln 2 / ln b, in two words
};
/// Whether power_of() serves all of these v.
bool suits_power(const Setting &setting, const Base &base, Interval v);
/// b^v in plain f32: e^(v ln b), but the product is never rounded, as the reduction takes v in units of 1 / ln b.
Number power_of(const Setting &setting, const Base &base, const Number &v);
/// 1 + e^u in plain f32, -64 < u < 88.3; in units of 1 / ln b, if there is a base.
Number one_plus_exp(const Setting &setting, const Number &u, const Base *base);
/// (1 + e^u) r^2, u < 212; the power of two r is 1 unless e^u is huge.
struct ScaledSum {
  ValueId value;
  ValueId root;  ///< r
};
ScaledSum scaled_one_plus_exp(const Setting &setting, const Number &u, const Base *base);
/// e^(-z^2/2) (1 + d) in plain f32, 0 <= z <= 15.5, |d| < 1/2: z^2 is never rounded.
Number exp_of_half_square_grown(const Setting &setting, const Number &z, const Number &d);
/// 2^exponent factor e^w, the factor a number of f32, and e^w - 1 with all its digits, in plain f32: -126 < w < 40, in
/// two words.
struct Exponentials {
  ValueId scaled;
  ValueId less_one;
  ValueId power, tail;  ///< scaled = power (1 + tail), power = 2^exponent factor times a power of two
  /// scaled y, rounded once where power y is exact.
  ValueId times(Builder &builder, ValueId y) const {
    const ValueId product = builder.mul(power, y);
    return builder.fma(product, tail, product);
  }
};
Exponentials exp_and_expm1(const Setting &setting, const Number &w, int exponent, double factor = 1);
/// The same of w = unit (start - z (g + rest)).
struct Cubic {
  ValueId z, g, rest;
  double start, unit;
  int short_bits;   ///< behind the binary point of a multiple of ln2/unit by up to 160, 24 bits in all
  ValueId is_near;  ///< next to 0, where that difference loses its digits,
  ValueId near;     ///< this is w
};
Exponentials exp_and_expm1_of_cubic(const Setting &setting, const Cubic &cubic, int exponent);
/// e^u / 2^n in plain arithmetic, for an integer n: 2^(u / ln2 - n) is no more than the largest power of two, and no
/// less than half the least normal one, for which this is 0. |u| < 2^12 in f32, 2^20 in f64.
Number scaled_exp(const Setting &setting, const Number &u, const Number &n);
/// The integer nearest to u, |u| < 2^20.
Number nearest(const Setting &setting, const Number &u);
Number expm1(const Setting &setting, const Number &u);
/// k expm1(u) in pairs of f32, rounded to less than one ULP; k is one word.
Number times_expm1(const Setting &setting, const Number &k, const Number &u);
Number log(const Setting &setting, const Number &u);
Number log1p(const Setting &setting, const Number &u);
/// u^n by products, n >= 1.
Number integer_power(const Arithmetic &arithmetic, const Number &u, unsigned n);
/// u^v for u >= 0 (NaN for u < 0), in f64 arithmetic.
Number general_power(const Setting &setting, const Number &u, const Number &v);
/// The same where v isn't known before: of u < 0, too, for a whole v, and 1 for v = 0.
Number variable_power(const Setting &setting, const Number &u, const Number &v);

Number tanh(const Setting &setting, const Number &u);
Number sigmoid(const Setting &setting, const Number &u);
Number softplus(const Setting &setting, const Number &u);
// In plain f32, k the same for all elements: log1p(e^(-k |u|))/k + max(u, 0) for k > 0; sigmoid(k u), u times that, and
// the derivative of the latter, without a digit less next to its root.
Number softplus_by(const Setting &setting, const Number &u, const Number &k);
Number sigmoid_by(const Setting &setting, const Number &u, const Number &k);
Number swish_by(const Setting &setting, const Number &u, const Number &k);
Number swish_slope_by(const Setting &setting, const Number &u, const Number &k);
/// In plain f32, c >= 0 the same for all elements: (u + sqrt(u^2 + c))/2.
Number squareplus_by(const Setting &setting, const Number &u, const Number &c);

// In plain arithmetic for results of f32 and less, with e^r as a quotient: tanh(u), u tanh(log(1 + e^u)), and
// 1/(1 + b^v), or in f64 `numerator` times that.
Number tanh_by_quotient(const Setting &setting, const Number &u);
Number mish_by_quotient(const Setting &setting, const Number &u);
Number logistic_by_quotient(const Setting &setting, const Number &v, const Base &base, const Number *numerator);

Number erf(const Setting &setting, const Number &u);
Number erfc(const Setting &setting, const Number &u);
Number normcdf(const Setting &setting, const Number &u);
/// u Phi(u), in plain f32.
Number times_normcdf(const Setting &setting, const Number &u);

// In plain f32, to the last digit next to their roots: the derivatives of u Phi(u), u sigmoid(u), u sigmoid(1.702 u)
// and u sigmoid(2 sqrt(2/pi) (u + 0.044715 u^3)).
Number normcdf_slope(const Setting &setting, const Number &u);
Number silu_slope(const Setting &setting, const Number &u);
Number gelu_sigmoid_slope(const Setting &setting, const Number &u);
Number gelu_tanh_slope(const Setting &setting, const Number &u);
/// The functions themselves where nothing is deferred, for kernels that compute their derivatives, too.
Number silu_beside_slope(const Setting &setting, const Number &u);
Number gelu_sigmoid_beside_slope(const Setting &setting, const Number &u);
Number normpdf(const Setting &setting, const Number &u);

// In plain f32, the absolute error below 2^-21 max(1, |f|): e^u, sigmoid(u), tanh(u), u tanh(softplus(u)), u Phi(u),
// and 1/(1 + e^(unit v)).
Number exp_absolute(const Setting &setting, const Number &u);
Number sigmoid_absolute(const Setting &setting, const Number &u);
Number tanh_absolute(const Setting &setting, const Number &u);
Number mish_absolute(const Setting &setting, const Number &u);
Number times_normcdf_absolute(const Setting &setting, const Number &u);
/// 1/(1 + e^(unit v)), or `numerator` times that, for unit v between these: at them, or 0.3 away, it is exactly 1 and
/// 0.
Number logistic_absolute(const Setting &setting, const Number &v, double unit, const Number *numerator);
constexpr double where_logistic_is_1 = -88, where_logistic_is_0 = 88.75;
/// log1p(e^(-k |u|))/k + max(u, 0), k > 0 the same for all elements.
Number softplus_absolute(const Setting &setting, const Number &u, const Number &k);

/// sin(u + eighths pi/4), with all digits next to its roots. `far`: u 2^-far_exponent in f64, which is a number where u
/// overflows.
Number sin(const Setting &setting, const Number &u, const Number &far, int eighths);
constexpr int far_exponent = 384;
double far_from(double u);

/// sqrt(u^2 + c), c >= 0.
Number root_sum(const Setting &setting, const Number &u, const Number &c);
/// c/(r (r + |u|)), r = sqrt(u^2 + c), c >= 0, in plain f32.
Number over_root_product(const Setting &setting, const Number &u, const Number &c);

/// What the argument of a polynomial is multiplied by, and the polynomial itself: powers of two, which its coefficients
/// take.
struct PolynomialScale {
  double unit = 1;
  double times = 1;
};
/// c(t) of a table that is exact enough: see coefficients.h; `times` c(`unit` t), in plain arithmetic.
Number polynomial(const Setting &setting, Table table, const Number &t, PolynomialScale scale = {});
/// x + x y c, |y c| < 1. In pairs as x (1 + y c), whose sum is the cheaper.
Number grown(const Arithmetic &arithmetic, const Number &x, const Number &y, const Number &c);
/// Plain f64 arithmetic for a function of f32 numbers that needs more digits inside, and the way there and back.
Setting widened(const Setting &setting, int bits);
Number widen(const Setting &setting, const Number &number);
Number narrow(const Setting &setting, const Number &number);

/// The constant as a number.
Number constant(const Setting &setting, Constant constant);

}  // namespace actinide
