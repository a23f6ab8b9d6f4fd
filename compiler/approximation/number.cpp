#include "approximation/number.h"

#include "error.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// MPFR's number with its storage.
class Big {
 public:
  explicit Big(mpfr_prec_t bits) { mpfr_init2(value_, bits); }
  ~Big() { mpfr_clear(value_); }
  Big(const Big &) = delete;
  Big &operator=(const Big &) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

double round_to(mpfr_srcptr value, Type type) {
  return type == Type::f32 ? mpfr_get_flt(value, MPFR_RNDN) : mpfr_get_d(value, MPFR_RNDN);
}

}  // namespace

Number Arithmetic::exact(double value) const {
  return of(literal(value), Interval::point(value));
}

Number Arithmetic::constant(mpfr_srcptr value) const {
  const double hi = round_to(value, type_);
  Big rest(512);
  mpfr_sub_d(rest.get(), value, hi, MPFR_RNDN);
  const bool is_exact = mpfr_zero_p(rest.get());
  Number number = of(literal(hi), is_exact ? Interval::point(hi) : Interval::around(mpfr_get_d(value, MPFR_RNDN)));
  if (pairs_ && std::isfinite(hi) && !is_exact) number.lo = literal(round_to(rest.get(), type_));
  return number;
}

Number Arithmetic::constant(const mpq_class &value) const {
  Big big(512);
  mpfr_set_q(big.get(), value.get_mpq_t(), MPFR_RNDN);
  return constant(big.get());
}

std::optional<Factor> Arithmetic::multiply(const std::optional<Factor> &a, const std::optional<Factor> &b) const {
  if (!a || !b) return a ? a : b;
  return Factor{builder_.mul(a->value, b->value), builder_.mul(a->inverse, b->inverse), a->low + b->low,
                a->high + b->high};
}

std::optional<Factor> Arithmetic::select(ValueId condition, const std::optional<Factor> &a,
                                         const std::optional<Factor> &b) const {
  if (!a && !b) return std::nullopt;
  const Factor one{literal(1), literal(1), 0, 0};
  const Factor &left = a ? *a : one;
  const Factor &right = b ? *b : one;
  return Factor{builder_.select(condition, left.value, right.value),
                builder_.select(condition, left.inverse, right.inverse), std::min(left.low, right.low),
                std::max(left.high, right.high)};
}

bool Arithmetic::factors_fit(const std::optional<Factor> &a, const std::optional<Factor> &b) const {
  if (!a || !b) return true;
  const int limit = 2 * factor_exponent();
  return a->low + b->low >= -limit && a->high + b->high <= limit;
}

ValueId Arithmetic::settled(const Number &a) const {
  const Instruction quotient = builder_.instruction(a.hi);
  const auto [numerator, denominator, none] = quotient.operands;
  if (quotient.code == Code::div && builder_.is_literal(numerator) && builder_.is_literal(a.factor->value))
    return builder_.div(builder_.mul(numerator, a.factor->value), denominator);
  return builder_.mul(a.hi, a.factor->value);
}

Number Arithmetic::settle(const Number &a) const {
  if (!a.factor) return a;
  Number result = of(a.lo ? builder_.mul(a.hi, a.factor->value) : settled(a), a.range);
  if (a.lo) result.lo = builder_.mul(*a.lo, a.factor->value);
  return result;
}

void Arithmetic::share_factor(Number &a, Number &b) const {
  const Factor one{literal(1), literal(1), 0, 0};
  for (Number *number : {&a, &b}) number->factor = number->factor.value_or(one);
  const ValueId a_smaller = builder_.less(a.factor->value, b.factor->value);
  const Factor larger{builder_.select(a_smaller, b.factor->value, a.factor->value),
                      builder_.select(a_smaller, b.factor->inverse, a.factor->inverse),
                      std::max(a.factor->low, b.factor->low), std::max(a.factor->high, b.factor->high)};
  for (Number *number : {&a, &b}) {
    number->factor->value = builder_.mul(number->factor->value, larger.inverse);
    *number = settle(*number);
    number->factor = larger;
  }
}

