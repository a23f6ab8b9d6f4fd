// Every row, forward, derivative and backward, in every dtype and tier; other values of its parameters, too.
#include "tests/kernels/bound.h"
#include "tests/table/catalogue.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

bool has_transcendental(const Expr &expression) {
  return info(expression.op()).kind == OpKind::transcendental ||
         std::ranges::any_of(expression.arguments(), has_transcendental);
}

// Random points beside the dangerous ones. For ACCURACY.md most kernels of f32 are swept at all inputs, those of f64 at
// 10^7 and more, and its digests tell which have changed since: here are enough to see a kernel that isn't what was
// swept. The reference of f64 takes the longest. Where nothing is approximated few show what a few roundings do.
int log2_of_points(const KernelCase &c) {
  const bool family = std::ranges::find(kRectifierFamily, c.activation) != kRectifierFamily.end();
  if (family) return c.dtype == DType::f64 ? 18 : 21;
  return has_transcendental(c.request().definition.body) ? 18 : 17;
}

class Accuracy : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Accuracy, testing::ValuesIn(kernel_cases({Pass::forward, Pass::derivative})),
                         [](const auto &info) { return info.param.name(); });

TEST_P(Accuracy, KeepsTheBoundOfItsRow) {
  std::cout << "seed " << kSeed << "\n";
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << log2_of_points(GetParam()));
}

// The tiers that others don't have: `relaxed`, and `exact`, which is correctly rounded.
std::vector<KernelCase> cases_of_f32(std::span<const Tier> tiers) {
  std::vector<KernelCase> cases = kernel_cases({Pass::forward, Pass::derivative, Pass::second_derivative});
  std::erase_if(cases, [](const KernelCase &one) { return one.dtype != DType::f32 || !one.is_standard(); });
  std::vector<KernelCase> all;
  for (const Tier tier : tiers)
    for (KernelCase one : cases) {
      one.tier = tier;
      one.serves_standard = false;
      all.push_back(one);
    }
  return all;
}

class OtherTiers : public testing::TestWithParam<KernelCase> {};

constexpr Tier other_tiers[] = {Tier::relaxed, Tier::exact};
INSTANTIATE_TEST_SUITE_P(Table, OtherTiers, testing::ValuesIn(cases_of_f32(other_tiers)),
                         [](const auto &info) { return info.param.name(); });

TEST_P(OtherTiers, KeepTheBoundOfTheirRow) {
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << 18);
}

TEST(OtherTiers, KeepTheBoundWithOtherParameters) {
  for (const char *activation : {"swish(beta=100000)", "swish(beta=0.001)", "celu(a=10)", "elu(a=1000)"})
    for (const Pass pass : {Pass::forward, Pass::derivative})
      for (const Tier tier : other_tiers) {
        const KernelCase c{activation, pass, DType::f32, tier};
        expect_within_bound(c, default_parameters(c), std::uint64_t{1} << 14);
      }
}

// Values so large or small that they bring back what vanishes: 1e30 exp(-100).
TEST(ExtremeParameters, KeepTheBound) {
  const std::vector<Pass> all = {Pass::forward, Pass::derivative, Pass::backward}, forward = {Pass::forward};
  // The roots of swish' with these lie where none are looked for (docs/accuracy.md).
  const std::pair<const char *, std::vector<Pass>> cases[] = {{"elu(a=1e30)", all},
                                                              {"softplus(k=1e-30)", all},
                                                              {"celu(a=1e9)", all},
                                                              {"swish(beta=1e-30)", forward},
                                                              {"swish(beta=1e30)", forward}};
  for (const auto &[activation, passes] : cases)
    for (const Pass pass : passes)
      for (const Tier tier : {Tier::relaxed, Tier::standard}) {
        const KernelCase c{activation, pass, DType::f32, tier};
        SCOPED_TRACE(c.name());
        expect_within_bound(c, default_parameters(c), std::uint64_t{1} << 12);
      }
}

// The root of swish' is at -1.278/beta, where terms cancel: 2^41 ULP in f64, where no window was looked for.
TEST(ExtremeParameters, KeepTheDigitsAtRootsFarFromOne) {
  for (const char *activation : {"swish(beta=0.001)", "swish(beta=1e-6)", "swish(beta=-3000)", "swish(beta=1e6)"})
    for (const Pass pass : {Pass::derivative, Pass::backward})
      for (const DType dtype : {DType::f32, DType::f64}) {
        const KernelCase c{activation, pass, dtype, Tier::standard};
        SCOPED_TRACE(c.name());
        expect_within_bound(c, default_parameters(c), std::uint64_t{1} << 12);
      }
}

class BackwardAccuracy : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, BackwardAccuracy, testing::ValuesIn(kernel_cases({Pass::backward})),
                         [](const auto &info) { return info.param.name(); });

