// The claims of compiler/approximation/coefficients.h, measured again: each table against its function in arbitrary
// precision, written here from its definition, with the coefficients as they are stored.
#include "approximation/coefficients.h"
#include "error.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace actinide {
namespace {

constexpr mpfr_prec_t kBits = 320;

/// A number of kBits bits.
class Real {
 public:
  Real(double value = 0) : Real(kBits, value) {}
  Real(mpfr_prec_t bits, double value) {
    mpfr_init2(value_, bits);
    mpfr_set_d(value_, value, MPFR_RNDN);
  }
  Real(const Real &other) {
    mpfr_init2(value_, mpfr_get_prec(other.value_));
    mpfr_set(value_, other.value_, MPFR_RNDN);
  }
  Real &operator=(const Real &other) {
    mpfr_set_prec(value_, mpfr_get_prec(other.value_));
    mpfr_set(value_, other.value_, MPFR_RNDN);
    return *this;
  }
  ~Real() { mpfr_clear(value_); }

  mpfr_ptr get() { return value_; }
  mpfr_srcptr get() const { return value_; }
  double to_double() const { return mpfr_get_d(value_, MPFR_RNDN); }

  template <typename Function>
  static Real of(Function function, const Real &a) {
    Real result(mpfr_get_prec(a.get()), 0);
    function(result.get(), a.get(), MPFR_RNDN);
    return result;
  }
  template <typename Function>
  static Real of(Function function, const Real &a, const Real &b) {
    Real result(std::max(mpfr_get_prec(a.get()), mpfr_get_prec(b.get())), 0);
    function(result.get(), a.get(), b.get(), MPFR_RNDN);
    return result;
  }

