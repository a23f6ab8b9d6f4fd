// Every function of the language alone, in every way to compute, within its claimed bound.
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

struct Function {
  const char *name;
  const char *text;
  double f32;  ///< bound in ULP of results computed in plain f32
};

struct Computation {
  DType dtype;
  Precision precision;
  double bound;  ///< 0: the function's own
  const char *name;
};

// f32 results through f64 and f64 results through pairs are rounded once, from a value that is all but exact.
constexpr Computation computations[] = {
    {DType::f32, {Compute::f32, 26}, 0, "f32"},
    {DType::f32, {Compute::f64, 45}, 0.501, "f32_through_f64"},
    {DType::f32, {Compute::f64, 52}, 0.501, "f32_through_f64_for_roots"},
    {DType::f64, {Compute::f64_pair, 57}, 0.56, "f64_through_pairs"},
    {DType::f64, {Compute::f64_pair, 62}, 0.52, "f64_through_longer_pairs"},
};

constexpr Function functions[] = {
    {"exp", "exp(x)", 1},
    {"expm1", "expm1(x)", 1.5},
    {"log", "log(x)", 2},
    {"log1p", "log1p(x)", 2},
    {"tanh", "tanh(x)", 3.6},
    {"sigmoid", "sigmoid(x)", 2.5},
    {"softplus", "softplus(x)", 2.5},
    {"erf", "erf(x)", 3},
    {"erfc", "erfc(x)", 5},
    {"normcdf", "normcdf(x)", 4},
    {"normpdf", "normpdf(x)", 2},
    {"sqrt", "sqrt(x)", 0.5},
    {"sin", "sin(x)", 1.6},
    {"cos", "cos(x)", 1.6},
    {"sin_beside_an_eighth", "sin(x + pi/4)", 2},
    {"sin_beside_eighths", "sin(x/2 - 3*pi/4)", 2},
    {"cos_of_the_double", "cos(2*x)", 1.6},
    {"abs", "abs(x)", 0},
    {"sign", "sign(x)", 0},
    {"step", "step(x)", 0},
    {"cube", "x^3", 1.5},
    {"reciprocal_square", "x^(-2)", 1.5},
    {"root_of_cube", "x^1.5", 1.5},
    {"third_power", "x^0.3", 0.51},
};

class Functions : public testing::TestWithParam<std::tuple<Function, Computation>> {};

TEST_P(Functions, KeepTheirBound) {
  const auto &[function, how] = GetParam();
  const Expr expression = parse_expression(function.text, {"x"});
  const Program program = program_of(expression, how.dtype, how.precision);
  const Reference exact(expression, {"x"});
  constexpr unsigned seed = 7;
  std::vector<double> inputs = sample_inputs(how.dtype, 6000, seed);
  const std::string name = function.name;
  if (how.dtype == DType::f64 && name == "reciprocal_square") {  // x^2 within range
    std::erase_if(inputs, [](double x) { return std::abs(x) < 0x1p-480 || std::abs(x) > 0x1p480; });
  }
  const Worst worst = measure(program, exact, how.dtype, inputs);
  const double bound = how.bound == 0 ? function.f32 : how.bound;
  EXPECT_LE(worst.normal, bound) << function.text << " at " << worst.at_normal << ", seed " << seed;
  if (how.precision.compute == Compute::f32 && name == "reciprocal_square") return;  // x^2 overflows first
  EXPECT_LE(worst.subnormal, 1.1) << function.text << " at " << worst.at_subnormal << ", seed " << seed;
}

TEST_P(Functions, TakeSpecialValues) {
  const auto &[function, how] = GetParam();
  const Expr expression = parse_expression(function.text, {"x"});
  const Program program = program_of(expression, how.dtype, how.precision);
  const Reference exact(expression, {"x"});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {-infinity, infinity, std::nan(""), 0.0, -0.0}) {
    const double y = value_at(program, x), expected = exact.rounded({&x, 1}, how.dtype);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(y)) << function.text << " at " << x << " is " << y;
      continue;
    }
    EXPECT_EQ(y, expected) << function.text << " at " << x;
    if (x != 0 || expected != 0) continue;
    EXPECT_EQ(std::signbit(y), std::signbit(expected)) << function.text << " at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Functions,
                         testing::Combine(testing::ValuesIn(functions), testing::ValuesIn(computations)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "_" + std::get<1>(info.param).name;
                         });