Number Arithmetic::unless_tiny(const Number &u, const Number &elsewhere) const {
  if (!u.factor || u.factor->low >= 0) return elsewhere;
  const Factor &factor = *u.factor;
  const ValueId is_tiny = factor.low == factor.high ? builder_.less(builder_.abs(u.hi), literal(1))
                                                    : builder_.less(factor.value, literal(1));
  Number result = select(is_tiny, u, elsewhere);
  result.range = elsewhere.range;
  return result;
}

ValueId Arithmetic::rounded(const Number &a) const {
  if (!a.lo) return a.factor ? settled(a) : a.hi;
  const ValueId sum = sum_of_words(a);
  return a.factor ? builder_.mul(sum, a.factor->value) : sum;
}

/// In f32 a low word that is a product is added with one rounding.
ValueId Arithmetic::sum_of_words(const Number &a) const {
  const Instruction low = builder_.instruction(*a.lo);
  if (type_ == Type::f32 && low.code == Code::mul) return builder_.fma(low.operands[0], low.operands[1], a.hi);
  return builder_.add(a.hi, *a.lo);
}

ValueId Arithmetic::rounded_to_odd(const Number &a) const {
  if (!a.lo) return rounded(a);
  const ValueId odd = made_odd(two_sum(a.hi, *a.lo));
  return a.factor ? builder_.mul(odd, a.factor->value) : odd;
}

ValueId Arithmetic::made_odd(Words sum) const {
  const bool f32 = type_ == Type::f32;
  const ValueId zero = literal(0), one = builder_.integer(f32 ? Type::i32 : Type::i64, 1);
  const ValueId bits = builder_.bits_of(sum.hi);
  // An overflow's error is NaN, which is neither.
  const ValueId inexact = builder_.logical_or(builder_.less(sum.lo, zero), builder_.less(zero, sum.lo));
  // -1 where the sum lies beyond the exact value, seen from zero.
  const ValueId beyond = builder_.shift_right(builder_.bit_xor(bits, builder_.bits_of(sum.lo)), f32 ? 31 : 63);
  const ValueId towards_zero = builder_.integer_add(bits, beyond);
  return builder_.select(inexact, builder_.float_of(builder_.bit_or(towards_zero, one)), sum.hi);
}

Number Arithmetic::fitted(Number a) const {
  if (!pairs_) a.lo.reset();
  return a;
}

Arithmetic::Words Arithmetic::two_sum(ValueId a, ValueId b) const {
  const ValueId sum = builder_.add(a, b);
  const ValueId from_b = builder_.sub(sum, a);
  const ValueId from_a = builder_.sub(sum, from_b);
  return {sum, builder_.add(builder_.sub(a, from_a), builder_.sub(b, from_b))};
}

Arithmetic::Words Arithmetic::fast_two_sum(ValueId a, ValueId b) const {
  const ValueId sum = builder_.add(a, b);
  return {sum, builder_.sub(b, builder_.sub(sum, a))};
}

Arithmetic::Words Arithmetic::two_product(ValueId a, ValueId b) const {
  // The error as -(p - a b): where it is zero it is -0, which added to the product keeps the sign of a product that is
  // zero.
  const ValueId product = builder_.mul(a, b);
  return {product, builder_.neg(builder_.exact_fma(builder_.neg(a), b, product))};
}

Number Arithmetic::pair_of(ValueId hi, ValueId error, std::optional<Factor> factor, Interval range,
                           bool overflows) const {
  // In f32 only arguments of functions have low words: what clamps the function's argument drops them.
  if (overflows && type_ == Type::f64) {
    const ValueId meaningful = builder_.less(builder_.abs(error), literal(infinity));
    error = builder_.select(meaningful, error, literal(-0.0));
  }
  return {hi, error, factor, range};
}

