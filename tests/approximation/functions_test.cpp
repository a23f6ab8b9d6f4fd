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
    {"tanh", "tanh(x)", 2.5},
    {"sigmoid", "sigmoid(x)", 2.5},
    {"softplus", "softplus(x)", 2.5},
    {"erf", "erf(x)", 3},
    {"erfc", "erfc(x)", 5},
    {"normcdf", "normcdf(x)", 4},
    {"normpdf", "normpdf(x)", 2},
    {"sqrt", "sqrt(x)", 0.5},
    {"sin", "sin(x)", 0.51},
    {"cos", "cos(x)", 0.51},
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
  if (how.dtype == DType::f64 && (name == "sin" || name == "cos")) {  // the documented range
    std::erase_if(inputs, [](double x) { return std::abs(x) > 0x1p40; });
  }
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

// Arguments far beyond 2^11 take the reduction by the digits of 2/pi.
TEST(Trigonometry, HugeF32Arguments) {
  const Expr expression = parse_expression("sin(x)", {"x"});
  const Program program = program_of(expression, DType::f32, {Compute::f64, 52});
  const Reference exact(expression, {"x"});
  // Next to a multiple of pi/2: the hardest f32 is 16367173 * 2^72.
  for (const double x : {0x1.f37acap+96, 0x1.fffffep+127, 2048.5, 0x1p24, 0x1p48, 0x1p72, 0x1.5p119}) {
    EXPECT_LE(exact.ulp_error(value_at(program, x), {&x, 1}, DType::f32), 0.501) << x;
  }
}

TEST(Trigonometry, F64ArgumentsBeyondTheReductionGiveNan) {
  const Program program = program_of(parse_expression("cos(x)", {"x"}), DType::f64, {Compute::f64_pair, 62});
  EXPECT_FALSE(std::isnan(value_at(program, 0x1p40)));
  EXPECT_TRUE(std::isnan(value_at(program, 0x1p41)));
}

}  // namespace
}  // namespace actinide
