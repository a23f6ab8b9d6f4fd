// Whole kernels: the stable form of a function and of its derivative, computed in every way, within the contract.
#include "derivative/derivative.h"
#include "simplify/simplify.h"
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <tuple>

namespace actinide {
namespace {

struct Function {
  const char *name;
  const char *text;
  bool f32_forward;  ///< plain f32 keeps 4 ULP
  bool f32_derivative;
};

constexpr Function functions[] = {
    {"relu", "max(x, 0)", true, true},
    {"leaky", "select(x > 0, x, x/100)", true, true},
    {"gelu", "x*normcdf(x)", false, false},
    {"gelu_tanh", "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))", true, false},
    {"gelu_sigmoid", "x*sigmoid(1.702*x)", true, false},
    {"silu", "x*sigmoid(x)", true, false},
    {"softplus", "softplus(x)", true, true},
    {"sharp_softplus", "softplus(3*x)/3", false, true},  // 3 x overflows f32 before the result does
    {"sigmoid", "sigmoid(x)", true, true},
    {"elu", "select(x > 0, x, expm1(x))", true, true},
    {"mish", "x*tanh(softplus(x))", true, false},
    {"tanh", "tanh(x)", true, true},
    {"squareplus", "(x + sqrt(x^2 + 4))/2", true, false},
    {"tanhexp", "x*tanh(exp(x))", true, false},
    {"softsign", "x/(1 + abs(x))", true, true},
    {"gaussian", "exp(-x^2)", true, true},
};

enum class Way { f32_standard, f32_faithful, f64_standard, f64_faithful };

using Case = std::tuple<Function, bool, Way>;
DType dtype_of(Way way) {
  return way == Way::f64_standard || way == Way::f64_faithful ? DType::f64 : DType::f32;
}

Precision precision_of(Way way) {
  switch (way) {
    case Way::f32_standard:
      return {Compute::f32, 26};
    case Way::f32_faithful:
      return {Compute::f64, 34};
    case Way::f64_standard:
      return {Compute::f64_pair, 57};
    case Way::f64_faithful:
      return {Compute::f64_pair, 62};
  }
  return {};
}

double bound_of(Way way) {
  switch (way) {
    case Way::f32_standard:
      return 4;
    case Way::f64_standard:
      return 2;
    case Way::f32_faithful:
    case Way::f64_faithful:
      return 1;
  }
  return 0;
}

class Programs : public testing::TestWithParam<Case> {};

TEST_P(Programs, KeepTheContract) {
  const auto &[function, derivative, way] = GetParam();
  const bool f32_suffices = derivative ? function.f32_derivative : function.f32_forward;
  if (way == Way::f32_standard && !f32_suffices) GTEST_SKIP() << "computed in f64, as in f32_faithful";
  Expr exact = parse_expression(function.text, {"x"});
  if (derivative) exact = differentiate(exact, "x");
  const DType dtype = dtype_of(way);
  const Precision precision = precision_of(way);
  const double bound = bound_of(way);
  const Program program = program_of(stabilize(exact).expression, dtype, precision);
  constexpr unsigned seed = 3;
  const Worst worst = measure(program, Reference(exact, {"x"}), dtype, sample_inputs(dtype, 5000, seed));
  EXPECT_LE(worst.normal, bound) << "at " << worst.at_normal << ", seed " << seed;
  if (way != Way::f32_standard) {
    EXPECT_LE(worst.subnormal, bound) << "at " << worst.at_subnormal << ", seed " << seed;
  }
}

std::string name_of_case(const testing::TestParamInfo<Case> &info) {
  const Function &function = std::get<0>(info.param);
  constexpr std::array ways{"f32_standard", "f32_faithful", "f64_standard", "f64_faithful"};
  return std::string(function.name) + (std::get<1>(info.param) ? "_derivative_" : "_forward_") +
         ways.at(static_cast<std::size_t>(std::get<2>(info.param)));
}

// The gradient of the output multiplies a result that has not been rounded: one rounding more, no tail lost.
TEST_P(Programs, KeepTheContractBackward) {
  const auto &[function, derivative, way] = GetParam();
  if (!derivative || (way == Way::f32_standard && !function.f32_derivative)) GTEST_SKIP() << "see KeepTheContract";
  const Expr exact = variable("dy") * differentiate(parse_expression(function.text, {"x"}), "x");
  const DType dtype = dtype_of(way);
  const SymbolicKernel kernel{{"dy", "x"}, {}, {{"dx", stabilize(exact).expression}}};
  const Program program = build_program(kernel, dtype, precision_of(way));
  const Reference reference(exact, {"dy", "x"});
  const double least_normal = dtype == DType::f32 ? 0x1p-126 : 0x1p-1022;
  constexpr unsigned seed = 5;
  for (const double x : sample_inputs(dtype, 1500, seed)) {
    const double point[] = {-3, x};
    const double error = reference.ulp_error(interpret(program, point, {})[0], point, dtype);
    const bool subnormal = std::abs(reference.rounded(point, dtype)) < least_normal;
    if (way == Way::f32_standard && subnormal) continue;
    // Pairs hold no more digits than f64 where the derivative itself is subnormal: dy = -3 triples that half ULP.
    const double product = dtype == DType::f64 && subnormal ? 1.5 : 0.5;
    EXPECT_LE(error, bound_of(way) + product) << "at " << x << ", seed " << seed;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {-infinity, infinity, std::nan("")}) {
    const double point[] = {2, x};
    const double computed = interpret(program, point, {})[0],
                 expected = 2 * reference.rounded(std::array{1.0, x}, dtype);
    EXPECT_TRUE(computed == expected || (std::isnan(computed) && std::isnan(expected)))
        << computed << " in place of " << expected << " at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Programs,
                         testing::Combine(testing::ValuesIn(functions), testing::Bool(),
                                          testing::Values(Way::f32_standard, Way::f32_faithful, Way::f64_standard,
                                                          Way::f64_faithful)),
                         name_of_case);

// An odd function is compared once for both signs: sin(300) and sin(-300), which are negative and positive.
TEST(LookedUp, ResultsOfAnOddFunctionHaveItsSigns) {
  const Expr sine = parse_expression("sin(x)", {"x"});
  constexpr std::uint16_t inputs[] = {0x5cb0, 0xdcb0};  // 300 and -300 in f16
  const Program program = build_program({{"x"}, {}, {{"y", sine}}}, DType::f16, {Compute::f32, 24}, {.inputs = inputs});
  for (const double x : {300.0, -300.0})
    EXPECT_EQ(value_at(program, x), Reference(sine, {"x"}).rounded({&x, 1}, DType::f16));
}

}  // namespace
}  // namespace actinide