 private:
  mpfr_t value_;
};

Real operator+(const Real &a, const Real &b) {
  return Real::of(mpfr_add, a, b);
}
Real operator-(const Real &a, const Real &b) {
  return Real::of(mpfr_sub, a, b);
}
Real operator*(const Real &a, const Real &b) {
  return Real::of(mpfr_mul, a, b);
}
Real operator/(const Real &a, const Real &b) {
  return Real::of(mpfr_div, a, b);
}

/// c(t) as the header says that it is evaluated: plain f64 from c_pairs on where there are pairs, exact elsewhere.
Real value_of(const Coefficients &row, const Real &t) {
  std::size_t k = row.hi.size();
  Real sum = 0;
  if (row.compute == Compute::f64_pair) {
    const double high = t.to_double();
    double plain = 0;
    for (; k > static_cast<std::size_t>(row.pairs); --k) plain = std::fma(plain, high, row.hi[k - 1]);
    sum = plain;
  }
  for (; k > 0; --k) sum = sum * t + row.hi[k - 1] + (row.lo.empty() ? 0 : row.lo[k - 1]);
  return sum;
}

const Coefficients &partner(const Coefficients &row, Table table) {
  for (const Coefficients &other : all_coefficients())
    if (other.table == table && other.compute == row.compute && other.bits == row.bits) return other;
  throw InternalError("a numerator without denominator");
}

/// e^(z^2/2) Phi(-z)
Real tail_ratio(const Real &z) {
  const Real half_square = z * z / 2;
  return Real::of(mpfr_exp, half_square) * Real::of(mpfr_erfc, z / Real::of(mpfr_sqrt, Real(2))) / 2;
}

Real pi(mpfr_prec_t bits) {
  Real result(bits, 0);
  mpfr_const_pi(result.get(), MPFR_RNDN);
  return result;
}

/// Where f, positive at `high`, changes its sign, by bisection to the last bit.
Real root_of(const std::function<Real(const Real &)> &f, Real low, Real high) {
  for (mpfr_prec_t bit = 0; bit < mpfr_get_prec(low.get()); ++bit) {
    const Real middle = (low + high) / 2;
    (mpfr_sgn(f(middle).get()) > 0 ? high : low) = middle;
  }
  return high;
}

// Derivatives at -z, but for factors that are positive.
Real gelu_slope(const Real &z) {
  return tail_ratio(z) - z / Real::of(mpfr_sqrt, pi(mpfr_get_prec(z.get())) * 2);
}
Real silu_slope(const Real &z) {
  return Real(1) - z + Real::of(mpfr_exp, Real(0) - z);
}
Real gelu_tanh_slope(const Real &z) {
  const Real c = Real::of(mpfr_sqrt, Real(8) / pi(mpfr_get_prec(z.get()))),
             a = Real(mpfr_get_prec(z.get()), 44715) / 1e6;
  return Real(1) + Real::of(mpfr_exp, Real(0) - c * (z + a * z * z * z)) - c * (z + a * z * z * z * 3);
}
Real falling_root(Real (*slope)(const Real &), mpfr_prec_t bits, double low, double high) {
  return root_of([slope](const Real &z) { return Real(0) - slope(z); }, Real(bits, low), Real(bits, high));
}

/// (z0 - z) (1 + n/d)/2
Real gelu_slope_by(const Real &quotient, const Real &z) {
  static const Real root = falling_root(gelu_slope, kBits, 0.5, 1);
  return (root - z) * (quotient + 1) / 2;
}

struct Claim {
  std::string name;
  std::function<Real(const Real &)> function;
  std::function<Real(const Coefficients &, const Real &)> approximation;
  bool is_absolute = false;
};

Real odd(const Coefficients &row, const Real &x) {
  return x + x * x * x * value_of(row, x * x);
}

template <Table denominator>
Real quotient(const Coefficients &row, const Real &z) {
  return value_of(row, z) / value_of(partner(row, denominator), z);
}

Claim claim_of(Table table) {
  using R = const Real &;
  using C = const Coefficients &;
  const auto plain = [](auto function) { return [function](R x) { return Real::of(function, x); }; };
  switch (table) {
    case Table::exp:
      return {"exp", plain(mpfr_exp), [](C c, R r) { return Real(1) + r + r * r * value_of(c, r); }};
    case Table::expm1:
      return {"expm1", plain(mpfr_expm1), [](C c, R r) { return r + r * r * value_of(c, r); }};
    case Table::log1p:
      return {"log1p", plain(mpfr_log1p), [](C c, R e) { return e * value_of(c, e); }};
    case Table::atanh:
      return {"atanh", plain(mpfr_atanh), odd};
    case Table::atanh_narrow:
      return {"atanh_narrow", plain(mpfr_atanh), odd};
    case Table::erf:
      return {"erf", plain(mpfr_erf), [](C c, R z) { return z + z * value_of(c, z * z); }};
    case Table::sin:
      return {"sin", plain(mpfr_sin), odd};
    case Table::cos:
      return {"cos", plain(mpfr_cos), [](C c, R r) {
                const Real w = r * r;
                return Real(1) - w / 2 + w * w * value_of(c, w);
              }};
    case Table::tail_numerator:
      return {"tail_numerator", tail_ratio, quotient<Table::tail_denominator>};
    case Table::tail_denominator:
      return {"tail_denominator", tail_ratio,
              [](C c, R z) { return value_of(partner(c, Table::tail_numerator), z) / value_of(c, z); }};
    case Table::tail_narrow_numerator:
      return {"tail_narrow_numerator", tail_ratio, quotient<Table::tail_narrow_denominator>};
    case Table::tail_narrow_denominator:
      return {"tail_narrow_denominator", tail_ratio,
              [](C c, R z) { return value_of(partner(c, Table::tail_narrow_numerator), z) / value_of(c, z); }};
    case Table::tail_excess_numerator:
      return {"tail_excess_numerator", tail_ratio, [](C c, R z) {
                return (Real(1) + z * value_of(c, z) / value_of(partner(c, Table::tail_excess_denominator), z)) /
                       (z * 2 + 2);
              }};
    case Table::tail_excess_denominator:
      return {"tail_excess_denominator", tail_ratio, [](C c, R z) {
                return (Real(1) + z * value_of(partner(c, Table::tail_excess_numerator), z) / value_of(c, z)) /
                       (z * 2 + 2);
              }};
    case Table::gelu_slope_numerator:
      return {"gelu_slope_numerator", gelu_slope,
              [](C c, R z) { return gelu_slope_by(quotient<Table::gelu_slope_denominator>(c, z), z); }};
    case Table::gelu_slope_denominator:
      return {"gelu_slope_denominator", gelu_slope, [](C c, R z) {
                return gelu_slope_by(value_of(partner(c, Table::gelu_slope_numerator), z) / value_of(c, z), z);
              }};
    case Table::tail:
      return {"tail", tail_ratio, [](C c, R z) {
                const Real u = Real(1) / (z + 4);
                return u * value_of(c, u - 3.0 / 32);
              }};
    case Table::exp_quotient:
      return {"exp_quotient", plain(mpfr_exp), [](C c, R r) {
                const Real q = value_of(c, r * r);
                return (q + r) / (q - r);
              }};
    case Table::exp2:
      return {"exp2", plain(mpfr_exp2), [](C c, R r) { return Real(1) + r * value_of(c, r); }};
    case Table::log1p_absolute:
      return {"log1p_absolute", plain(mpfr_log1p), [](C c, R e) { return e * value_of(c, e); }, true};
    case Table::normal_tail:
      return {"normal_tail", [](R z) { return z * Real::of(mpfr_erfc, z / Real::of(mpfr_sqrt, Real(2))) / 2; },
              [](C c, R z) { return z * Real::of(mpfr_exp2, value_of(c, z)); }, true};
  }
  throw InternalError("a table without a function in the test");
}

std::string name_of(const Coefficients &row) {
  const char *type = row.compute == Compute::f32 ? "f32" : row.compute == Compute::f64 ? "f64" : "f64_pair";
  return claim_of(row.table).name + "_" + type + "_" + std::to_string(row.bits);
}

double error_at(const Claim &claim, const Coefficients &row, double x) {
  const Real exact = claim.function(x), computed = claim.approximation(row, x);
  if (claim.is_absolute) return std::abs((computed - exact).to_double());
  if (x == 0 && mpfr_zero_p(exact.get())) return 0;  // both are zero by the form
  return std::abs((computed / exact - 1).to_double());
}

/// Points of the domain: evenly spread, evenly in (z - 3) / (z + 3) where the domain is long, small ones, and the ends.
std::vector<double> grid(const Coefficients &row) {
  constexpr int kCount = 1500;
  std::vector<double> points;
  const bool is_long = row.high > 2;
  const double last = (row.high - 3) / (row.high + 3);
  for (int k = 0; k <= kCount; ++k) {
    const double part = static_cast<double>(k) / kCount;
    const double t = -1 + (1 + last) * part;
    const double x = is_long ? 3 * (1 + t) / (1 - t) : row.low + (row.high - row.low) * part;
    points.push_back(std::clamp(x, row.low, row.high));
  }
  for (int k = 4; k < 60; ++k) {
    points.push_back(row.high * std::exp2(-k));
    points.push_back(row.low * std::exp2(-k));
  }
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

struct Worst {
  double error = 0;
  double at = 0;
  void take(double e, double x) {
    if (e > error) *this = {e, x};
  }
};

/// The maximum between a and b by golden sections, where the error has one.
void refine(const Claim &claim, const Coefficients &row, double a, double b, Worst &worst) {
  constexpr double kGolden = 0.6180339887498949;
  for (int step = 0; step < 24; ++step) {
    const double left = b - kGolden * (b - a), right = a + kGolden * (b - a);
    const double at_left = error_at(claim, row, left), at_right = error_at(claim, row, right);
    worst.take(at_left, left);
    worst.take(at_right, right);
    (at_left > at_right ? b : a) = at_left > at_right ? right : left;
  }
}

Worst largest_error(const Claim &claim, const Coefficients &row) {
  const std::vector<double> points = grid(row);
  std::vector<double> errors;
  Worst worst;
  for (const double x : points) {
    errors.push_back(error_at(claim, row, x));
    worst.take(errors.back(), x);
  }
  const double notable = 0.8 * worst.error;
  for (std::size_t i = 1; i + 1 < points.size(); ++i)
    if (errors[i] > notable && errors[i] >= errors[i - 1] && errors[i] >= errors[i + 1])
      refine(claim, row, points[i - 1], points[i + 1], worst);
  return worst;
}

class TableTest : public testing::TestWithParam<std::size_t> {
 protected:
  const Coefficients &row = all_coefficients()[GetParam()];
};

TEST_P(TableTest, KeepsItsBound) {
  const Worst worst = largest_error(claim_of(row.table), row);
  EXPECT_LT(worst.error, row.error) << "at " << worst.at << ": 2^" << std::log2(worst.error);
  // A claim far above the error would send its user to a dearer table. Pairs: their bound adds up worst roundings.
  if (row.compute != Compute::f64_pair) {
    EXPECT_GT(worst.error, 0.98 * row.error) << "the claim is loose";
  }
}

TEST_P(TableTest, IsWellFormed) {
  EXPECT_LT(row.error, std::exp2(-row.bits));
  EXPECT_GE(row.error, std::exp2(-row.bits - 1)) << "`bits` could be larger";
  ASSERT_FALSE(row.hi.empty());
  EXPECT_LT(row.low, row.high);
  const bool pairs = row.compute == Compute::f64_pair;
  ASSERT_EQ(row.lo.size(), pairs ? row.hi.size() : 0);
  EXPECT_EQ(row.pairs > 0, pairs);
  for (std::size_t k = 0; k < row.hi.size(); ++k) {
    if (row.compute == Compute::f32) {
      EXPECT_EQ(row.hi[k], static_cast<float>(row.hi[k])) << "coefficient " << k;
    }
    if (!pairs) continue;
    EXPECT_EQ(row.hi[k] + row.lo[k], row.hi[k]) << "coefficient " << k << " is no pair";
    if (k >= static_cast<std::size_t>(row.pairs)) {
      EXPECT_EQ(row.lo[k], 0) << "coefficient " << k;
    }
  }
}

TEST(Tables, Log1pOfTinyArgumentsIsTheArgument) {
  for (const Coefficients &row : all_coefficients())
    if (row.table == Table::log1p) {
      EXPECT_EQ(row.hi[0], 1) << name_of(row);
    }
}

TEST(Tables, TailsAddWithoutCancellation) {
  constexpr std::array kTables{Table::tail_numerator, Table::tail_denominator, Table::tail_narrow_numerator,
                               Table::tail_narrow_denominator};
  for (const Coefficients &row : all_coefficients()) {
    if (std::find(kTables.begin(), kTables.end(), row.table) == kTables.end()) continue;
    for (const double c : row.hi) EXPECT_GT(c, 0) << name_of(row);
  }
}

INSTANTIATE_TEST_SUITE_P(All, TableTest, testing::Range<std::size_t>(0, all_coefficients().size()),
                         [](const auto &info) { return name_of(all_coefficients()[info.param]); });

TEST(Selection, CheapestThatIsExactEnough) {
  for (const Coefficients &row : all_coefficients()) {
    const Coefficients &chosen = coefficients(row.table, {row.compute, row.bits});
    EXPECT_GE(chosen.bits, row.bits) << name_of(row);
    EXPECT_LE(chosen.hi.size(), row.hi.size()) << name_of(row);
    EXPECT_LE(chosen.pairs, row.pairs) << name_of(row);
  }
}

TEST(Selection, NoneIsExactEnough) {
  EXPECT_THROW(coefficients(Table::exp, {Compute::f32, 60}), InternalError);
  EXPECT_THROW(coefficients(Table::log1p, {Compute::f64, 20}), InternalError);
}

constexpr mpfr_prec_t kConstantBits = 1600;

Real function_of(int (*function)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t), double x) {
  return Real::of(function, Real(kConstantBits, x));
}
struct Value {
  Constant constant;
  std::string name;
  Real value;
  bool is_short;
};
std::vector<Value> values() {
  const Real two(kConstantBits, 2), ln_2 = function_of(mpfr_log, 2);
  const auto root = [](const Real &x) { return Real::of(mpfr_sqrt, x); };
  const Real pi = actinide::pi(kConstantBits);
  return {{Constant::log2_e, "log2_e", Real(1) / ln_2, false},
          {Constant::ln_2, "ln_2", ln_2, false},
          {Constant::ln_2_short, "ln_2_short", ln_2, true},
          {Constant::half_pi, "half_pi", pi / 2, false},
          {Constant::half_pi_short, "half_pi_short", pi / 2, true},
          {Constant::two_over_pi, "two_over_pi", two / pi, false},
          {Constant::sqrt_half, "sqrt_half", root(two) / 2, false},
          {Constant::inverse_sqrt_2pi, "inverse_sqrt_2pi", Real(1) / root(two * pi), false},
          {Constant::two_over_sqrt_pi, "two_over_sqrt_pi", two / root(pi), false},
          {Constant::gelu_slope_root, "gelu_slope_root", falling_root(gelu_slope, kConstantBits, 0.5, 1), false},
          {Constant::silu_slope_root, "silu_slope_root", falling_root(silu_slope, kConstantBits, 1, 2), false},
          {Constant::gelu_tanh_slope_root, "gelu_tanh_slope_root", falling_root(gelu_tanh_slope, kConstantBits, 0.5, 1),
           false}};
}

TEST(Constants, EachWordIsNearestToTheRest) {
  for (const Value &value : values())
    for (const Compute compute : {Compute::f32, Compute::f64}) {
      const bool f32 = compute == Compute::f32;
      SCOPED_TRACE(value.name + (f32 ? " f32" : " f64"));
      const auto all = words(value.constant, compute);
      ASSERT_GE(all.size(), 3u);
      Real rest = value.value;
      for (std::size_t k = 0; k < all.size(); ++k) {
        const bool short_word = value.is_short && k + 1 < all.size();
        Real word(short_word ? (f32 ? 13 : 42) : (f32 ? 24 : 53), 0);
        mpfr_set(word.get(), rest.get(), MPFR_RNDN);
        EXPECT_EQ(all[k], word.to_double()) << "word " << k;
        rest = rest - all[k];
      }
    }
}

TEST(Constants, MultiplesOfShortWordsAreExact) {
  for (const Constant constant : {Constant::ln_2_short, Constant::half_pi_short}) {
    const auto single = words(constant, Compute::f32), wide = words(constant, Compute::f64);
    for (int n = -2048; n <= 2048; ++n)
      for (std::size_t k = 0; k < 2; ++k) {
        const float product = static_cast<float>(n) * static_cast<float>(single[k]);
        EXPECT_EQ(static_cast<double>(product), n * single[k]);
        EXPECT_EQ(std::fma(n, wide[k], -(n * wide[k])), 0);
      }
  }
}

TEST(Constants, PairsAreWordsOfF64) {
  const auto pair = words(Constant::ln_2, Compute::f64_pair);
  EXPECT_EQ(pair.data(), words(Constant::ln_2, Compute::f64).data());
}

TEST(Constants, DigitsOfTwoOverPi) {
  const auto digits = words(Constant::two_over_pi_digits, Compute::f64);
  ASSERT_EQ(digits.size(), 54u);
  Real rest = Real(kConstantBits, 2) / pi(kConstantBits);
  for (std::size_t k = 0; k < digits.size(); ++k) {
    rest = rest * 0x1p24;
    Real digit(kConstantBits, 0);
    mpfr_floor(digit.get(), rest.get());
    EXPECT_EQ(digits[k], digit.to_double()) << "digit " << k;
    rest = rest - digit;
  }
}

}  // namespace
}  // namespace actinide