TEST(Functions, OfTheLanguageAreAllMeasured) {
  for (const Op op : all_operations()) {
    if (!is_function(info(op).kind) || info(op).arity != 1) continue;
    EXPECT_TRUE(std::ranges::any_of(functions, [&](const Function &f) { return f.name == info(op).name; }))
        << info(op).name << " needs a row in `functions`, with the bound of its plain f32 approximation";
  }
}

/// The numbers of the dtype next to a multiple of pi/4 for every exponent from 0 on, and the neighbours of those.
std::vector<double> next_to_multiples(DType dtype) {
  constexpr mpfr_prec_t enough = 2400;
  mpfr_t eighth, multiple;
  mpfr_inits2(enough, eighth, multiple, nullptr);
  mpfr_const_pi(eighth, MPFR_RNDN);
  mpfr_div_2ui(eighth, eighth, 2, MPFR_RNDN);
  const bool f32 = dtype == DType::f32;
  std::vector<double> numbers;
  for (int exponent = 0; exponent < (f32 ? 127 : 1023); ++exponent)
    for (const double near : {1.1, 1.3, 1.6, 1.9}) {
      mpfr_set_d(multiple, std::ldexp(near, exponent), MPFR_RNDN);
      mpfr_div(multiple, multiple, eighth, MPFR_RNDN);
      mpfr_round(multiple, multiple);
      mpfr_mul(multiple, multiple, eighth, MPFR_RNDN);
      const double x = f32 ? mpfr_get_flt(multiple, MPFR_RNDN) : mpfr_get_d(multiple, MPFR_RNDN);
      for (const double towards : {-INFINITY, INFINITY})
        numbers.push_back(f32 ? std::nextafter(static_cast<float>(x), static_cast<float>(towards))
                              : std::nextafter(x, towards));
      numbers.push_back(x);
    }
  mpfr_clears(eighth, multiple, nullptr);
  return numbers;
}

// The hardest of all, next to a multiple of pi/2: 16367173 * 2^72 among f32, 6381956970095103 * 2^797 among f64.
std::vector<double> hardest(DType dtype) {
  return dtype == DType::f32 ? std::vector{0x1.f37acap+96, 0x1.fffffep+127}
                             : std::vector{0x1.6ac5b262ca1ffp+849, -0x1.6ac5b262ca1ffp+849, 0x1.fffffffffffffp+1023};
}

class Trigonometry : public testing::TestWithParam<Computation> {};

TEST_P(Trigonometry, KeepsItsDigitsNextToRoots) {
  const Computation &how = GetParam();
  std::vector<double> inputs = next_to_multiples(how.dtype);
  for (const double x : hardest(how.dtype)) inputs.push_back(x);
  for (const char *text : {"sin(x)", "cos(x)", "sin(x + pi/4)", "cos(x - 3*pi/4)", "cos(2*x)"}) {
    const Expr expression = parse_expression(text, {"x"});
    const Worst worst =
        measure(program_of(expression, how.dtype, how.precision), Reference(expression, {"x"}), how.dtype, inputs);
    EXPECT_LE(worst.normal, how.bound == 0 ? 2 : how.bound) << text << " at " << worst.at_normal;
  }
}

// The argument is a product of two numbers, which has twice their digits and may overflow.
TEST_P(Trigonometry, TakesProductsWithAParameter) {
  const Computation &how = GetParam();
  const Expr expression = parse_expression("sin(a*x)", {"x", "a"});
  const Program program = program_of(expression, how.dtype, how.precision, {"a"});
  const Reference exact(expression, {"x", "a"});
  constexpr unsigned seed = 23;
  for (const double a : {0x1.921fb6p0, 3.0, 0x1.99999ap-4, 0x1.8p60}) {
    const Worst worst = measure(program, exact, how.dtype, sample_inputs(how.dtype, 1000, seed), {a});
    EXPECT_LE(worst.normal, how.bound == 0 ? 2 : how.bound) << a << " at " << worst.at_normal << ", seed " << seed;
  }
}

// pi/0 is no multiple of pi.
TEST(Angles, WithAPoleAreNan) {
  const Program program = program_of(parse_expression("sin(x + pi/0)", {"x"}), DType::f32, {Compute::f64, 52});
  EXPECT_TRUE(std::isnan(value_at(program, 1)));
}

INSTANTIATE_TEST_SUITE_P(All, Trigonometry, testing::ValuesIn(computations),
                         [](const auto &info) { return std::string(info.param.name); });
INSTANTIATE_TEST_SUITE_P(PlainF64, Trigonometry,
                         testing::Values(Computation{DType::f64, {Compute::f64, 54}, 1, "f64"}));

}  // namespace
}  // namespace actinide
