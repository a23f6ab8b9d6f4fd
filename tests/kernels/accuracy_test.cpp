// The accuracy contract: every row, forward, derivative and backward, in every dtype and tier, against the reference.
// The bound is the one that the row promises (pipeline: bound_of). 2^22 random points over all exponents, and the
// neighbourhoods of every danger point, root, saturation and change of kind.
#include "accuracy/sweep.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20240229;

// A kernel as a function of x, everything else fixed.
struct Subject {
  Kernel kernel;
  double dy;
  std::vector<double> parameters;

  template <typename T>
  void evaluate(std::span<const double> x, std::span<double> y) const {
    const KernelInfo &info = kernel.info();
    std::vector<T> in(x.begin(), x.end()), gradient(x.size(), static_cast<T>(dy)), out(x.size());
    std::vector<void *> buffers = {in.data(), out.data()};
    if (info.pass == Pass::backward) buffers.insert(buffers.begin(), gradient.data());
    ASSERT_EQ(kernel.run(buffers.data(), x.size(), parameters.data()), 0);
    std::copy(out.begin(), out.end(), y.begin());
  }
};

std::vector<double> default_parameters(const KernelCase &c) {
  static const Compiler compiler;
  std::vector<double> values;
  for (const KernelParameter &parameter :
       compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}).info().parameters)
    values.push_back(parameter.default_value);
  return values;
}

void expect_within_bound(const KernelCase &c, const std::vector<double> &parameters, std::uint64_t points,
                         const std::string &target = {}) {
  const Compiler compiler({.target = target});
  const KernelRequest request = c.request();
  const Subject subject{.kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}),
                        .dy = c.dtype == DType::f32 ? static_cast<double>(1.0F / 3) : 1.0 / 3,
                        .parameters = parameters};
  const Stages stages = make_stages(request, parse_target(compiler.target()));
  const SymbolicKernel &exact = stages.exact;
  std::vector<std::string> variables = exact.inputs;
  variables.insert(variables.end(), exact.parameters.begin(), exact.parameters.end());
  std::vector<double> inputs;
  if (c.pass == Pass::backward) inputs.push_back(subject.dy);
  const std::size_t varying = inputs.size();
  inputs.push_back(0);
  inputs.insert(inputs.end(), parameters.begin(), parameters.end());
  const Reference reference(exact.outputs[0].second, variables);
  const auto run = [&](std::span<const double> x, std::span<double> y) {
    c.dtype == DType::f32 ? subject.evaluate<float>(x, y) : subject.evaluate<double>(x, y);
  };
  Measurement measurement{
      .reference = reference, .kernel = run, .dtype = c.dtype, .inputs = inputs, .varying = varying};
  if (const auto window = excused_window_of(request, parameters))
    measurement.excuse = Excuse{window->low, window->high, window->absolute};
  const std::vector<double> interesting = transitions(reference, c.dtype, inputs, varying);
  const SweepResult result = sweep(measurement, standard_points(c.dtype, points, kSeed, interesting));

  const double bound = *bound_of(request);
  EXPECT_LE(result.normal.ulp, bound) << "x = " << std::hexfloat << result.normal.input << std::defaultfloat << " ("
                                      << result.normal.input << "): got " << result.normal.computed << ", exact "
                                      << result.normal.exact << ", computed in " << to_string(stages.precision.compute)
                                      << ", as the row chooses";
  // `standard` f32 may flush a subnormal result; nothing else is excused.
  const bool may_flush = c.dtype == DType::f32 && c.tier == Tier::standard;
  if (!may_flush) {
    EXPECT_LE(result.subnormal.ulp, bound) << "x = " << result.subnormal.input << ": got " << result.subnormal.computed
                                           << ", exact " << result.subnormal.exact;
    EXPECT_LE(result.flushed_ulp, bound);
  }
  for (const SpecialResult &special : tabulate(measurement, special_values(c.dtype))) {
    EXPECT_EQ(std::isnan(special.computed), std::isnan(special.expected)) << "x = " << special.input;
    // f(-0) = -0 where f has that sign; with parameters as arguments, the sign of a zero that is +0 isn't promised.
    const bool promised = std::signbit(special.expected) || parameters == default_parameters(c);
    if (special.input == 0 && promised) {
      EXPECT_TRUE(special.sign_matches) << "f(" << special.input << ") is " << special.computed;
    }
  }
  std::cout << c.name() << ": " << result.points << " points, " << result.normal.ulp << " ULP at "
            << result.normal.input << "\n";
}

class Accuracy : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Accuracy, testing::ValuesIn(kernel_cases({Pass::forward, Pass::derivative})),
                         [](const auto &info) { return info.param.name(); });

TEST_P(Accuracy, KeepsTheBoundOfItsRow) {
  std::cout << "seed " << kSeed << "\n";
  expect_within_bound(GetParam(), default_parameters(GetParam()), std::uint64_t{1} << 22);
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

// Parameters other than the defaults, compiled in and as arguments.
struct ParameterCase {
  const char *activation;
  const char *parameter;
  const char *value;
};

constexpr ParameterCase parameter_cases[] = {
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
    {"softplus", "k", "0.125"},
    {"softplus", "k", "5"},
    {"softplus", "k", "100"},
    {"elu", "a", "0"},
    {"elu", "a", "0.5"},
    {"elu", "a", "3"},
    {"squareplus", "b", "0"},
    {"squareplus", "b", "0.001953125"},
    {"squareplus", "b", "1"},
    {"squareplus", "b", "100"},
};

TEST(ParameterCases, MeasureEveryParameterOfTheTable) {
  for (const Activation &row : all_activations())
    for (const Parameter &parameter : definition_of(row).parameters) {
      const auto names_it = [&](const auto &part) { return part.parameter == parameter.name; };
      const auto constraint = std::ranges::find_if(row.constraints, names_it);
      if (constraint != row.constraints.end() && constraint->option) continue;
      EXPECT_TRUE(std::ranges::any_of(parameter_cases,
                                      [&](const ParameterCase &c) { return c.activation == row.name && names_it(c); }))
          << row.name << " needs a few values of " << parameter.name << " in `parameter_cases`";
    }
}

class Parameters : public testing::TestWithParam<ParameterCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Parameters, testing::ValuesIn(parameter_cases), [](const auto &info) {
  std::string value = info.param.value;
  std::ranges::replace(value, '.', 'p');
  std::ranges::replace(value, '-', 'm');
  return std::string(info.param.activation) + "_" + info.param.parameter + value;
});

constexpr std::uint64_t kParameterPoints = 1 << 16;

TEST_P(Parameters, CompiledInKeepTheBound) {
  const auto &[activation, parameter, value] = GetParam();
  const std::string text = std::string(activation) + "(" + parameter + "=" + value + ")";
  for (Pass pass : {Pass::forward, Pass::derivative})
    for (DType dtype : all_dtypes())
      for (Tier tier : tiers_of(dtype)) {
        SCOPED_TRACE((KernelCase{text, pass, dtype, tier}.name()));
        expect_within_bound({text, pass, dtype, tier}, {}, kParameterPoints);
      }
}

TEST_P(Parameters, AsArgumentsKeepTheBound) {
  const auto &[activation, parameter, value] = GetParam();
  for (Pass pass : {Pass::forward, Pass::derivative})
    for (DType dtype : all_dtypes())
      for (Tier tier : tiers_of(dtype)) {
        SCOPED_TRACE((KernelCase{activation, pass, dtype, tier}.name()));
        expect_within_bound({activation, pass, dtype, tier}, {std::stod(value)}, kParameterPoints);
      }
}

}  // namespace
}  // namespace actinide::testing_support
