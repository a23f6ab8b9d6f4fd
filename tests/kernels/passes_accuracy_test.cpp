// The accuracy contract of the passes beyond forward, derivative and backward: every row that has the pass, in every
// dtype and tier, each output by each input that doesn't just multiply, against the reference and the row's bound.
#include "accuracy/sweep.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20250611;

// One output of a kernel as a function of one input, everything else fixed.
struct Subject {
  Kernel kernel;
  std::vector<double> inputs;
  std::vector<double> parameters;
  std::size_t varying, output;

  template <typename T>
  void evaluate(std::span<const double> x, std::span<double> y) const {
    std::vector<std::vector<T>> tensors;
    for (const double input : inputs) tensors.emplace_back(x.size(), static_cast<T>(input));
    tensors[varying] = std::vector<T>(x.begin(), x.end());
    tensors.resize(inputs.size() + kernel.info().outputs.size(), std::vector<T>(x.size()));
    std::vector<void *> buffers;
    for (std::vector<T> &tensor : tensors) buffers.push_back(tensor.data());
    ASSERT_EQ(kernel.run(buffers.data(), x.size(), parameters.data()), 0);
    std::ranges::transform(tensors[inputs.size() + output], y.begin(),
                           [](T value) { return static_cast<double>(value); });
  }
};

std::vector<double> default_parameters(const KernelCase &c) {
  std::vector<double> values;
  for (const KernelParameter &parameter :
       Compiler().kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}).info().parameters)
    values.push_back(parameter.default_value);
  return values;
}

// The points at which the varying input is measured.
PointSet points_for(const KernelCase &c, const Reference &reference, const Reference &forward,
                    const std::vector<double> &values, std::size_t varying, std::uint64_t count) {
  PointSet points = standard_points(c.dtype, count, kSeed, transitions(reference, c.dtype, values, varying));
  if (c.pass != Pass::backward_from_output) return points;
  return outputs_among(std::move(points), forward, c.dtype,
                       {values.begin() + static_cast<long>(varying), values.end()});
}

void expect_kept(const KernelCase &c, const SweepResult &result, std::optional<double> bound) {
  if (!bound) {
    std::cout << "  no bound is promised\n";
    return;
  }
  EXPECT_LE(result.normal.ulp, *bound) << "at " << std::hexfloat << result.normal.input << std::defaultfloat << " ("
                                       << result.normal.input << "): got " << result.normal.computed << ", exact "
                                       << result.normal.exact;
  if (c.dtype == DType::f32 && c.tier == Tier::standard) return;  // may flush a subnormal result
  EXPECT_LE(result.subnormal.ulp, *bound) << "at " << result.subnormal.input << ": got " << result.subnormal.computed
                                          << ", exact " << result.subnormal.exact;
  EXPECT_LE(result.flushed_ulp, *bound);
}

// NaN where the exact result is NaN and nowhere else; the sign of f(-0) where f has one.
void expect_special_values(const KernelCase &c, const Measurement &measurement, bool all_signs) {
  for (const SpecialResult &special : tabulate(measurement, special_values(c.dtype))) {
    EXPECT_EQ(std::isnan(special.computed), std::isnan(special.expected)) << "at " << special.input;
    if (special.input == 0 && (all_signs || std::signbit(special.expected))) {
      EXPECT_TRUE(special.sign_matches) << "at " << special.input << ": " << special.computed;
    }
  }
}