TEST_P(BackwardAccuracy, KeepsTheBoundOfItsRow) {
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << 18);
}

// Without fma the bits may differ, the bounds hold all the same.
class WithoutFma : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, WithoutFma, testing::ValuesIn(kernel_cases({Pass::forward, Pass::derivative})),
                         [](const auto &info) { return info.param.name(); });

TEST_P(WithoutFma, KeepsTheBoundOfItsRow) {
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << 14, "x86-64-v2");
}

constexpr ParameterCase parameter_cases[] = {
    {"relu", "gradient_at_zero", "1"},
    {"heaviside", "value_at_zero", "0.5"},
    {"leaky_relu", "slope", "0"},
    {"leaky_relu", "slope", "0.25"},
    {"leaky_relu", "slope", "-0.5"},
    {"leaky_relu", "slope", "1.5"},
    {"srelu", "a", "0"},
    {"srelu", "a", "-1"},
    {"srelu", "a", "2.5"},
    {"swish", "beta", "0"},
    {"swish", "beta", "-1"},
    {"swish", "beta", "0.5"},
    {"swish", "beta", "3"},
    {"swish", "beta", "1.7"},
    {"swish", "beta", "-0.3"},
    {"swish", "beta", "100"},
    {"swish", "beta", "0.001"},
    {"softplus", "k", "0.125"},
    {"softplus", "k", "5"},
    {"softplus", "k", "100"},
    {"softplus", "k", "0.01"},
    {"softplus", "k", "3"},
    {"elu", "a", "0"},
    {"elu", "a", "0.5"},
    {"elu", "a", "3"},
    {"squareplus", "b", "0"},
    {"squareplus", "b", "1e-37"},
    {"squareplus", "b", "0.001953125"},
    {"squareplus", "b", "1"},
    {"squareplus", "b", "100"},
    {"squareplus", "b", "3e38"},
    {"identity", "a", "-0.75"},
    {"identity", "c", "2.5"},
    {"pow", "p", "1"},
    {"pow", "p", "3"},
    {"pow", "p", "1.5"},
    {"pow", "p", "-0.5"},
    {"pow", "p", "-1"},
    {"pow", "p", "-2"},
    {"pow", "p", "0.5"},
    {"pow", "p", "0.3"},
    {"clip", "low", "-0.5"},
    {"clip", "high", "6"},
    {"hardsigmoid", "a", "0.2"},
    {"hardsigmoid", "c", "0.25"},
    {"hardsigmoid", "c", "-0.2"},
    {"hardswish", "a", "0.2"},
    {"hardswish", "c", "0.25"},
    {"hardswish", "a", "0.3"},
    {"softshrink", "lambda", "0.1"},
    {"softshrink", "lambda", "3"},
    {"hardshrink", "lambda", "0"},
    {"hardshrink", "lambda", "3"},
    {"threshold", "threshold", "-1.5"},
    {"threshold", "value", "20"},
    {"celu", "a", "0.3"},
    {"celu", "a", "2"},
    {"snake", "a", "0.5"},
    {"snake", "a", "3"},
    {"snake", "a", "20"},
};

TEST(ParameterCases, MeasureEveryParameterOfTheTable) {
  for (const Activation &row : all_activations())
    if (row.shape == ShapeClass::element)
      for (const Parameter &parameter : definition_of(row).parameters) {
        const auto names_it = [&](const auto &part) { return part.parameter == parameter.name; };
        EXPECT_TRUE(std::ranges::any_of(
            parameter_cases, [&](const ParameterCase &c) { return c.activation == row.name && names_it(c); }))
            << row.name << " needs a few values of " << parameter.name << " in `parameter_cases`";
      }
}

class Parameters : public testing::TestWithParam<ParameterCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Parameters, testing::ValuesIn(parameter_cases),
                         [](const auto &info) { return info.param.name(); });

constexpr Pass parameter_passes[] = {Pass::forward, Pass::derivative};
constexpr std::uint64_t kParameterPoints = 1 << 15;

TEST_P(Parameters, CompiledInKeepTheBound) {
  expect_compiled_in_within_bound(GetParam(), parameter_passes, kParameterPoints);
}

TEST_P(Parameters, AsArgumentsKeepTheBound) {
  expect_as_argument_within_bound(GetParam(), parameter_passes, kParameterPoints);
}

// x/a that is subnormal where celu isn't was off by a/2 ULP; compiled in, it still is in f64 (docs/accuracy.md).
TEST(QuotientsByParameters, KeepTheirDigits) {
  for (const char *value : {"1.999", "10", "1000"})
    expect_as_argument_within_bound({"celu", "a", value}, parameter_passes, kParameterPoints);
}

}  // namespace
}  // namespace actinide::testing_support
