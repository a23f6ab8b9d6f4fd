// The table itself: every row is complete and consistent before any kernel is made of it.
#include "activations.h"
#include "error.h"
#include "pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace actinide {
namespace {

class EveryRow : public testing::TestWithParam<const Activation *> {
 protected:
  const Activation &row() const { return *GetParam(); }
};

std::vector<const Activation *> rows() {
  std::vector<const Activation *> list;
  for (const Activation &row : all_activations()) list.push_back(&row);
  return list;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryRow, testing::ValuesIn(rows()),
                         [](const auto &info) { return std::string(info.param->name); });

TEST_P(EveryRow, DefinitionCarriesTheRowsName) {
  EXPECT_EQ(definition_of(row()).name, row().name);
}

TEST_P(EveryRow, ConstraintsNameParameters) {
  for (const Constraint &constraint : row().constraints) {
    const Parameter *parameter = definition_of(row()).find_parameter(constraint.parameter);
    ASSERT_NE(parameter, nullptr) << constraint.parameter;
    if (constraint.low) {
      EXPECT_GE(parameter->default_value, *constraint.low);
    }
    if (constraint.high) {
      EXPECT_LE(parameter->default_value, *constraint.high);
    }
  }
}

TEST_P(EveryRow, IsFoundByNameAndAliases) {
  EXPECT_EQ(find_activation(row().name), &row());
  for (std::string_view alias : row().aliases) EXPECT_EQ(find_activation(alias), &row()) << alias;
}

TEST_P(EveryRow, EveryPassHasASignature) {
  for (Pass pass : all_passes()) {
    const KernelRequest request = parse_kernel_request(std::string(row().name), pass, DType::f32, Tier::standard);
    const KernelSignature signature = signature_of(request);
    EXPECT_EQ(signature.base_name(), std::string(row().name) + "_" + std::string(to_string(pass)) + "_f32");
    EXPECT_EQ(signature.outputs.size(), pass == Pass::forward ? 1 : definition_of(row()).inputs.size());
    EXPECT_FALSE(signature.formula.empty());
    EXPECT_TRUE(bound_of(request).has_value());
  }
}

TEST_P(EveryRow, RefusesValuesOutsideEachRange) {
  for (const Constraint &constraint : row().constraints) {
    const auto request = [&](const Rational &value) {
      return parse_kernel_request(
          std::string(row().name) + "(" + std::string(constraint.parameter) + "=" + value.get_str() + ")",
          Pass::forward, DType::f32, Tier::standard);
    };
    if (constraint.low) {
      EXPECT_THROW(request(*constraint.low - 1), UserError);
    }
    if (constraint.low && constraint.low_open) {
      EXPECT_THROW(request(*constraint.low), UserError);
    }
    if (constraint.high) {
      EXPECT_THROW(request(*constraint.high + 1), UserError);
    }
    if (constraint.low && !constraint.low_open) {
      EXPECT_NO_THROW(request(*constraint.low));
    }
  }
}

TEST(Table, HoldsTheElementRowsOfTheCatalogue) {
  // From the catalogue of the project's order: these rows may never go missing.
  for (const char *name : {"relu", "leaky_relu", "srelu", "gelu", "gelu_tanh", "gelu_sigmoid", "silu", "swish",
                           "softplus", "sigmoid", "heaviside", "elu", "mish", "tanh", "squareplus"})
    EXPECT_NE(find_activation(name), nullptr) << name;
}

TEST(Requests, BoundParametersEnterTheLabelAndLeaveTheArguments) {
  const KernelRequest request =
      parse_kernel_request("leaky_relu(slope=0.2)", Pass::backward, DType::f32, Tier::standard);
  const KernelSignature signature = signature_of(request);
  EXPECT_EQ(signature.base_name(), "leaky_relu_slope0p2_backward_f32");
  EXPECT_EQ(signature.inputs, (std::vector<std::string>{"dy", "x"}));
  EXPECT_EQ(signature.outputs, (std::vector<std::string>{"dx"}));
  EXPECT_TRUE(signature.parameters.empty());
}

TEST(Requests, UnboundParametersAreArguments) {
  const auto signature = signature_of(parse_kernel_request("leaky_relu", Pass::forward, DType::f32, Tier::standard));
  EXPECT_EQ(signature.parameters, (std::vector<std::string>{"slope"}));
}

TEST(Requests, OptionsAreAlwaysCompiledIn) {
  const auto signature = signature_of(parse_kernel_request("heaviside", Pass::forward, DType::f32, Tier::standard));
  EXPECT_TRUE(signature.parameters.empty());
}

TEST(Requests, GradientAtZeroOfReluIsTheOption) {
  const auto derivative = [](const char *text) {
    return signature_of(parse_kernel_request(text, Pass::derivative, DType::f32, Tier::standard)).formula;
  };
  EXPECT_NE(derivative("relu"), derivative("relu(gradient_at_zero=1)"));
}

TEST(Requests, TwoInputsGiveTwoGradients) {
  const auto signature =
      signature_of(parse_kernel_request("mine(x, gate) = x * silu(gate)", Pass::backward, DType::f32, Tier::standard));
  EXPECT_EQ(signature.inputs, (std::vector<std::string>{"dy", "x", "gate"}));
  EXPECT_EQ(signature.outputs, (std::vector<std::string>{"dx", "dgate"}));
}

TEST(Requests, NamesThatCollideWithOursAreEvaded) {
  const auto signature =
      signature_of(parse_kernel_request("mine(x, y, dx) = x * y * dx", Pass::backward, DType::f32, Tier::standard));
  std::set<std::string> names(signature.inputs.begin(), signature.inputs.end());
  names.insert(signature.outputs.begin(), signature.outputs.end());
  EXPECT_EQ(names.size(), signature.inputs.size() + signature.outputs.size());
}

void expect_user_error(const std::string &text, const std::string &message) {
  try {
    parse_kernel_request(text, Pass::forward, DType::f32, Tier::standard);
    FAIL() << text << " was accepted";
  } catch (const UserError &error) {
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
  }
}

TEST(Requests, MistakesNameCauseAndRemedy) {
  expect_user_error("gellu", "did you mean 'gelu'");
  expect_user_error("gelu(slope=1)", "gelu has no parameter 'slope'");
  expect_user_error("leaky_relu(slop=1)", "it has slope");
  expect_user_error("softplus(k=0)", "k > 0");
  expect_user_error("softplus(k=-1)", "k > 0");
  expect_user_error("relu(gradient_at_zero=0.5)", "gradient_at_zero is 0 or 1");
  expect_user_error("", "");
}

}  // namespace
}  // namespace actinide
