// The passes beyond forward, derivative and backward: every row that has the pass, in every dtype and tier.
#include "tests/kernels/bound.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

const std::vector<Pass> passes = {Pass::backward_from_output, Pass::forward_backward, Pass::second_derivative,
                                  Pass::double_backward};

TEST(Passes, AreMeasuredHereOrInAccuracyTest) {
  EXPECT_EQ(passes.size() + 4, all_passes().size())
      << "forward, derivative, backward: accuracy_test.cpp; parameter_gradient: shaped_test.cpp";
  std::size_t refused = 0;
  for (const Activation &row : all_activations())
    for (Pass pass : passes) refused += reason_undefined(row, pass) ? 1 : 0;
  std::cout << kernel_cases(passes).size() << " kernels; refused with a reason: " << refused << " of row x pass\n";
}

class PassesAccuracy : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, PassesAccuracy, testing::ValuesIn(kernel_cases(passes)),
                         [](const auto &info) { return info.param.name(); });

TEST_P(PassesAccuracy, KeepTheBoundOfTheRow) {
  const bool second = GetParam().pass == Pass::second_derivative;
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << (second ? 16 : 15));
}

// Without fma the bits may differ, the bounds hold all the same.
TEST_P(PassesAccuracy, KeepItWithoutFma) {
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << 12, "x86-64-v2");
}

// Not elu(a=0): its second derivative is the constant 0, which NaN doesn't reach (docs/accuracy.md).
class Parameters : public testing::TestWithParam<ParameterCase> {};

INSTANTIATE_TEST_SUITE_P(
    Table, Parameters,
    testing::Values(ParameterCase{"leaky_relu", "slope", "0"}, ParameterCase{"leaky_relu", "slope", "0.25"},
                    ParameterCase{"leaky_relu", "slope", "-0.5"}, ParameterCase{"leaky_relu", "slope", "1.5"},
                    ParameterCase{"srelu", "a", "-1"}, ParameterCase{"srelu", "a", "2.5"},
                    ParameterCase{"swish", "beta", "-1"}, ParameterCase{"swish", "beta", "3"},
                    ParameterCase{"softplus", "k", "0.125"}, ParameterCase{"softplus", "k", "5"},
                    ParameterCase{"elu", "a", "0.5"}, ParameterCase{"elu", "a", "3"},
                    ParameterCase{"squareplus", "b", "0.001953125"}, ParameterCase{"squareplus", "b", "100"}),
    [](const auto &info) { return info.param.name(); });

constexpr std::uint64_t kParameterPoints = 1 << 11;

TEST_P(Parameters, CompiledInKeepTheBound) {
  expect_compiled_in_within_bound(GetParam(), passes, kParameterPoints);
}

TEST_P(Parameters, AsArgumentsKeepTheBound) {
  expect_as_argument_within_bound(GetParam(), passes, kParameterPoints);
}

}  // namespace
}  // namespace actinide::testing_support
