// Every gradient against the high-precision derivative of the definition by differences, which knows no symbolic rule.
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

namespace actinide::testing_support {
namespace {

class Gradients : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Gradients, testing::ValuesIn(kernel_cases({Pass::derivative})),
                         [](const auto &info) { return info.param.name(); });

// |computed - exact| in ULP of T at the exact value.
template <typename T>
double ulp_distance(T computed, mpfr_srcptr exact) {
  using Limits = std::numeric_limits<T>;
  long exponent = mpfr_zero_p(exact) ? Limits::min_exponent : mpfr_get_exp(exact);
  exponent = std::max<long>(exponent, Limits::min_exponent) - Limits::digits;
  mpfr_t difference;
  mpfr_init2(difference, 200);
  mpfr_d_sub(difference, static_cast<double>(computed), exact, MPFR_RNDN);
  mpfr_div_2si(difference, difference, exponent, MPFR_RNDN);
  const double ulp = std::fabs(mpfr_get_d(difference, MPFR_RNDN));
  mpfr_clear(difference);
  return ulp;
}

// A point at which the definition has a kink: both sides differ there, and the row's decision is tested elsewhere.
bool is_kink(const std::string &activation, double x) {
  const Activation &row = *find_activation(activation);
  return !row.at_kink.empty() && (x == 0 || x == -1);
}

template <typename T>
void expect_gradient_of_the_definition(const KernelCase &c) {
  static const Compiler compiler;
  const Kernel kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  const Definition &definition = definition_of(*find_activation(c.activation));
  std::vector<std::string> variables = definition.inputs;
  std::vector<double> arguments = {0};
  for (const KernelParameter &parameter : kernel.info().parameters) {
    variables.push_back(parameter.name);
    arguments.push_back(parameter.default_value);
  }
  // Options are compiled in; none of them changes the forward function.
  for (const Parameter &parameter : definition.parameters) {
    if (std::ranges::find(variables, parameter.name) != variables.end()) continue;
    variables.push_back(parameter.name);
    arguments.push_back(parameter.default_value.get_d());
  }
  const Reference reference(definition.body, variables);
  const double bound = *bound_of(c.request());
  std::vector<T> inputs = points<T>(10'500, 7);
  std::erase_if(inputs, [&](T x) { return !std::isfinite(x) || is_kink(c.activation, static_cast<double>(x)); });
  ASSERT_GE(inputs.size(), 10'000u);
  const auto outputs = run<T>(kernel, {inputs});
  mpfr_t exact;
  mpfr_init2(exact, 200);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    arguments[0] = static_cast<double>(inputs[i]);
    reference.differentiate(exact, 0, arguments);
    const bool subnormal = std::fabs(mpfr_get_d(exact, MPFR_RNDN)) < static_cast<double>(std::numeric_limits<T>::min());
    // `standard` f32 may flush subnormal results.
    if (subnormal && c.tier == Tier::standard && c.dtype == DType::f32 && outputs[0][i] == 0) continue;
    const double error = ulp_distance(outputs[0][i], exact);
    EXPECT_LE(error, bound) << "x = " << std::hexfloat << static_cast<double>(inputs[i]) << std::defaultfloat << " ("
                            << inputs[i] << "): got " << outputs[0][i] << ", exact " << mpfr_get_d(exact, MPFR_RNDN);
    if (error > bound) break;
  }
  mpfr_clear(exact);
}

TEST_P(Gradients, MatchDifferencesOfTheDefinition) {
  GetParam().dtype == DType::f32 ? expect_gradient_of_the_definition<float>(GetParam())
                                 : expect_gradient_of_the_definition<double>(GetParam());
}

struct Kink {
  const char *activation;
  double x;
  double derivative;
};

class Kinks : public testing::TestWithParam<Kink> {};

INSTANTIATE_TEST_SUITE_P(
    Table, Kinks,
    testing::Values(Kink{"relu", 0, 0}, Kink{"relu", -0.0, 0}, Kink{"relu(gradient_at_zero=1)", 0, 1},
                    Kink{"relu(gradient_at_zero=1)", -0.0, 1}, Kink{"leaky_relu(slope=0.25)", 0, 0.25},
                    Kink{"leaky_relu(slope=0.25)", -0.0, 0.25}, Kink{"srelu", -1, 0}, Kink{"srelu(a=0.5)", -0.5, 0},
                    Kink{"elu", 0, 1}, Kink{"elu(a=0.5)", 0, 0.5}, Kink{"elu(a=0.5)", -0.0, 0.5},
                    Kink{"heaviside", 0, 0}, Kink{"heaviside(value_at_zero=0.5)", 0, 0}));

TEST_P(Kinks, HaveTheDerivativeThatTheRowStates) {
  static const Compiler compiler;
  for (Tier tier : all_tiers()) {
    const auto kernel = compiler.kernel(GetParam().activation, Pass::derivative, DType::f32, {.tier = tier});
    EXPECT_EQ(run<float>(kernel, {{static_cast<float>(GetParam().x)}})[0][0],
              static_cast<float>(GetParam().derivative));
  }
  const auto kernel = compiler.kernel(GetParam().activation, Pass::derivative, DType::f64);
  EXPECT_EQ(run<double>(kernel, {{GetParam().x}})[0][0], GetParam().derivative);
}

}  // namespace
}  // namespace actinide::testing_support
