#include "expression/reference_quick.h"

#include "error.h"

#include <cmath>
#include <limits>

namespace actinide::reference {
namespace {

static_assert(std::numeric_limits<long double>::digits == 64, "the bounds below are those of the x87 format");

constexpr long double infinity = std::numeric_limits<long double>::infinity();
constexpr long double ulp = 0x1p-63L;                     // an operation of the hardware errs by half of it, relative
constexpr long double close = close_library_error * ulp;  // of exp, log, sin, cos, erf
constexpr long double library = library_error * ulp;      // of the other functions
constexpr long double small = 0x1p-16300L;                // below, absolute errors of underflow are added
constexpr long double underflow = 0x1p-16370L;            // larger than any of them
constexpr long double outward = 1 + 0x1p-50L;             // covers the rounding of the bounds themselves
constexpr long double narrow = 0.125L;                    // exp(t) - 1 <= t (1 + t) and exp(2t) <= 1 + 4t up to here
constexpr long double root_half = 0.707106781186547524400844362104849039L;
constexpr long double inverse_root_two_pi = 0.398942280401432677939946059934381868L;
constexpr long double two_over_root_pi = 1.1283791670955126L;  // rounded up

constexpr Enclosure undecided{0, infinity};

// Of numbers that aren't NaN, in one instruction or two.
long double smaller(long double a, long double b) {
  return b < a ? b : a;
}
long double greater(long double a, long double b) {
  return a < b ? b : a;
}

// Beyond these magnitudes the functions differ from their limits by less than `underflow`, or than an ulp.
constexpr long double exp_vanishes = 11400;
constexpr long double erfc_vanishes = 110;
constexpr Enclosure vanished{0, underflow};

Enclosure bounded(long double value, long double error) {
  if (!(std::fabs(value) <= std::numeric_limits<long double>::max())) return undecided;
  return {value, error * outward + (std::fabs(value) < small ? underflow : 0)};
}

Enclosure exactly(long double value) {
  return {value, 0};
}
bool is_exact_zero(const Enclosure &a) {
  return a.value == 0 && a.error == 0;
}
bool is_decided(const Enclosure &a) {
  return a.error < infinity;
}

// x87 sums are exact where they are subnormal or cancel to zero.
Enclosure sum(const Enclosure &a, long double b, long double b_error) {
  const long double value = a.value + b;
  if (!(std::fabs(value) <= std::numeric_limits<long double>::max())) return undecided;
  return {value, (a.error + b_error + std::fabs(value) * ulp) * outward};
}

Enclosure product(const Enclosure &a, const Enclosure &b) {
  if (!is_decided(a) || !is_decided(b)) return undecided;  // perhaps not defined, even times 0
  if (is_exact_zero(a) || is_exact_zero(b)) return exactly(0);
  const long double value = a.value * b.value;
  const long double error = std::fabs(a.value) * b.error + std::fabs(b.value) * a.error + a.error * b.error;
  return bounded(value, error + std::fabs(value) * ulp);
}

// |a/b - a'/b'| <= (|a - a'| + |a/b| |b - b'|) / |b'|
Enclosure quotient(const Enclosure &a, const Enclosure &b) {
  const long double nearest = std::fabs(b.value) - b.error;
  if (!(nearest > 0)) return undecided;
  if (is_exact_zero(a)) return exactly(0);
  const long double value = a.value / b.value;
  return bounded(value, (a.error + std::fabs(value) * b.error) / (nearest * (1 - ulp)) + std::fabs(value) * ulp);
}

Enclosure larger(const Enclosure &a, const Enclosure &b) {
  if (a.value - a.error >= b.value + b.error) return a;
  if (b.value - b.error >= a.value + a.error) return b;
  return {greater(a.value, b.value), greater(a.error, b.error)};
}

Enclosure negative(const Enclosure &a) {
  return {-a.value, a.error};
}

// -1, 0 or 1, or 2 where the error leaves it open.
int sign_of(long double value, long double error) {
  if (value > error) return 1;
  if (value < -error) return -1;
  return value == 0 && error == 0 ? 0 : 2;
}

int order(const Enclosure &a, const Enclosure &b) {
  return sign_of(a.value - b.value, (a.error + b.error) * outward);
}

Enclosure truth(int order, bool less, bool equal, bool greater) {
  if (order == 2) return undecided;
  return exactly((order < 0 ? less : order > 0 ? greater : equal) ? 1 : 0);
}

// |sqrt(a) - sqrt(a')| <= |a - a'| / sqrt(a)
Enclosure square_root(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  if (!(a.value - a.error > 0)) return undecided;
  const long double value = std::sqrt(a.value);
  return bounded(value, a.error / value + value * ulp);
}

Enclosure exponential(const Enclosure &a) {
  if (a.value + a.error < -exp_vanishes) return vanished;
  if (!(a.error <= narrow)) return undecided;
  const long double value = std::exp(a.value);
  return bounded(value, value * (a.error * (1 + a.error) + close));
}

Enclosure exponential_minus_one(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  if (a.value + a.error < -exp_vanishes) return {-1, ulp};
  if (!(a.error <= narrow)) return undecided;
  const long double value = std::expm1(a.value);
  const long double slope = value + 1 + library;
  return bounded(value, slope * a.error * (1 + a.error) + std::fabs(value) * library);
}

Enclosure logarithm(const Enclosure &a) {
  const long double nearest = a.value - a.error;
  if (!(nearest > 0)) return undecided;
  const long double value = std::log(a.value);
  return bounded(value, a.error / nearest + std::fabs(value) * close);
}

Enclosure logarithm_plus_one(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  const long double nearest = (1 + a.value) * (1 - ulp) - a.error;
  if (!(nearest > 0)) return undecided;
  const long double value = std::log1p(a.value);
  return bounded(value, a.error / nearest + std::fabs(value) * library);
}

Enclosure sine(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  const long double value = std::sin(a.value);
  return bounded(value, a.error + std::fabs(value) * close);
}

Enclosure cosine(const Enclosure &a) {
  const long double value = std::cos(a.value);
  return bounded(value, a.error * smaller(1.0L, std::fabs(a.value) + a.error) + std::fabs(value) * close);
}

// tanh' = (1 - tanh)(1 + tanh), and it changes by at most exp(2 t) over a distance t.
Enclosure hyperbolic_tangent(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  if (std::fabs(a.value) - a.error > exp_vanishes) return {std::copysign(1.0L, a.value), ulp};
  if (!(a.error <= narrow)) return undecided;
  const long double value = std::tanh(a.value);
  const long double slope = 2 * (1 - std::fabs(value) + 2 * library) * (1 + 4 * a.error);
  return bounded(value, a.error * smaller(1.0L, slope) + std::fabs(value) * library);
}

Enclosure error_function(const Enclosure &a) {
  if (is_exact_zero(a)) return a;
  if (std::fabs(a.value) - a.error > erfc_vanishes) return {std::copysign(1.0L, a.value), ulp};
  const long double value = std::erf(a.value);
  return bounded(value, two_over_root_pi * a.error + std::fabs(value) * close);
}

// |erfc'(a) / erfc(a)| < 2 |a| + 1.5 by erfc(a) >= 2/sqrt(pi) exp(-a^2) / (a + sqrt(a^2 + 2)), a >= 0; below 0 erfc
// >= 1.
Enclosure complementary_error_function(const Enclosure &a) {
  if (a.value - a.error > erfc_vanishes) return vanished;
  if (a.value + a.error < -erfc_vanishes) return {2, 2 * ulp};
  const long double growth = (2 * (std::fabs(a.value) + a.error) + 1.5L) * a.error;
  if (!(growth <= narrow)) return undecided;
  const long double value = std::erfc(a.value);
  return bounded(value, value * (growth * (1 + growth) + library));
}

// Dekker: x = high + low exactly, where x has at most 53 bits; high has 26, low 27.
struct Halves {
  long double high, low;
};
bool is_exact_double(const Enclosure &a) {
  return a.error == 0 && static_cast<double>(a.value) == a.value;
}
Halves halves(long double x) {
  const long double scaled = x * (0x1p38L + 1);
  const long double high = scaled - (scaled - x);
  return {high, x - high};
}

// erfc(-a / sqrt(2)) / 2. Rounding the argument t would cost 2 t^2 ulp; for a double the rounding error d is computed
// and erfc(t + d) = erfc(t) - 2/sqrt(pi) exp(-t^2) d, up to a relative (2 t d)^2 < 2^-97.
Enclosure normal_cdf(const Enclosure &a) {
  const long double argument = -a.value * root_half;
  if (!is_exact_double(a) || std::fabs(argument) > erfc_vanishes) {
    const Enclosure twice =
        complementary_error_function({argument, (a.error * root_half + std::fabs(argument) * 2 * ulp) * outward});
    return {twice.value / 2, twice.error};
  }
  // sqrt(1/2) in two numbers of 32 bits and the rest.
  constexpr long double c1 = 0x1.6a09e666p-1L, c2 = 0x1.f3bcc908p-33L, c3 = 1.895032558893257079655e-20L;
  const Halves x = halves(-a.value);
  const long double first = x.high * c1, second = x.high * c2, third = x.low * c1;  // all exact
  const long double rest = x.low * c2 - a.value * c3;
  const long double t = first + (second + third + rest);
  const long double d = (((first - t) + second) + third) + rest;
  const long double value = std::erfc(t) - two_over_root_pi * std::exp(-t * t) * d;
  return bounded(value / 2, value / 2 * (library + 2 * ulp));
}

// exp(-a^2 / 2) / sqrt(2 pi), for a double with the square as a sum of two numbers.
Enclosure normal_pdf(const Enclosure &a) {
  const Enclosure scale{inverse_root_two_pi, inverse_root_two_pi * ulp};
  const long double square = a.value * a.value;
  if (!is_exact_double(a) || square > 2 * exp_vanishes)
    return product(exponential(product(product(a, a), exactly(-0.5L))), scale);
  const Halves x = halves(a.value);
  const long double rest = ((x.high * x.high - square) + 2 * x.high * x.low) + x.low * x.low;
  const long double value = std::exp(-square / 2) * (1 - rest / 2);
  return product(bounded(value, value * (close + 3 * ulp)), scale);
}

// With z = exp(-|a|): 1 / (1 + z) or z / (1 + z); the derivative is at most z and at most the value.
Enclosure logistic(const Enclosure &a) {
  if (a.value + a.error < -exp_vanishes) return vanished;
  if (a.value - a.error > exp_vanishes) return {1, ulp};
  if (!(a.error <= narrow)) return undecided;
  const long double z = std::exp(-std::fabs(a.value));
  const long double value = (a.value >= 0 ? 1 : z) / (1 + z);
  const long double own = a.value >= 0 ? z * close + 2 * ulp : close + 2 * ulp;
  return bounded(value, smaller(value, z) * (1 + 2 * a.error) * a.error + value * own + (z < small ? underflow : 0));
}

// The derivative is at most 1, and at most the value.
Enclosure soft_plus(const Enclosure &a) {
  if (a.value + a.error < -exp_vanishes) return vanished;
  if (a.value - a.error > exp_vanishes) return bounded(a.value, a.error + ulp);
  if (!(a.error <= narrow)) return undecided;
  const long double z = std::exp(-std::fabs(a.value));
  const long double value = greater(a.value, 0.0L) + std::log1p(z);
  const long double slope = smaller(1.0L, value * (1 + 2 * a.error));
  return bounded(value, slope * a.error + value * (close + library + ulp) + (z < small ? underflow : 0));
}

Enclosure power_natural(Enclosure base, unsigned long n) {
  if (!is_decided(base)) return undecided;  // perhaps not defined, even to the power 0
  Enclosure result = exactly(1);
  bool started = false;
  for (; n != 0; n >>= 1) {
    if (n & 1) {
      result = started ? product(result, base) : base;
      started = true;
    }
    if (n > 1) base = product(base, base);
  }
  return result;
}

// ln(a'^b' / a^b) is at most |b| d + (|ln a| + d) |b - b'| where a' / a is within exp(+-d).
Enclosure power_real(const Enclosure &a, const Enclosure &b) {
  const long double nearest = a.value - a.error;
  if (!(nearest > 0)) return undecided;
  const long double d = a.error / (nearest * (1 - ulp));
  const long double by_exponent = b.error == 0 ? 0 : (std::fabs(std::log(a.value)) * (1 + close) + d) * b.error;
  const long double change = std::fabs(b.value) * d + by_exponent;
  if (!(change <= narrow)) return undecided;
  const long double value = std::pow(a.value, b.value);
  return bounded(value, value * (change * (1 + change) + library));
}

Enclosure power(const QuickNode &node, const Enclosure &a, const Enclosure &b) {
  if (!node.integral) return power_real(a, b);
  const Enclosure natural = power_natural(a, static_cast<unsigned long>(std::labs(node.exponent)));
  return node.exponent < 0 ? quotient(exactly(1), natural) : natural;
}

Enclosure choose(const Enclosure &condition, const Enclosure &yes, const Enclosure &no) {
  if (condition.error != 0) return undecided;
  return condition.value != 0 ? yes : no;
}

Enclosure by_sign(const Enclosure &a, long double negative, long double positive) {
  const int sign = sign_of(a.value, a.error);
  if (sign == 2) return undecided;
  return exactly(sign < 0 ? negative : sign > 0 ? positive : 0);
}

Enclosure apply(const QuickNode &node, const Enclosure *values, std::span<const double> inputs) {
  const Enclosure &a = values[node.operands[0]];
  const Enclosure &b = values[node.operands[1]];
  switch (node.op) {
    case Op::constant:
    case Op::pi:
    case Op::euler:
      return node.constant;
    case Op::variable:
      return exactly(inputs[node.variable]);
    case Op::add:
      return sum(a, b.value, b.error);
    case Op::sub:
      return sum(a, -b.value, b.error);
    case Op::mul:
      return product(a, b);
    case Op::div:
      return quotient(a, b);
    case Op::neg:
      return negative(a);
    case Op::pow:
      return power(node, a, b);
    case Op::less:
      return truth(order(a, b), true, false, false);
    case Op::less_equal:
      return truth(order(a, b), true, true, false);
    case Op::equal:
      return truth(order(a, b), false, true, false);
    case Op::not_equal:
      return truth(order(a, b), true, false, true);
    case Op::select:
      return choose(a, b, values[node.operands[2]]);
    case Op::max:
      return larger(a, b);
    case Op::min:
      return negative(larger(negative(a), negative(b)));
    case Op::abs:
      return {std::fabs(a.value), a.error};
    case Op::sign:
      return by_sign(a, -1, 1);
    case Op::step:
      return by_sign(a, 0, 1);
    case Op::sqrt:
      return square_root(a);
    case Op::exp:
      return exponential(a);
    case Op::expm1:
      return exponential_minus_one(a);
    case Op::log:
      return logarithm(a);
    case Op::log1p:
      return logarithm_plus_one(a);
    case Op::sin:
      return sine(a);
    case Op::cos:
      return cosine(a);
    case Op::tanh:
      return hyperbolic_tangent(a);
    case Op::erf:
      return error_function(a);
    case Op::erfc:
      return complementary_error_function(a);
    case Op::normcdf:
      return normal_cdf(a);
    case Op::normpdf:
      return normal_pdf(a);
    case Op::sigmoid:
      return logistic(a);
    case Op::softplus:
      return soft_plus(a);
    case Op::root_sum: {
      const Enclosure squared = product(a, a);
      return square_root(sum(squared, b.value, b.error));
    }
    case Op::scaled_exp:
    case Op::nearest:
      break;
  }
  throw InternalError("the tape holds an unknown operation");
}

}  // namespace

Enclosure evaluate_quick(std::span<const QuickNode> nodes, std::span<const double> inputs) {
  static thread_local std::vector<Enclosure> values;
  if (values.size() < nodes.size()) values.resize(nodes.size());
  Enclosure *const slots = values.data();
  for (std::size_t i = 0; i < nodes.size(); ++i) slots[i] = apply(nodes[i], slots, inputs);
  return slots[nodes.size() - 1];
}

}  // namespace actinide::reference
