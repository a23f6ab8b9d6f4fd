// The reference judges every kernel, so it is held against values computed elsewhere (mpmath with 400 digits) and
// against what is known of limits, signs and roundings. reference_quick_test.cpp holds its parts against each other.
#include "expression/reference.h"

#include "error.h"
#include "expression/definition.h"
#include "reference_help.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

namespace actinide {
namespace {

std::uint64_t bits(double x) {
  std::uint64_t result;
  std::memcpy(&result, &x, sizeof x);
  return result;
}

// Equal to the bit, any NaN being equal to any other.
::testing::AssertionResult same(double got, double expected) {
  if (bits(got) == bits(expected) || (std::isnan(got) && std::isnan(expected))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "got " << got << ", expected " << expected;
}

// ---- Known values -----------------------------------------------------------------------------------------------

struct KnownValue {
  const char *expression;
  double x;
  const char *digits;  ///< 30 of them, rounded to nearest
};

const KnownValue known_values[] = {
    {"exp(x)", 1.0, "2.71828182845904523536028747135"},
    {"exp(x)", -0x1.999999999999ap-4, "9.04837418035959568141392384217e-1"},
    {"exp(x)", 1000.0, "1.97007111401704699388887935224e+434"},
    {"exp(x)", 0x1.0000000000000p-600, "1.00000000000000000000000000000"},
    {"expm1(x)", 0x1.4484bfeebc2a0p-100, "1.00000000000000008333642060759e-30"},
    {"expm1(x)", -40.0, "-9.99999999999999995751645744708e-1"},
    {"expm1(x)", 0x1.0000000000000p-1, "6.48721270700128146848650787814e-1"},
    {"log(x)", 2.0, "6.93147180559945309417232121458e-1"},
    {"log(x)", 0x1.0000000000001p+0, "2.22044604925031283432823045462e-16"},
    {"log(x)", 0x0.012688b70e62bp-1022, "-7.13801378828154165100644600662e+2"},
    {"log1p(x)", 0x1.79ca10c924223p-67, "9.99999999999999945148271454210e-21"},
    {"log1p(x)", -0x1.ffffde7210be9p-1, "-1.38155105579355184395921509177e+1"},
    {"log1p(x)", 0x1.7e43c8800759cp+996, "6.90775527898213705257902196661e+2"},
    {"sqrt(x)", 2.0, "1.41421356237309504880168872421"},
    {"sqrt(x)", 0x0.0000000000001p-1022, "2.22275874948507748344271341427e-162"},
    {"sin(x)", 1.0, "8.41470984807896506652502321630e-1"},
    {"sin(x)", 0x1.0000000000000p+1000, "-1.59201703086242438240048630821e-1"},
    {"sin(x)", 0x1.87e92154ef7acp-665, "9.99999999999999982100262399083e-201"},
    {"cos(x)", 1.0, "5.40302305868139717400936607443e-1"},
    {"cos(x)", 0x1.0f0cf064dd592p+73, "5.23214785395138945497594473385e-1"},
    {"tanh(x)", 0x1.999999999999ap-4, "9.96679946249558226142770436986e-2"},
    {"tanh(x)", 0x1.4f8b588e368f1p-17, "9.99999999966666748471053905851e-6"},
    {"tanh(x)", 30.0, "9.99999999999999999999999982487e-1"},
    {"erf(x)", 0x1.0000000000000p-1, "5.20499877813046537682746653892e-1"},
    {"erf(x)", 0x1.b7cdfd9d7bdbbp-34, "1.12837916709551261500173010155e-10"},
    {"erf(x)", 5.0, "9.99999999998462540205571965150e-1"},
    {"erfc(x)", 0x1.0000000000000p-1, "4.79500122186953462317253346108e-1"},
    {"erfc(x)", 26.0, "5.66319240885614284647572789693e-296"},
    {"erfc(x)", -3.0, "1.99997790950300141455862722387"},
    {"erfc(x)", 100.0, "6.40596142492173203902133914859e-4346"},
    {"normcdf(x)", -1.0, "1.58655253931457051414767454368e-1"},
    {"normcdf(x)", -0x1.3333333333333p+5, "6.60159985432676802421869036786e-323"},
    {"normcdf(x)", 8.0, "9.99999999999999377903942572822e-1"},
    {"normpdf(x)", 0.0, "3.98942280401432677939946059934e-1"},
    {"normpdf(x)", 0x1.3400000000000p+5, "5.42515518133659018332112645622e-323"},
    {"sigmoid(x)", -0x1.748cccccccccdp+9, "2.55376854775207392723959960585e-324"},
    {"sigmoid(x)", 0x1.3333333333333p-2, "5.74442516811658984438038803234e-1"},
    {"sigmoid(x)", 40.0, "9.99999999999999995751645744708e-1"},
    {"softplus(x)", -0x1.748cccccccccdp+9, "2.55376854775207392723959960585e-324"},
    {"softplus(x)", 0.0, "6.93147180559945309417232121458e-1"},
    {"softplus(x)", 0x1.12e0be826d695p-30, "6.93147181059945309542232152599e-1"},
    {"softplus(x)", 700.0, "7.00000000000000000000000000000e+2"},
    {"x^3", -0x1.199999999999ap+0, "-1.33100000000000032240876635115"},
    {"x^(1/3)", 2.0, "1.25992104989487316476721060728"},
    {"x^(-2)", -3.0, "1.11111111111111111111111111111e-1"},
    {"pi * x", 3.0, "9.42477796076937971538793014984"},
    {"e / x", 7.0, "3.88325975494149319337183924479e-1"},
    {"x * sigmoid(x)", -104.0, "-7.08609909440711045395491386142e-44"},
    {"x * sigmoid(x)", -0x1.474927913e814p+0, "-2.78464542758826335489944755435e-1"},
    {"x * normcdf(x)", -0x1.a666666666666p+3, "-5.79051358125800633404436563403e-39"},
    {"x * normcdf(x)", -6.0, "-5.91952587022618884420518479439e-9"},
    {"x * normcdf(x)", -0x1.8000000000000p-1, "-1.69970514282651149495296627038e-1"},
    {"x * normcdf(x)", 3.0, "2.99595030590510971642004455570"},
    {"x * tanh(softplus(x))", -20.0, "-4.12230724062876140064029177401e-8"},
    {"x * tanh(softplus(x))", 0x1.6666666666666p-1, "5.61148377643851858698818507316e-1"},
    {"(x + sqrt(x^2 + 4)) / 2", -10000.0, "9.99999990000000199999995000000e-5"},
    {"(x + sqrt(x^2 + 4)) / 2", -0x1.c6bf526340000p+49, "9.99999999999999999999999999999e-16"},
    {"(x + sqrt(x^2 + 4)) / 2", 3.0, "3.30277563773199464655961063374"},
    {"x - tanh(x)", 0x1.4484bfeebc2a0p-100, "3.33333333333333416669753940919e-91"},
    {"x - tanh(x)", 0x1.0000000000000p-1, "3.78828427399902414976815163563e-2"},
    {"(1 - cos(x)) / x^2", 0x1.4484bfeebc2a0p-100, "5.00000000000000000000000000000e-1"},
    {"(1 - cos(x)) / x^2", 0x1.0624dd2f1a9fcp-10, "4.99999958333334722222195685912e-1"},
    {"log(1 + exp(x)) - x", 50.0, "1.92874984796391778301715681273e-22"},
    {"x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))", -10.0, "-1.20409234820980599365925044003e-37"},
    {"x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))", -5.0, "-2.29179619662950604559275532855e-7"},
};

TEST(Reference, known_values_to_30_digits) {
  for (const KnownValue &known : known_values) {
    Number expected(256), got(256);
    mpfr_set_str(expected.value, known.digits, 10, MPFR_RNDN);
    reference_of(known.expression).evaluate(got.value, {&known.x, 1});
    mpfr_sub(got.value, got.value, expected.value, MPFR_RNDN);
    mpfr_div(got.value, got.value, expected.value, MPFR_RNDN);
    EXPECT_LE(std::fabs(mpfr_get_d(got.value, MPFR_RNDN)), 5.01e-30) << known.expression << " at " << known.x;
  }
}

TEST(Reference, every_transcendental_function_has_a_known_value) {
  for (const Op op : all_operations()) {
    if (info(op).kind != OpKind::transcendental) continue;
    const std::string call = std::string(info(op).name) + "(x)";
    EXPECT_TRUE(std::ranges::any_of(known_values, [&](const KnownValue &known) { return known.expression == call; }))
        << call << " needs a row in `known_values`, with digits from another program";
  }
}

TEST(Reference, conventions_at_finite_points) {
  const struct {
    const char *expression;
    double x, expected;
  } cases[] = {
      {"x^2", -3, 9},
      {"x^3", -2, -8},
      {"x^(-1)", -4, -0.25},
      {"x^0", 0, 1},
      {"0^x", 0, 1},
      {"x^(1/3)", -8, nan},
      {"x^0.5", 0, 0},
      {"2^x", -3, 0.125},
      {"x^x", -2, 0.25},
      {"x^x", -0.5, nan},
      {"step(x)", 0, 0},
      {"step(x)", 5e-324, 1},
      {"sign(x)", 0, 0},
      {"sign(x)", -5e-324, -1},
      {"max(x, 0)", -1, 0},
      {"min(x, 2)", 3, 2},
      {"abs(x)", -7, 7},
      {"x - x", 0.1, 0},
      {"sqrt(x)", -1, nan},
      {"log(x)", -1, nan},
      {"log1p(x)", -2, nan},
      {"max(log(x), 1)", -1, nan},
      {"x / x", 0, nan},
      {"x / x", 0.3, 1},
      {"select(x > 0, x, log(x - 1))", 0.5, 0.5},
      {"select(log(x) > 0, 1, 2)", -1, nan},
      {"select(sin(x)^2 + cos(x)^2 == 1, 1, 2)", 0.7, 1},
      {"sin(x)^2 + cos(x)^2 - 1", 0.7, 0},
      {"(1 + x)^2 - 2 * x - x^2", 0x1p-60, 1},
  };
  for (const auto &c : cases)
    EXPECT_TRUE(same(value_at(reference_of(c.expression), c.x), c.expected)) << c.expression << " at " << c.x;
}

// The exact result is a tie between two neighbours, but no enclosure of it is ever a point.
TEST(Reference, rounds_a_tie_to_even) {
  EXPECT_EQ(value_at(reference_of("exp(log(1 + x))"), 0x1p-53), 1.0);
  EXPECT_EQ(value_at(reference_of("exp(log(1 + x))"), 3 * 0x1p-53), 1 + 0x1p-51);
}

// ---- Infinities, poles and signs of zero ------------------------------------------------------------------------

struct Limits {
  const char *expression;
  double at_minus_infinity, at_minus_zero, at_plus_zero, at_plus_infinity;
};

TEST(Reference, limits_and_signs_of_zero) {
  const Limits cases[] = {
      {"x * sigmoid(x)", -0.0, -0.0, 0, inf},
      {"x * normcdf(x)", -0.0, -0.0, 0, inf},
      {"x / 2 * (1 + erf(x / sqrt(2)))", -0.0, -0.0, 0, inf},
      {"x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))", -0.0, -0.0, 0, inf},
      {"tanh(x)", -1, -0.0, 0, 1},
      {"(exp(x) - exp(-x)) / (exp(x) + exp(-x))", -1, -0.0, 0, 1},
      {"(x + sqrt(x^2 + 4)) / 2", 0, 1, 1, inf},
      {"softplus(x)", 0, std::log(2), std::log(2), inf},
      {"log(1 + exp(x))", 0, std::log(2), std::log(2), inf},
      {"log(1 + exp(x)) - x", inf, std::log(2), std::log(2), 0},
      {"x * tanh(softplus(x))", -0.0, -0.0, 0, inf},
      {"sin(x)", nan, -0.0, 0, nan},
      {"cos(x)", nan, 1, 1, nan},
      {"x * sin(x)", nan, 0, 0, nan},
      {"sin(x) / x", 0, nan, nan, 0},
      {"x + sin(x)^2", -inf, -0.0, 0, inf},
      {"exp(x)", 0, 1, 1, inf},
      {"expm1(x)", -1, -0.0, 0, inf},
      {"log(x)", nan, -inf, -inf, inf},
      {"1 / x", -0.0, -inf, inf, 0},
      {"1 / x^2", 0, inf, inf, 0},
      {"exp(-1 / x^2)", 1, 0, 0, 1},
      {"1 / log(x)", nan, -0.0, -0.0, 0},
      {"max(x, 0)", 0, 0, 0, inf},
      {"select(x > 0, x, 0.01 * x)", -inf, -0.0, 0, inf},
      {"select(x > 0, x, expm1(x))", -1, -0.0, 0, inf},
      {"x - tanh(x)", -inf, -0.0, 0, inf},
      {"sign(x)", -1, 0, 0, 1},
      {"sqrt(x)", nan, 0, 0, inf},
      {"x^3", -inf, -0.0, 0, inf},
      {"3", 3, 3, 3, 3},
  };
  for (const Limits &c : cases) {
    const Reference reference = reference_of(c.expression);
    EXPECT_TRUE(same(value_at(reference, -inf), c.at_minus_infinity)) << c.expression << " at -inf";
    EXPECT_TRUE(same(value_at(reference, -0.0), c.at_minus_zero)) << c.expression << " at -0";
    EXPECT_TRUE(same(value_at(reference, 0.0), c.at_plus_zero)) << c.expression << " at +0";
    EXPECT_TRUE(same(value_at(reference, inf), c.at_plus_infinity)) << c.expression << " at +inf";
    EXPECT_TRUE(same(value_at(reference, nan), std::strcmp(c.expression, "3") == 0 ? 3 : nan)) << c.expression;
  }
}

TEST(Reference, a_pole_has_the_limit_on_which_its_sides_agree) {
  EXPECT_TRUE(same(value_at(reference_of("1 / (x - 1)^2"), 1), inf));
  EXPECT_TRUE(same(value_at(reference_of("1 / (x - 1)"), 1), nan));
  EXPECT_TRUE(same(value_at(reference_of("log(1 - x)"), 1), -inf));
}

TEST(Reference, only_inputs_that_occur_matter) {
  const Reference reference(parse_expression("x * y", {"x", "y", "z"}), {"x", "y", "z"});
  const double ordinary[] = {2, 3, nan};
  const double unknown[] = {2, nan, 1};
  const double growing[] = {-2, inf, nan};
  EXPECT_EQ(reference.rounded(ordinary, DType::f64), 6);
  EXPECT_TRUE(std::isnan(reference.rounded(unknown, DType::f64)));
  EXPECT_EQ(reference.rounded(growing, DType::f64), -inf);
}

TEST(Reference, the_sign_a_zero_must_have) {
  const auto sign = [](const char *text, double x) { return reference_of(text).negative_zero({&x, 1}); };
  EXPECT_EQ(sign("x * sigmoid(x)", -0.0), true);
  EXPECT_EQ(sign("x * sigmoid(x)", 0.0), false);
  EXPECT_EQ(sign("x * sigmoid(x)", -1e5), true);
  EXPECT_EQ(sign("x * sigmoid(x)", -1e300), true);
  EXPECT_EQ(sign("x * sigmoid(x)", -inf), true);
  EXPECT_EQ(sign("log(normcdf(x))", 300), true) << "-2e-19549: 1 needs so many digits";
  EXPECT_EQ(sign("max(x, 0)", -0.0), false);
  EXPECT_EQ(sign("max(x, 0)", -5.0), std::nullopt);
  EXPECT_EQ(sign("x - 1", 1), std::nullopt);
  EXPECT_EQ(sign("x^2", -0.0), false);
  EXPECT_EQ(sign("exp(x)*sigmoid(-x) - sigmoid(x)", 3), std::nullopt) << "0 for every x";
  const Reference product(parse_expression("x * max(y, 0)", {"x", "y"}), {"x", "y"});
  const double nothing_around[] = {-0.0, -5.0}, negative[] = {-0.0, 5.0};
  EXPECT_EQ(product.negative_zero(nothing_around), std::nullopt);
  EXPECT_EQ(product.negative_zero(negative), true);
}

// 1 + exp(x) is 1 to the last of more digits than any memory holds.
TEST(Reference, ends_for_logarithms_next_to_1) {
  const Reference reference = reference_of("x * log(1 + exp(x))");
  for (double x = -1e4; x > -1e300; x *= 2) EXPECT_TRUE(same(value_at(reference, x), -0.0)) << x;
}

// An exponential beyond 2^59 leaves MPFR's exponent range; the forms below are decided all the same.
TEST(Reference, huge_arguments) {
  for (double x : {1e19, 1e38, 1e300}) {
    EXPECT_EQ(value_at(reference_of("x * sigmoid(x)"), x), x);
    EXPECT_TRUE(same(value_at(reference_of("x / (1 + exp(-x))"), -x), -0.0)) << x;
    EXPECT_EQ(value_at(reference_of("(exp(x) - exp(-x)) / (exp(x) + exp(-x))"), -x), -1) << x;
    EXPECT_EQ(value_at(reference_of("exp(x)"), x), inf) << x;
    EXPECT_EQ(value_at(reference_of("erfc(x)"), x), 0) << x;
    EXPECT_EQ(value_at(reference_of("log(1 + exp(x))"), x), x);
    EXPECT_EQ(value_at(reference_of("x * exp(x) / (1 + exp(x))"), x), x);
    EXPECT_EQ(value_at(reference_of("x / 2 + 3 - log(1 + exp(x))"), x), 3 - x / 2);
  }
}

// ---- Rounding and errors in ULP ---------------------------------------------------------------------------------

struct UlpCase {
  const char *expression;
  double x, computed;
  DType dtype;
  double ulp;
};

TEST(Reference, errors_in_ulp) {
  constexpr double max_f32 = 0x1.fffffep127;
  const UlpCase cases[] = {
      {"x", 1, 1 + 0x1p-23, DType::f32, 1},
      {"x", 1, 1 - 0x1p-24, DType::f32, 0.5},
      {"x", -3, -3 + 0x1p-20, DType::f32, 4},
      {"x / 4", 0x1p-148, 0, DType::f32, 0.5},
      {"x / 4", 0x1p-148, 0x1p-149, DType::f32, 0.5},
      {"x", 0x1p-126, 0x1p-126 + 0x1p-149, DType::f32, 1},
      {"x", 5e-324, 0, DType::f64, 1},
      {"max(x, 0)", -1, -0.0, DType::f32, 0},
      {"max(x, 0)", -1, 0x1p-149, DType::f32, 1},
      {"x * sigmoid(x)", -1e30, -0.0, DType::f32, 0},
      {"tanh(x)", 1e30, 1, DType::f32, 0},
      {"tanh(x)", 1e30, 1 - 0x1p-24, DType::f32, 1},
      {"x^2", 1e30, inf, DType::f32, 0},
      {"x^2", 1e30, max_f32, DType::f32, inf},
      {"x^2", -inf, inf, DType::f32, 0},
      {"x^2", -inf, nan, DType::f32, inf},
      {"sin(x)", inf, nan, DType::f32, 0},
      {"sin(x)", inf, 0, DType::f32, inf},
      {"sin(x)", nan, nan, DType::f32, 0},
      {"x", 1, inf, DType::f32, inf},
      {"x", 1, nan, DType::f32, inf},
      {"x + 2^102", max_f32, inf, DType::f32, 0.75},
      {"x + 2^102", max_f32, max_f32, DType::f32, 0.25},
      {"x + 2^103", max_f32, inf, DType::f32, 0},
      {"x + 2^103", max_f32, max_f32, DType::f32, 0.5},
      {"x + 2^102", max_f32, -inf, DType::f32, inf},
      {"x", max_f32, inf, DType::f32, inf},
      {"x - 2^102", max_f32, inf, DType::f32, 1.25},
      {"2^102 - x", max_f32, -inf, DType::f32, 1.25},
      {"x - 2^104", max_f32, inf, DType::f32, inf},
      {"exp(x)", 0, 1 + 0x1p-52, DType::f64, 1},
  };
  for (const UlpCase &c : cases) {
    const Reference reference = reference_of(c.expression);
    const std::string where = fmt::format("{} at {} computed as {}", c.expression, c.x, c.computed);
    const double exact = reference.judge(c.computed, {&c.x, 1}, c.dtype, true).ulp;
    const double quick = reference.ulp_error(c.computed, {&c.x, 1}, c.dtype);
    for (double got : {exact, quick}) {
      if (std::isinf(c.ulp))
        EXPECT_EQ(got, c.ulp) << where;
      else
        EXPECT_NEAR(got, c.ulp, 0.002) << where;
    }
  }
}

TEST(Reference, rounds_to_a_dtype) {
  const struct {
    const char *expression;
    double x;
    DType dtype;
    double expected;
  } cases[] = {
      {"x / 4", 0x1p-147, DType::f32, 0x1p-149},
      {"x / 4", 0x1p-148, DType::f32, 0},
      {"3 * x / 4", 0x1p-148, DType::f32, 0x1p-148},
      {"x / 2", -5e-324, DType::f64, -0.0},
      {"exp(x)", 88.8, DType::f32, inf},
      {"exp(x)", -103.9, DType::f32, 0x1p-149},
      {"exp(x)", -104.0, DType::f32, 0},
      {"x * sigmoid(x)", -1e4, DType::f32, -0.0},
      {"x * sigmoid(x)", -760, DType::f64, -0.0},
      {"x", 0x1.fffffefp127, DType::f32, 0x1.fffffep127},
      {"x", 0x1.ffffffp127, DType::f32, inf},
      {"x * normcdf(x)", -14.3, DType::f32, -0x1p-149},
  };
  for (const auto &c : cases)
    EXPECT_TRUE(same(reference_of(c.expression).rounded({&c.x, 1}, c.dtype), c.expected))
        << c.expression << " at " << c.x;
}

// ---- Threads and mistakes ---------------------------------------------------------------------------------------

TEST(Reference, threads_share_one_reference) {
  const Reference reference = reference_of("x * normcdf(x)");
  const auto work = [&](std::vector<double> &results) {
    for (int i = -300; i < 300; ++i) {
      const double x = i / 16.0;
      results.push_back(reference.judge(x, {&x, 1}, DType::f64, i % 2 == 0).ulp);
    }
  };
  std::vector<double> here, there;
  std::thread other(work, std::ref(there));
  work(here);
  other.join();
  EXPECT_EQ(here, there);
}

TEST(Reference, mistakes_are_internal_errors) {
  EXPECT_THROW(Reference(parse_expression("x", {"x"}), {"y"}), InternalError);
  const double two[] = {1, 2};
  EXPECT_THROW(reference_of("x").rounded(two, DType::f32), InternalError);
}

}  // namespace
}  // namespace actinide