Number Arithmetic::normalized(const Number &a) const {
  if (!a.lo) return a;
  const Words words = fast_two_sum(a.hi, *a.lo);
  // Where hi is infinite, hi - hi in fast_two_sum is NaN.
  return pair_of(words.hi, words.lo, a.factor, a.range, may_overflow(a.range));
}

Number Arithmetic::add(const Number &a_in, const Number &b_in) const {
  Number a = fitted(a_in), b = fitted(b_in);
  const bool same_factor = a.factor && b.factor && a.factor->value == b.factor->value;
  if (!same_factor) {
    if (pairs_ && b.factor && !a.factor && a.range.contains(0)) return add_unless_zero(a, b);
    if (pairs_ && a.factor && !b.factor && b.range.contains(0)) return add_unless_zero(b, a);
    // A large factor that all elements have stays.
    const auto keeps = [&](const Number &large, const Number &other) {
      return !pairs_ && large.factor && !other.factor && large.factor->low > 0 &&
             large.factor->low == large.factor->high && builder_.is_literal(other.hi);
    };
    if (keeps(a, b) || keeps(b, a)) {
      Number &other = a.factor ? b : a;
      const Factor factor = a.factor ? *a.factor : *b.factor;
      other.hi = builder_.mul(other.hi, factor.inverse);
      return {builder_.add(a.hi, b.hi), std::nullopt, factor, a.range + b.range};
    }
    if (!pairs_ && a.factor && !b.factor) return of(builder_.fma(a.hi, a.factor->value, b.hi), a.range + b.range);
    if (!pairs_ && b.factor && !a.factor) return of(builder_.fma(b.hi, b.factor->value, a.hi), a.range + b.range);
    // A large factor stays: exp(u)/(exp(u) + 2) is a quotient of moderate words.
    const auto grows = [](const Number &number) { return number.factor && number.factor->high > 0; };
    if (pairs_ && ((a.factor && b.factor) || grows(a) || grows(b))) {
      share_factor(a, b);
    } else {
      a = settle(a);
      b = settle(b);
    }
  }
  const Interval range = a.range + b.range;
  if (builder_.is_literal(a.hi, 0.0) && !a.lo) return {b.hi, b.lo, b.factor, range};
  if (builder_.is_literal(b.hi, 0.0) && !b.lo) return {a.hi, a.lo, a.factor, range};
  if (!pairs_) return {builder_.add(a.hi, b.hi), std::nullopt, a.factor, range};
  const bool one_sign = (a.range.low >= 0 && b.range.low >= 0) || (a.range.high <= 0 && b.range.high <= 0);
  constexpr double enough = 1.5;
  const bool cancels = !one_sign && !dominates(a, b, enough) && !dominates(b, a, enough);
  if (!cancels) return add_without_cancelling(a, b);
  const Words sum = two_sum(a.hi, b.hi);
  const bool overflows = may_overflow(a.range) || may_overflow(b.range);
  if (!a.lo && !b.lo) return pair_of(sum.hi, sum.lo, a.factor, range, overflows);
  // The sum of the low words is kept to its last bit, too.
  const Words low = a.lo && b.lo ? two_sum(*a.lo, *b.lo) : Words{a.lo ? *a.lo : *b.lo, literal(-0.0)};
  const Number first = normalized(pair_of(sum.hi, builder_.add(sum.lo, low.hi), a.factor, range, overflows));
  if (builder_.is_literal(low.lo)) return first;
  return normalized(pair_of(first.hi, builder_.add(*first.lo, low.lo), a.factor, range, overflows));
}

