// Every gradient against the high-precision derivative of the definition by differences, which knows no symbolic rule.
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

namespace actinide::testing_support {
namespace {

// The derivative of a row in a dtype, as the kernels of all tiers compute it: one exact value judges them all.
using GradientCase = std::vector<KernelCase>;

std::vector<GradientCase> gradient_cases() {
  std::vector<GradientCase> cases;
  for (const KernelCase &kernel : kernel_cases({Pass::derivative})) {
    const bool is_new = cases.empty() || cases.back().front().activation != kernel.activation ||
                        cases.back().front().dtype != kernel.dtype;
    if (is_new) cases.emplace_back();
    cases.back().push_back(kernel);
  }
  return cases;
}

class Gradients : public testing::TestWithParam<GradientCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Gradients, testing::ValuesIn(gradient_cases()), [](const auto &info) {
  return info.param.front().activation + "_" + std::string(to_string(info.param.front().dtype));
});

// The value of a formula of the parameters, such as a kink's place, at those of a request (or their defaults).
double value_of(std::string_view formula, const KernelRequest &request) {
  ParameterValues values = request.bound;
  for (const Parameter &parameter : request.definition.parameters)
    values.emplace_back(parameter.name, parameter.default_value);
  std::vector<std::string> names;
  std::vector<std::pair<Expr, Expr>> replacements;
  for (const auto &[name, value] : values) {
    names.push_back(name);
    replacements.emplace_back(variable(name), constant(value));
  }
  return Reference(substitute(parse_expression(formula, names), replacements), {}).rounded({}, DType::f64);
}

bool is_kink_of(const Kink &kink, const std::string &input) {
  return kink.input.empty() || kink.input == input;
}

// A point at which the definition has no derivative, so that differences tell nothing: a kink, whose decision is tested
// below, or where the function is undefined on a side.
bool has_no_derivative(const KernelRequest &request, const Reference &function, std::vector<double> inputs,
                       std::size_t input) {
  const double x = inputs[input];
  for (const Kink &kink : request.row->kinks)
    if (is_kink_of(kink, request.definition.inputs[input]) && x == value_of(kink.at, request)) return true;
  for (const double end : {-HUGE_VAL, HUGE_VAL}) {
    inputs[input] = std::nextafter(x, end);
    if (std::isnan(function.rounded(inputs, request.dtype))) return true;
  }
  return false;
}

// Differences settle nothing where they are undecided (an argument of exp beyond 2^59), or where a derivative that is 0
// leaves them the truncation error of their step, 2^-256, alone.
bool is_unsettled(const Reference &reference, std::size_t input, std::span<const double> inputs, double computed) {
  mpfr_t exact;
  mpfr_init2(exact, 64);
  reference.differentiate(exact, input, inputs);
  const bool truncated = inputs[input] == 0 && computed == 0 && std::fabs(mpfr_get_d(exact, MPFR_RNDN)) < 0x1p-200;
  const bool unsettled = mpfr_nan_p(exact) || truncated;
  mpfr_clear(exact);
  return unsettled;
}

// `standard` f32 may flush subnormal results, which lie below 2^23 spacings.
double allowed_error(const KernelCase &c, double bound, double computed) {
  const bool may_flush = computed == 0 && c.tier == Tier::standard && c.dtype == DType::f32;
  return may_flush ? 0x1p23 - 1 : bound;
}

// The derivative by one input at random values of it; others rest at a few.
template <typename T>
void expect_gradient_of_the_definition(const GradientCase &tiers, std::span<const Kernel> kernels, std::size_t input) {
  const KernelRequest request = tiers.front().request();
  std::vector<std::string> variables = request.definition.inputs;
  std::vector<double> arguments(variables.size());
  for (const KernelParameter &parameter : kernels.front().info().parameters) {
    variables.push_back(parameter.name);
    arguments.push_back(parameter.default_value);
  }
  const Reference reference(request.definition.body, variables);
  std::vector<std::vector<T>> tensors = inputs_for<T>(kernels.front(), 10'500);
  // In f64 nothing is wider than a gate's subnormal derivative: a factor above 1 brings its rounding back.
  const T rests[] = {T(1), T(-0.75), T(sizeof(T) == sizeof(double) ? 0.5 : 3.25)};
  for (std::size_t k = 0; k < tensors.size(); ++k)
    for (std::size_t i = 0; k != input && i < tensors[k].size(); ++i) tensors[k][i] = rests[i % std::size(rests)];
  std::vector<std::vector<T>> computed;
  for (const Kernel &kernel : kernels) computed.push_back(run<T>(kernel, tensors)[input]);
  std::vector<double> bounds;
  for (const KernelCase &c : tiers) bounds.push_back(*bound_of(c.request()));
  std::size_t compared = 0;
  for (std::size_t i = 0; i < tensors[input].size(); ++i) {
    for (std::size_t k = 0; k < tensors.size(); ++k) arguments[k] = static_cast<double>(tensors[k][i]);
    if (!std::ranges::all_of(arguments, [](double x) { return std::isfinite(x); })) continue;
    if (has_no_derivative(request, reference, arguments, input)) continue;
    ++compared;
    std::vector<double> y;
    for (const std::vector<T> &values : computed) y.push_back(static_cast<double>(values[i]));
    const std::vector<double> errors = reference.derivative_ulp_errors(y, input, arguments, request.dtype);
    for (std::size_t k = 0; k < tiers.size(); ++k) {
      const double allowed = allowed_error(tiers[k], bounds[k], y[k]);
      if (errors[k] > allowed && is_unsettled(reference, input, arguments, y[k])) continue;
      ASSERT_LE(errors[k], allowed) << tiers[k].name() << " at " << std::hexfloat << arguments[input]
                                    << std::defaultfloat << " (" << arguments[input] << "): got " << y[k];
    }
  }
  EXPECT_GE(compared, 4'000u);  // log and sqrt exist on half of them
}

template <typename T>
void expect_gradients_of_the_definition(const GradientCase &tiers) {
  std::vector<Kernel> kernels;
  for (const KernelCase &c : tiers)
    kernels.push_back(compiler().kernel(c.activation, c.pass, c.dtype, {.tier = c.tier}));
  for (std::size_t input = 0; input < kernels.front().info().inputs.size(); ++input)
    expect_gradient_of_the_definition<T>(tiers, kernels, input);
}

TEST_P(Gradients, MatchDifferencesOfTheDefinition) {
  with_element(GetParam().front().dtype, [&]<typename T>(T) { expect_gradients_of_the_definition<T>(GetParam()); });
}

// Rows with kinks as they are, and with parameters that move them or their decision.
std::vector<std::string> requests_with_kinks() {
  std::vector<std::string> requests = {"relu(gradient_at_zero=1)",
                                       "leaky_relu(slope=0.25)",
                                       "srelu(a=0.5)",
                                       "elu(a=0.5)",
                                       "relu6",
                                       "hardsigmoid(a=1/4)",
                                       "hardswish(a=1/4)",
                                       "softshrink(lambda=2)",
                                       "hardshrink(lambda=0)",
                                       "threshold(threshold=-1)",
                                       "heaviside(value_at_zero=0.5)"};
  for (const Activation &row : all_activations())
    if (!row.kinks.empty() && row.shape == ShapeClass::element) requests.emplace_back(row.name);
  return requests;
}

class Kinks : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Table, Kinks, testing::ValuesIn(requests_with_kinks()), [](const auto &info) {
  std::string name = info.param;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

template <typename T>
void expect_decided(const std::string &text, Tier tier) {
  const DType dtype = dtype_of<T>;
  const KernelRequest request = parse_kernel_request(text, Pass::derivative, dtype, tier);
  const auto kernel = compiler().kernel(text, Pass::derivative, dtype, {.tier = tier});
  const std::vector<std::string> &inputs = request.definition.inputs;
  for (const Kink &kink : request.row->kinks)
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      if (!is_kink_of(kink, inputs[input])) continue;
      const auto at = static_cast<double>(static_cast<T>(value_of(kink.at, request)));
      for (const double x : {at, at == 0 ? -at : at}) {
        std::vector<std::vector<T>> tensors(inputs.size(), {T(1)});
        tensors[input] = {static_cast<T>(x)};
        EXPECT_EQ(bits(run<T>(kernel, tensors)[input][0]), bits(static_cast<T>(value_of(kink.derivative, request))))
            << kernel.info().name << " at " << inputs[input] << " = " << x;
      }
    }
}

TEST_P(Kinks, HaveTheDerivativeThatTheRowStates) {
  for (DType dtype : all_dtypes())
    for (Tier tier : common_tiers(dtype))
      with_element(dtype, [&]<typename T>(T) { expect_decided<T>(GetParam(), tier); });
}

// Calls test(x, derivative) for each kink of a request of one input.
template <typename Test>
void for_each_kink(const std::string &text, Test &&test) {
  const KernelRequest request = parse_kernel_request(text, Pass::forward, DType::f64, Tier::standard);
  if (request.definition.inputs.size() > 1) return;
  for (const Kink &kink : request.row->kinks) test(value_of(kink.at, request), value_of(kink.derivative, request));
}

TEST_P(Kinks, HaveNoSecondDerivative) {
  for_each_kink(GetParam(), [&](double x, double) {
    const auto kernel = compiler().kernel(GetParam(), Pass::second_derivative, DType::f64);
    EXPECT_EQ(run<double>(kernel, {{x}})[0][0], 0) << "x = " << x;
  });
}

// From the y that forward gives; where the output doesn't determine the derivative there is no such kernel.
TEST_P(Kinks, HaveTheSameDerivativeFromTheOutput) {
  KernelRequest request = parse_kernel_request(GetParam(), Pass::forward, DType::f64, Tier::standard);
  request.pass = Pass::backward_from_output;
  if (const auto reason = reason_undefined(request)) GTEST_SKIP() << *reason;
  const auto forward = compiler().kernel(GetParam(), Pass::forward, DType::f64);
  const auto backward = compiler().kernel(GetParam(), Pass::backward_from_output, DType::f64);
  for_each_kink(GetParam(), [&](double x, double derivative) {
    const auto y = run<double>(forward, {{x}});
    EXPECT_EQ(run<double>(backward, {{1}, y[0]})[0][0], derivative) << "x = " << x;
  });
}

// f'' against differences of the exact f', which the tests above hold against f.
TEST(SecondDerivatives, MatchDifferencesOfTheDerivative) {
  for (const KernelCase &c : kernel_cases({Pass::second_derivative})) {
    if (c.dtype != DType::f64) continue;
    const Kernel kernel = compiler().kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
    KernelRequest request = c.request();
    request.pass = Pass::derivative;
    const SymbolicKernel derivative = apply_pass(request).symbols;
    std::vector<std::string> variables = derivative.inputs;
    std::vector<double> arguments(variables.size(), 0.0);
    for (const KernelParameter &parameter : kernel.info().parameters) {
      variables.push_back(parameter.name);
      arguments.push_back(parameter.default_value);
    }
    const Reference reference(derivative.outputs[0].second, variables);
    for (const double x : {-20.0, -5.5, -2.25, -0.75, -0x1p-30, 0x1p-30, 0.5, 1.75, 6.0, 17.33, 40.3}) {
      const auto is_here = [&](const Kink &kink) { return std::abs(value_of(kink.at, request)) == std::abs(x); };
      if (std::ranges::any_of(request.row->kinks, is_here)) continue;
      std::fill_n(arguments.begin(), derivative.inputs.size(), x);
      const std::vector<std::vector<double>> inputs(derivative.inputs.size(), {x});
      const double computed = run<double>(kernel, inputs)[0][0];
      EXPECT_LE(reference.derivative_ulp_error(computed, 0, arguments, DType::f64), 4) << c.name() << ", x = " << x;
    }
  }
}

// sqrt(x^2) has a kink at 0, sqrt(x^2 + b) has none: there f'' is 1 / (2 sqrt(b)).
TEST(Squareplus, HasASecondDerivativeAtZero) {
  for (const auto &[b, exact] : {std::pair{4.0, 0.25}, std::pair{16.0, 0.125}, std::pair{0.0, 0.0}}) {
    double x[] = {-0.0, 0}, y[] = {7, 7};
    void *buffers[] = {x, y};
    ASSERT_EQ(Compiler().kernel("squareplus", Pass::second_derivative, DType::f64).run(buffers, 2, &b), 0);
    EXPECT_EQ(y[0], exact) << "b = " << b;
    EXPECT_EQ(y[1], exact) << "b = " << b;
  }
}

TEST(SquareplusOfZero, HasSlopeOneHalfAtZero) {
  for (Tier tier : tiers_of(DType::f64)) {
    const Kernel kernel = Compiler().kernel("squareplus", Pass::derivative, DType::f64, {.tier = tier});
    double x[] = {-0.0, 0}, y[] = {7, 7};
    void *buffers[] = {x, y};
    const double b = 0;
    ASSERT_EQ(kernel.run(buffers, 2, &b), 0);
    EXPECT_EQ(y[0], 0.5);
    EXPECT_EQ(y[1], 0.5);
    const Kernel compiled_in = Compiler().kernel("squareplus(b=0)", Pass::derivative, DType::f64, {.tier = tier});
    ASSERT_EQ(compiled_in.run(buffers, 2), 0);
    EXPECT_EQ(y[0], 0.5);
    EXPECT_EQ(y[1], 0.5);
  }
}

}  // namespace
}  // namespace actinide::testing_support
