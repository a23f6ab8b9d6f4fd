// What exp and its kin share: the reduction of their argument.
//
// u = n ln2 + r with n the nearest integer, |r| <= ln2/2; e^u = 2^n e^r = s + s (e^r - 1) with s = 2^n, the
// last step one fma. The sum t = u log2(e) + 1.5 2^m + bias, m the bits of the mantissa, rounds to the integer and has
// n + bias in its low bits, so that shifting t's representation by m makes the float 2^n.
#pragma once

#include "approximation/functions.h"

namespace actinide {

/// Facts of a float type that the reduction needs.
struct Format {
  unsigned mantissa;
  int bias;
  /// Below e^-comfortable, or above e^comfortable, 2^n gets a deferred factor: in f64 soon enough for squares of what
  /// has none to keep their low words.
  double comfortable;
  /// Largest |u| for which 2^n with the factor is a normal float.
  double largest;
};
Format format_of(const Setting &setting);

/// What rounds u log2(e) to an integer when it is added, and puts 2^n's exponent into the low bits.
double shift_of(const Format &format);

/// e^u = factor * s * (1 + tail), s = 2^n.
struct Reduced {
  ValueId s;
  ValueId n;  ///< as a float; the factor is not part of it
  Number r;
  std::optional<Factor> factor;
};

/// The argument between the limits of the format. Its low word can't be compared, so it goes where the high word is
/// replaced.
Number clamp_argument(const Setting &setting, const Number &u, double low, double high);

/// u, but no nearer to 0 than 2^-45 where e^u must differ from 1: see Setting::distinct_from_one. That is nothing
/// beside the 8 digits of bf16.
Number away_from_zero(const Setting &setting, const Number &u);

/// In f32, where nothing that is large can be multiplied with a result before its deferred factor is.
bool meets_nothing_large(const Setting &setting);
/// Whether the deferred factor, if any, is the same for all of these u, of which none is beyond the format.
bool has_one_factor(const Setting &setting, Interval u);

/// 2^n times what the shift adds to the exponent, and n, the integer nearest to u log2.
struct Power {
  ValueId s;
  ValueId n;
};
Power nearest_power(const Setting &setting, ValueId u, ValueId log2, ValueId magic);

/// u - n ln2. The words of ln2 are short, so that n times all but the last is exact with or without fma; plain
/// arithmetic of f64 takes one word where the rest is too little to count, and pairs of f32 leave their sum unrounded.
Number subtract_multiple_of_ln2(const Setting &setting, const Number &u, ValueId n, const Base *base = nullptr);

/// By the deferred factor that u needs, or by one that is given with its shift.
Reduced reduce(const Setting &setting, const Number &u, const Format &format, const Base *base = nullptr);
Reduced reduce_by(const Setting &setting, const Number &u, const std::optional<Factor> &factor, ValueId magic,
                  const Base *base);

/// e^r - 1 = r + r^2 c(r).
Number reduced_expm1(const Setting &setting, Table table, const Number &r);
/// The same in pairs of f32, as r and the rest, up to a fifth of it, which stays apart.
Number reduced_expm1_in_words(const Setting &setting, Table table, const Number &r);
/// offset + s tail in pairs of f32, for a power of two s: between half of offset and twice as much, or offset is 0.
Arithmetic::Words plus_multiple(const Arithmetic &a, Arithmetic::Words offset, ValueId s, const Number &tail);
/// e^u = factor s (q + r)/(q - r) in plain arithmetic, u = v ln b, in units of ln b: one division serves what is made
/// of it, and q takes fewer operations than a polynomial for e^r.
struct ExpQuotient {
  ValueId s, r, q;
  std::optional<Factor> factor;
  ValueId above(Builder &b) const { return b.add(q, r); }
  ValueId below(Builder &b) const { return b.sub(q, r); }
};
/// With the deferred factor that u needs, or with none and this shift.
ExpQuotient exp_quotient(const Setting &setting, const Number &v, const Base &base, int bits);
ExpQuotient exp_quotient_by(const Setting &setting, ValueId shift, const Number &v, const Base &base, int bits);
/// e^unit. Of ln2 in one word n times 2^-29 is missing.
Base base_of(const Setting &setting, double unit, int words_of_ln2);

/// tanh(u), and u tanh(log(1 + e^u)) times the power of two that the shift of e^u adds, by such quotients; of 20 and
/// more the latter is u.
Number tanh_of(const Setting &setting, const Number &u, int bits);
Number mish_of(const Setting &setting, const Number &u, const ExpQuotient &e);
Number below_20(const Setting &setting, const Number &u);

/// e^u times the power of two that the shift adds.
ValueId exp_by(const Setting &setting, const Number &u, ValueId shift, const Base *base);

}  // namespace actinide