Number Arithmetic::add_without_cancelling(const Number &a, const Number &b) const {
  const Interval range = a.range + b.range;
  if (!pairs_) return {builder_.add(a.hi, b.hi), std::nullopt, a.factor, range};
  const Words sum = dominates(a, b, 1)   ? fast_two_sum(a.hi, b.hi)
                    : dominates(b, a, 1) ? fast_two_sum(b.hi, a.hi)
                                         : two_sum(a.hi, b.hi);
  ValueId error = sum.lo;
  if (a.lo && b.lo) {
    error = builder_.add(error, builder_.add(*a.lo, *b.lo));
  } else if (a.lo || b.lo) {
    error = builder_.add(error, a.lo ? *a.lo : *b.lo);
  }
  return pair_of(sum.hi, error, a.factor, range, may_overflow(a.range) || may_overflow(b.range));
}

/// a + b, where a is exactly zero b itself with its factor: max(x, 0) + log1p(exp(-|x|)) keeps its digits left of zero.
Number Arithmetic::add_unless_zero(const Number &a, const Number &b) const {
  Number sum = add(a, settle(b));
  const Interval range = sum.range;
  sum = select(builder_.equal(a.hi, literal(0)), b, sum);
  sum.range = range;
  return sum;
}

bool Arithmetic::dominates(const Number &a, const Number &b, double times) const {
  return a.range.least_magnitude() >= times * b.range.magnitude();
}

bool Arithmetic::is_power_of_two(const Number &a) const {
  int exponent;
  if (a.lo || a.factor || !builder_.is_literal(a.hi)) return false;
  return std::frexp(std::abs(builder_.literal_value(a.hi)), &exponent) == 0.5;
}

Number Arithmetic::times_power_of_two(const Number &a, double power) const {
  Number product{builder_.mul(a.hi, literal(power)), std::nullopt, a.factor, a.range * Interval::point(power)};
  if (a.lo) product.lo = builder_.mul(*a.lo, literal(power));
  return product;
}

Number Arithmetic::mul(const Number &a_in, const Number &b_in) const {
  const Number a = fitted(a_in);
  const Number b = factors_fit(a_in.factor, b_in.factor) ? fitted(b_in) : settle(fitted(b_in));
  if (is_power_of_two(b)) return times_power_of_two(a, builder_.literal_value(b.hi));
  if (is_power_of_two(a)) return times_power_of_two(b, builder_.literal_value(a.hi));
  const Interval range = a.range * b.range;
  const auto factor = multiply(a.factor, b.factor);
  if (!pairs_) return {builder_.mul(a.hi, b.hi), std::nullopt, factor, range};
  const Words product = two_product(a.hi, b.hi);
  ValueId error = product.lo;
  if (b.lo) error = builder_.fma(a.hi, *b.lo, error);
  if (a.lo) error = builder_.fma(*a.lo, b.hi, error);
  const bool overflows = may_overflow(range) || may_overflow(a.range) || may_overflow(b.range);
  return pair_of(product.hi, error, factor, range, overflows);
}

Number Arithmetic::mul_to_odd(const Number &a, const Number &b) const {
  return of(made_odd(two_product(a.hi, b.hi)), a.range * b.range);
}

Number Arithmetic::square(const Number &a) const {
  Number result = mul(a, a);
  result.range = absolute(a.range) * absolute(a.range);
  return result;
}

Number Arithmetic::fma(const Number &a, const Number &b, const Number &c) const {
  // Beside what isn't small no digit of a subnormal number counts. A factor that all elements have is that of a row of
  // the table, where only what is itself multiplied by it is so small.
  const auto is_the_same_for_all = [](const Number &n) { return !n.factor || n.factor->low == n.factor->high; };
  const bool is_negligible = c.range.least_magnitude() >= 1 / safe_magnitude() ||
                             (is_the_same_for_all(a) && is_the_same_for_all(b) && !builder_.is_literal(c.hi, 0));
  if (!pairs_ && !c.factor && (a.factor || b.factor) && is_negligible) return fma(settle(a), settle(b), c);
  const bool same_factor = a.factor ? c.factor && a.factor->value == c.factor->value : !c.factor;
  if (pairs_ || !same_factor || (b.factor && !a.factor)) return add(mul(a, b), c);
  if (b.factor) return fma(a, settle(b), c);  // where b is subnormal, a b is nothing
  return {builder_.fma(a.hi, b.hi, c.hi), std::nullopt, c.factor, a.range * b.range + c.range};
}