void expect_within_bound(const KernelCase &c, const std::vector<double> &parameters, std::uint64_t points,
                         const std::string &target = {}) {
  const KernelRequest request = c.request();
  const PassKernel exact = apply_pass(request);
  Subject subject{.kernel = Compiler({.target = target}).kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}),
                  .inputs = std::vector<double>(exact.symbols.inputs.size(), 1),
                  .parameters = parameters,
                  .varying = 0,
                  .output = 0};
  // What multiplies has all its digits, so that the products round.
  for (std::size_t i = 0; i < exact.factors.size(); ++i)
    subject.inputs[i] = with_element(c.dtype, [&]<typename T>(T) {
      return static_cast<double>(static_cast<T>(5.0 / static_cast<double>(3 + 4 * i)));
    });
  std::vector<std::string> names = exact.symbols.inputs, forward_names = request.definition.inputs;
  for (std::vector<std::string> *list : {&names, &forward_names})
    list->insert(list->end(), exact.symbols.parameters.begin(), exact.symbols.parameters.end());
  std::vector<double> values = subject.inputs;
  values.insert(values.end(), parameters.begin(), parameters.end());
  const Reference forward(request.definition.body, forward_names);
  for (subject.output = 0; subject.output < exact.symbols.outputs.size(); ++subject.output)
    for (subject.varying = exact.factors.size(); subject.varying < subject.inputs.size(); ++subject.varying) {
      const Reference reference(exact.symbols.outputs[subject.output].second, names);
      const Measurement measurement{.reference = reference,
                                    .kernel =
                                        [&](std::span<const double> x, std::span<double> y) {
                                          with_element(c.dtype, [&]<typename T>(T) { subject.evaluate<T>(x, y); });
                                        },
                                    .dtype = c.dtype,
                                    .inputs = values,
                                    .varying = subject.varying};
      SCOPED_TRACE(exact.symbols.outputs[subject.output].first + " by " + names[subject.varying]);
      const SweepResult result = sweep(measurement, points_for(c, reference, forward, values, subject.varying, points));
      std::cout << c.name() << ", " << exact.symbols.outputs[subject.output].first << " by " << names[subject.varying]
                << ": " << result.points << " points, " << result.normal.ulp << " ULP at " << result.normal.input
                << "\n";
      expect_kept(c, result, bound_of(request));
      if (c.pass != Pass::backward_from_output)  // few of them are outputs
        expect_special_values(c, measurement, parameters == default_parameters(c));
    }
}

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

// Parameters other than the defaults, compiled in and as arguments. Not elu(a=0): its second derivative is the constant
// 0, which NaN doesn't reach (docs/accuracy.md).
struct ParameterCase {
  const char *activation;
  const char *parameter;
  const char *value;
};

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
    [](const auto &info) {
      std::string value = info.param.value;
      std::ranges::replace(value, '.', 'p');
      std::ranges::replace(value, '-', 'm');
      return std::string(info.param.activation) + "_" + info.param.parameter + value;
    });

constexpr std::uint64_t kParameterPoints = 1 << 11;

// Calls test(case) for every pass that the activation has with this value, in every dtype and tier.
template <typename Test>
void for_each_case(const ParameterCase &parameter, const std::string &activation, Test &&test) {
  const std::string bound = std::string(parameter.activation) + "(" + parameter.parameter + "=" + parameter.value + ")";
  for (Pass pass : passes) {
    KernelRequest request = parse_kernel_request(bound, Pass::forward, DType::f32, Tier::standard);
    request.pass = pass;
    if (const auto reason = reason_undefined(request)) {
      std::cout << "refused: " << *reason << "\n";
      continue;
    }
    for (DType dtype : all_dtypes())
      for (Tier tier : tiers_of(dtype)) {
        const KernelCase c{activation, pass, dtype, tier};
        SCOPED_TRACE(c.name());
        test(c);
      }
  }
}

TEST_P(Parameters, CompiledInKeepTheBound) {
  const auto &[activation, parameter, value] = GetParam();
  for_each_case(GetParam(), std::string(activation) + "(" + parameter + "=" + value + ")",
                [](const KernelCase &c) { expect_within_bound(c, {}, kParameterPoints); });
}

TEST_P(Parameters, AsArgumentsKeepTheBound) {
  for_each_case(GetParam(), GetParam().activation,
                [](const KernelCase &c) { expect_within_bound(c, {std::stod(GetParam().value)}, kParameterPoints); });
}

}  // namespace
}  // namespace actinide::testing_support
