// Numbers while an expression is evaluated: a word or an unevaluated sum of two, a deferred power of two, and the
// interval in which the exact value lies.
//
// The words of a pair may overlap by a few bits: |lo| is a few ulp of hi, not half of one. Operations lose nothing by
// that, so pairs are normalized only where leading digits cancel, for a comparison, and at the end, when the sum of the
// words is the one rounding of the result.
//
// Why a deferred factor: exp(-100) is subnormal in f32, so x * exp(-|x|) would lose its digits at x = -90, where it is
// still normal. exp therefore returns 2^60 e^u with the factor 2^-60 where u is very negative. Products carry the
// factor along; a sum, a comparison or the end of the kernel multiplies it in, which is the only place where a
// subnormal is rounded.
#pragma once

#include "approximation/builder.h"
#include "approximation/interval.h"
#include "approximation/precision.h"

#include <gmpxx.h>
#include <mpfr.h>

#include <optional>

namespace actinide {

/// A power of two that differs between elements.
struct Factor {
  ValueId value;
  ValueId inverse;
  int low;  ///< 2^low <= value <= 2^high
  int high;
};

struct Number {
  ValueId hi;
  std::optional<ValueId> lo;  ///< absent: exactly 0 (or, in plain arithmetic, not known)
  std::optional<Factor> factor;
  Interval range;  ///< of the exact value, the factor included
};

/// Operations on numbers of one float type, plain or in pairs; every operation emits instructions.
class Arithmetic {
 public:
  Arithmetic(Builder &builder, Type type, bool pairs) : builder_(builder), type_(type), pairs_(pairs) {}

  Builder &builder() const { return builder_; }
  Type type() const { return type_; }
  bool pairs() const { return pairs_; }
  bool pairs_of_f32() const { return pairs_ && type_ == Type::f32; }
  bool pairs_of_f64() const { return pairs_ && type_ == Type::f64; }
  /// The largest value for which no intermediate result overflows, with room for a product.
  double safe_magnitude() const { return type_ == Type::f32 ? 0x1p120 : 0x1p1000; }
  /// The exponent of exp's deferred factor.
  int factor_exponent() const { return type_ == Type::f32 ? 60 : 500; }

  Number exact(double value) const;
  Number constant(mpfr_srcptr value) const;
  Number constant(const mpq_class &value) const;
  Number of(ValueId value, Interval range) const { return {value, std::nullopt, std::nullopt, range}; }

  Number add(const Number &a, const Number &b) const;
  Number sub(const Number &a, const Number &b) const { return add(a, neg(b)); }
  /// a + b, no small part of either; the factors are the same.
  Number add_without_cancelling(const Number &a, const Number &b) const;
  Number mul(const Number &a, const Number &b) const;
  /// a b in plain arithmetic, rounded to odd unless it is below 2^-102: its error is no number there.
  Number mul_to_odd(const Number &a, const Number &b) const;
  Number div(const Number &a, const Number &b) const;
  /// a b + c; in plain arithmetic with one rounding.
  Number fma(const Number &a, const Number &b, const Number &c) const;
  Number square(const Number &a) const;
  Number sqrt(const Number &a) const;
  Number neg(const Number &a) const;
  Number abs(const Number &a) const;
  /// a with the sign that b's high word has; a >= 0.
  Number with_sign_of(const Number &a, const Number &b) const;
  /// a times a power of two that neither overflows nor underflows.
  Number times_power_of_two(const Number &a, double power) const;

  Number select(ValueId condition, const Number &a, const Number &b) const;
  ValueId less(const Number &a, const Number &b) const;
  ValueId less_equal(const Number &a, const Number &b) const;
  ValueId equal(const Number &a, const Number &b) const;
  /// a, but low where it is below and high where it is above; NaN stays. No code for a side that the range excludes.
  Number clamp(const Number &a, double low, double high) const;

  /// The factor multiplied in.
  Number settle(const Number &a) const;
  /// The sum of the words, with the factor multiplied in: a rounded once.
  ValueId rounded(const Number &a) const;
  /// Where u has a deferred factor below 1: u itself, else `elsewhere`. For functions whose value at a tiny u is u.
  Number unless_tiny(const Number &u, const Number &elsewhere) const;
  /// The same rounded to odd: what is rounded to fewer digits after that is rounded as if at once (Boldo and Melquiond,
  /// Emulation of FMA and correctly rounded sums, IEEE Trans. Computers 57, 2008).
  ValueId rounded_to_odd(const Number &a) const;
  /// Without the low word, where this arithmetic is plain.
  Number fitted(Number a) const;

  /// An f32 or f64 literal of this type.
  ValueId literal(double value) const { return builder_.literal(type_, value); }

  // Exact transformations, on single words.
  struct Words {
    ValueId hi;
    ValueId lo;
  };
  Words two_sum(ValueId a, ValueId b) const;
  Words fast_two_sum(ValueId a, ValueId b) const;  ///< |a| >= |b| or a = 0
  Words two_product(ValueId a, ValueId b) const;

 private:
  Number add_unless_zero(const Number &a, const Number &b) const;
  ValueId sum_of_words(const Number &a) const;
  ValueId made_odd(Words sum) const;
  /// a.hi times the factor: rounded once where it is a quotient of a constant.
  ValueId settled(const Number &a) const;
  std::optional<Factor> multiply(const std::optional<Factor> &a, const std::optional<Factor> &b) const;
  /// Both numbers with the larger of their factors.
  void share_factor(Number &a, Number &b) const;
  std::optional<Factor> select(ValueId condition, const std::optional<Factor> &a, const std::optional<Factor> &b) const;
  double least_word(const Number &a) const;
  bool factors_fit(const std::optional<Factor> &a, const std::optional<Factor> &b) const;
  /// hi + error as a number; the error is dropped where an infinity has made it meaningless.
  Number pair_of(ValueId hi, ValueId error, std::optional<Factor> factor, Interval range, bool may_overflow) const;
  /// The same sum with hi nearest to it.
  Number normalized(const Number &a) const;
  /// |a| >= times |b|, by their ranges.
  bool dominates(const Number &a, const Number &b, double times) const;
  bool may_overflow(Interval range) const { return !range.within(-safe_magnitude(), safe_magnitude()); }
  bool is_power_of_two(const Number &a) const;
  ValueId compare(Code code, const Number &a, const Number &b) const;

  Builder &builder_;
  Type type_;
  bool pairs_;
};

}  // namespace actinide