Number Arithmetic::neg(const Number &a) const {
  Number result{builder_.neg(a.hi), std::nullopt, a.factor, -a.range};
  if (a.lo) result.lo = builder_.neg(*a.lo);
  return result;
}

Number Arithmetic::abs(const Number &a_in) const {
  const Number a = fitted(a_in);
  if (a.range.low >= 0) return a;
  Number result{builder_.abs(a.hi), std::nullopt, a.factor, absolute(a.range)};
  if (a.lo) result.lo = builder_.mul(*a.lo, builder_.copysign(literal(1), a.hi));
  return result;
}

Number Arithmetic::with_sign_of(const Number &a_in, const Number &b) const {
  const Number a = fitted(a_in);
  Number result{builder_.copysign(a.hi, b.hi), std::nullopt, a.factor, unite(a.range, -a.range)};
  if (a.lo) result.lo = builder_.mul(*a.lo, builder_.copysign(literal(1), b.hi));
  return result;
}

Number Arithmetic::select(ValueId condition, const Number &a_in, const Number &b_in) const {
  const Number a = fitted(a_in), b = fitted(b_in);
  Number result{builder_.select(condition, a.hi, b.hi), std::nullopt, select(condition, a.factor, b.factor),
                unite(a.range, b.range)};
  // -0 is the one word that leaves every other as it is, a zero with its sign, too.
  const ValueId none = literal(-0.0);
  if (a.lo || b.lo) result.lo = builder_.select(condition, a.lo ? *a.lo : none, b.lo ? *b.lo : none);
  return result;
}

ValueId Arithmetic::compare(Code code, const Number &a_in, const Number &b_in) const {
  // Multiplied by the factor, both words may be infinite, of opposite signs.
  const auto prepared = [this](const Number &n) {
    const Number settled = settle(fitted(n));
    const bool overflows = n.factor && n.factor->high > 0 && may_overflow(settled.range);
    return normalized(settled.lo && overflows ? pair_of(settled.hi, *settled.lo, std::nullopt, settled.range, true)
                                              : settled);
  };
  const Number a = prepared(a_in), b = prepared(b_in);
  const auto emit = [this, code](ValueId left, ValueId right) {
    if (code == Code::less) return builder_.less(left, right);
    if (code == Code::less_equal) return builder_.less_equal(left, right);
    return builder_.equal(left, right);
  };
  if (!a.lo && !b.lo) return emit(a.hi, b.hi);
  const ValueId low = emit(a.lo ? *a.lo : literal(0), b.lo ? *b.lo : literal(0));
  const ValueId tied = builder_.logical_and(builder_.equal(a.hi, b.hi), low);
  return code == Code::equal ? tied : builder_.logical_or(builder_.less(a.hi, b.hi), tied);
}

ValueId Arithmetic::less(const Number &a, const Number &b) const {
  return compare(Code::less, a, b);
}
ValueId Arithmetic::less_equal(const Number &a, const Number &b) const {
  return compare(Code::less_equal, a, b);
}
ValueId Arithmetic::equal(const Number &a, const Number &b) const {
  return compare(Code::equal, a, b);
}

Number Arithmetic::clamp(const Number &a_in, double low, double high) const {
  Number a = settle(fitted(a_in));
  const Interval range{std::clamp(a.range.low, low, high), std::clamp(a.range.high, low, high)};
  if (a.range.low < low) a = select(builder_.less(a.hi, literal(low)), exact(low), a);
  if (a.range.high > high) a = select(builder_.less(literal(high), a.hi), exact(high), a);
  a.range = range;
  return a;
}

}  // namespace actinide
