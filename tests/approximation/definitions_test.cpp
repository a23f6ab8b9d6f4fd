// What users write: terms that cancel at 0, and terms that overflow on the way to a moderate result.
#include "derivative/derivative.h"
#include "simplify/simplify.h"
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

#include <tuple>

namespace actinide {
namespace {

struct Function {
  const char *name;
  const char *text;
};

constexpr Function functions[] = {
    {"identity_less_tanh", "x - tanh(x)"},
    {"sigmoid_less_half", "sigmoid(x) - 0.5"},
    {"softplus_less_identity", "log(1 + exp(x)) - x"},
    {"squared_tangent", "tanh(x)^2 - x*tanh(x)"},
    {"hyperbolic_sine", "(exp(x) - exp(-x))/2"},
    {"exponential_less_its_series", "exp(-x^2) - 1 + x^2"},
    {"logarithm_of_hyperbolic_cosine", "log(exp(x) + exp(-x))"},
    {"rational", "x^2/(1 + x^2)"},
};

struct Way {
  const char *name;
  DType dtype;
  Precision precision;
};

constexpr Way ways[] = {
    {"f32", DType::f32, {Compute::f64, 52}},
    {"f64", DType::f64, {Compute::f64_pair, 62}},
};

class Definitions : public testing::TestWithParam<std::tuple<Function, bool, Way>> {};

TEST_P(Definitions, AreFaithful) {
  const auto &[function, derivative, way] = GetParam();
  Expr exact = parse_expression(function.text, {"x"});
  if (derivative) exact = differentiate(simplify(exact).expression, "x");
  const Program program = program_of(stabilize(exact).expression, way.dtype, way.precision);
  const Reference reference(exact, {"x"});
  constexpr unsigned seed = 17;
  const Worst worst = measure(program, reference, way.dtype, sample_inputs(way.dtype, 4000, seed));
  EXPECT_LE(worst.normal, 1) << "at " << worst.at_normal << ", seed " << seed;
  EXPECT_LE(worst.subnormal, 1) << "at " << worst.at_subnormal << ", seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(All, Definitions,
                         testing::Combine(testing::ValuesIn(functions), testing::Bool(), testing::ValuesIn(ways)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "_derivative_" : "_forward_") +
                                  std::get<2>(info.param).name;
                         });

// Exponentials near the end of the range, where their sums and squares are beyond it.
TEST(Definitions, LargeExponentialsOfBothSidesOfAQuotient) {
  const Expr exact = differentiate(parse_expression("exp(x)/(exp(x) + 2)", {"x"}), "x");
  const Program program = program_of(stabilize(exact).expression, DType::f64, {Compute::f64_pair, 62});
  const Reference reference(exact, {"x"});
  for (const double x : {340.5, 360.5, 500.5, 690.5, 707.5})
    EXPECT_LE(reference.ulp_error(value_at(program, x), {&x, 1}, DType::f64), 1) << "at " << x;
}

// 0/0 stays what it is, though next to 0 the value is known.
TEST(Definitions, RemovableSingularity) {
  const Expr exact = parse_expression("(1 - cos(x))/x^2", {"x"});
  const Program program = program_of(stabilize(exact).expression, DType::f32, {Compute::f64, 52});
  const Reference reference(exact, {"x"});
  constexpr unsigned seed = 18;
  const Worst worst = measure(program, reference, DType::f32, sample_inputs(DType::f32, 4000, seed));
  EXPECT_LE(worst.normal, 1) << "at " << worst.at_normal << ", seed " << seed;
  EXPECT_TRUE(std::isnan(value_at(program, 0)));
}

}  // namespace
}  // namespace actinide
