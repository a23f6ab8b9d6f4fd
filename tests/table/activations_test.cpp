// The table itself: every row is complete and consistent before any kernel is made of it.
#include "activations.h"
#include "error.h"
#include "passes.h"
#include "pipeline.h"
#include "tests/table/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iostream>
#include <iterator>
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

// `clip(low=0, high=6)`
std::string request_with(std::string_view name, const ParameterValues &values) {
  std::string list;
  for (const auto &[parameter, value] : values)
    list += (list.empty() ? "" : ", ") + parameter + " = " + value.get_str();
  return std::string(name) + (list.empty() ? "" : "(" + list + ")");
}

std::string formula_of(const std::string &text, Pass pass) {
  return signature_of(parse_kernel_request(text, pass, DType::f32, Tier::standard)).formula;
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

TEST_P(EveryRow, EveryPassHasASignatureOrAReason) {
  for (Pass pass : all_passes()) {
    if (const auto reason = reason_undefined(row(), pass)) {
      EXPECT_TRUE(reason->starts_with(std::string(row().name) + " has no " + std::string(to_string(pass)) + ": "));
      EXPECT_EQ(reason->find('\n'), std::string::npos);
      EXPECT_THROW(parse_kernel_request(std::string(row().name), pass, DType::f32, Tier::standard), UserError);
      continue;
    }
    const KernelRequest request = parse_kernel_request(std::string(row().name), pass, DType::f32, Tier::standard);
    const KernelSignature signature = signature_of(request);
    EXPECT_EQ(signature.base_name(), std::string(row().name) + "_" + std::string(to_string(pass)) + "_f32");
    EXPECT_FALSE(signature.outputs.empty());
    EXPECT_FALSE(signature.formula.empty());
    const bool may_cancel = pass == Pass::double_backward && request.definition.inputs.size() > 1;
    EXPECT_TRUE(bound_of(request).has_value() || may_cancel);
  }
}

// The requests that forms make of a row.
std::vector<std::string> forms_of(const Activation &row) {
  std::vector<std::string> requests;
  if (row.shape != ShapeClass::element) return requests;
  const std::string name(row.name);
  if (definition_of(row).inputs.size() == 2) return {"packed(" + name + ")"};
  return {"gated(" + name + ")", "packed(gated(" + name + "))", "biased(" + name + ")", "residual(" + name + ")",
          "residual(biased(" + name + "))"};
}

bool is_defined(const std::string &text, Pass pass, DType dtype) {
  KernelRequest request = parse_kernel_request(text, Pass::forward, dtype, Tier::standard);
  request.pass = pass;
  return !reason_undefined(request);
}

// Only what makes no sense may be refused.
bool may_lack(const Activation &row, Pass pass) {
  switch (pass) {
    case Pass::forward:
    case Pass::backward:
      return false;
    case Pass::backward_from_output:
      return true;
    case Pass::derivative:
    case Pass::forward_backward:
    case Pass::double_backward:
      return row.shape == ShapeClass::row;  // a row's derivative is a matrix
    case Pass::second_derivative:
      return row.shape == ShapeClass::row || row.shape == ShapeClass::group;
    case Pass::parameter_gradient: {
      const auto is_option = [&](const Parameter &parameter) {
        const Constraint *constraint = find_constraint(row, parameter.name);
        return constraint != nullptr && constraint->option;
      };
      return row.shape != ShapeClass::channel && std::ranges::all_of(definition_of(row).parameters, is_option);
    }
  }
  return false;
}

TEST(Table, CountsWhatIsDefined) {
  int defined = 0, refused = 0;
  for (const Activation &row : all_activations())
    for (Pass pass : all_passes()) {
      const bool is_defined = !reason_undefined(row, pass);
      (is_defined ? defined : refused) += 1;
      EXPECT_TRUE(is_defined || may_lack(row, pass)) << row.name << " " << to_string(pass);
    }
  std::cout << defined << " of row x pass are defined, " << refused << " refused with a reason\n";
  std::size_t of_rows = 0, of_forms = 0;
  for (const Activation &row : all_activations())
    for (Pass pass : all_passes())
      for (DType dtype : all_dtypes()) {
        of_rows += is_defined(std::string(row.name), pass, dtype) ? 1 : 0;
        for (const std::string &text : forms_of(row)) of_forms += is_defined(text, pass, dtype) ? 1 : 0;
      }
  std::cout << "with dtypes: " << of_rows << ", and " << of_forms << " in forms\n";
  for (const char *name :
       {"relu", "leaky_relu", "srelu", "softplus", "sigmoid", "heaviside", "elu", "tanh", "squareplus"})
    EXPECT_FALSE(reason_undefined(*find_activation(name), Pass::backward_from_output)) << name;
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
  for (const std::string_view name : testing_support::kRectifierFamily)
    EXPECT_NE(find_activation(name), nullptr) << name;
  for (const std::string_view name : testing_support::kRestOfTheField)
    EXPECT_NE(find_activation(name), nullptr) << name;
}

TEST_P(EveryRow, PresetsAreTheRowWithParametersBound) {
  for (const Preset &preset : row().presets) {
    const KernelRequest short_form =
        parse_kernel_request(std::string(preset.name), Pass::backward, DType::f32, Tier::standard);
    EXPECT_EQ(short_form.row, &row());
    EXPECT_EQ(short_form.label, preset.name);
    EXPECT_EQ(short_form.bound.size(), preset.bound.size());
    EXPECT_EQ(signature_of(short_form).formula, formula_of(request_with(row().name, preset.bound), Pass::backward));
  }
}

TEST_P(EveryRow, KinksAreFormulasOfTheParameters) {
  std::vector<std::string> names;
  for (const Parameter &parameter : definition_of(row()).parameters) names.push_back(parameter.name);
  const std::vector<std::string> &inputs = definition_of(row()).inputs;
  if (row().shape == ShapeClass::channel) names.insert(names.end(), inputs.begin() + 1, inputs.end());
  for (const Kink &kink : row().kinks) {
    EXPECT_NO_THROW(parse_expression(kink.at, names));
    EXPECT_NO_THROW(parse_expression(kink.derivative, names));
    if (inputs.size() > 1) {
      EXPECT_NE(std::ranges::find(inputs, kink.input), inputs.end()) << "a kink of which input?";
    }
  }
}

// A gate of any row of one input is the product written out, and its derivative is the row's.
TEST_P(EveryRow, MayGateAnother) {
  const Definition &definition = definition_of(row());
  const std::string name(row().name), text = "gated(" + name + ")";
  if (definition.inputs.size() > 1 || row().shape != ShapeClass::element) {
    EXPECT_THROW(formula_of(text, Pass::forward), UserError);
    return;
  }
  const auto request = parse_kernel_request(text, Pass::forward, DType::f32, Tier::standard);
  EXPECT_EQ(signature_of(request).base_name(), "gated_" + name + "_forward_f32");
  EXPECT_EQ(signature_of(request).inputs, (std::vector<std::string>{"x", "gate"}));
  const std::array gate{std::pair(variable(definition.inputs[0]), variable("gate"))};
  EXPECT_TRUE(request.definition.body == variable("x") * substitute(bound(definition, request.bound).body, gate));
}

// Two inputs in one tensor are the same kernel, over rows; whatever else can't be packed.
TEST_P(EveryRow, MayBePacked) {
  const Definition &definition = definition_of(row());
  const std::string name(row().name), text = "packed(" + name + ")";
  if (definition.inputs.size() != 2 || row().shape != ShapeClass::element) {
    EXPECT_THROW(formula_of(text, Pass::forward), UserError);
    return;
  }
  const auto signature = [&](Pass pass) {
    return signature_of(parse_kernel_request(text, pass, DType::f32, Tier::standard));
  };
  EXPECT_EQ(signature(Pass::forward).base_name(), "packed_" + name + "_forward_f32");
  EXPECT_EQ(signature(Pass::forward).inputs, (std::vector<std::string>{"x"}));
  EXPECT_EQ(signature(Pass::backward).inputs, (std::vector<std::string>{"dy", "x"}));
  EXPECT_EQ(signature(Pass::backward).outputs, (std::vector<std::string>{"dx"}));
  EXPECT_EQ(signature(Pass::derivative).outputs, (std::vector<std::string>{"dydx"}));
  EXPECT_EQ(formula_of(text, Pass::backward), formula_of(name, Pass::backward));
}

// Sums before and after any row of one input.
TEST_P(EveryRow, MayBeFused) {
  const std::string name(row().name);
  const bool fits = definition_of(row()).inputs.size() == 1 && row().shape == ShapeClass::element;
  for (const std::string &text : {"biased(" + name + ")", "residual(" + name + ")", "residual(biased(" + name + "))"})
    for (Pass pass : all_passes()) {
      const bool has_pass = pass == Pass::forward || pass == Pass::backward ||
                            (pass == Pass::derivative && !text.starts_with("residual"));
      const auto request = [&] { return parse_kernel_request(text, pass, DType::f32, Tier::standard); };
      if (fits && has_pass) {
        EXPECT_EQ(request().shape, text.starts_with("residual(" + name) ? ShapeClass::element : ShapeClass::channel);
      } else {
        EXPECT_THROW(request(), UserError) << text << " " << to_string(pass);
      }
    }
}

TEST(Table, DocumentsNameEveryKink) {
  std::ifstream file(std::string(ACTINIDE_SOURCE_DIR) + "/docs/passes.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const Activation &row : all_activations())
    for (const Kink &kink : row.kinks) {
      const std::string_view input = kink.input.empty() ? "x" : kink.input;
      const std::string line = fmt::format("| {} | {} = {} | {} |", row.name, input, kink.at, kink.derivative);
      EXPECT_NE(text.find(line), std::string::npos) << "docs/passes.md lacks " << line;
    }
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

TEST(Requests, AGateHasItsOwnName) {
  const auto signature =
      signature_of(parse_kernel_request("gated(leaky_relu(slope=0.2))", Pass::backward, DType::f32, Tier::standard));
  EXPECT_EQ(signature.base_name(), "gated_leaky_relu_slope0p2_backward_f32");
  EXPECT_EQ(signature.inputs, (std::vector<std::string>{"dy", "x", "gate"}));
  EXPECT_EQ(signature.outputs, (std::vector<std::string>{"dx", "dgate"}));
}

TEST(Requests, TheDerivativeOfAGateIsTheRows) {
  EXPECT_NE(formula_of("gated(relu)", Pass::derivative),
            formula_of("gated(relu(gradient_at_zero=1))", Pass::derivative));
  EXPECT_NE(formula_of("gated(clip)", Pass::derivative),
            formula_of("mine(x, gate) = x * clip(gate)", Pass::derivative));
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
  expect_user_error("sillu", "did you mean 'silu'");
  expect_user_error("gelu(slope=1)", "gelu has no parameter 'slope'");
  expect_user_error("leaky_relu(slop=1)", "it has slope");
  expect_user_error("softplus(k=0)", "k > 0");
  expect_user_error("softplus(k=-1)", "k > 0");
  expect_user_error("relu(gradient_at_zero=0.5)", "gradient_at_zero is 0 or 1");
  expect_user_error("f(x) = 2 * softmax(x)", "functions of single elements only");
  expect_user_error("gated(maxout)", "maxout is not element-wise");
  expect_user_error("clip(low=2, high=1)", "clip: high = 1 is outside its range: high >= low");
  expect_user_error("relu6(high=5)", "relu6 has no parameter 'high'; it has none");
  expect_user_error("gated(swiglu)", "swiglu has 2 inputs; gated(...) takes an activation of one input");
  expect_user_error("gated(gated(silu))", "takes an activation of one input");
  expect_user_error("gated", "gated takes one activation in parentheses, as in gated(silu)");
  expect_user_error("gated(leaky_relu(slop=1))", "it has slope");
  expect_user_error("packed(relu)", "relu has 1 input; packed(...) takes an activation of two inputs");
  expect_user_error("packed(f(x, y, z) = x * y * z)", "f has 3 inputs; packed(...) takes an activation of two inputs");
  expect_user_error("packed(prelu)", "prelu is not element-wise");
  expect_user_error("packed(packed(glu))", "takes an activation of two inputs or gated(...), which packed(...) is not");
  expect_user_error("gated(packed(glu))", "takes an activation of one input, which packed(...) is not");
  expect_user_error("packed(glu", "packed takes one activation in parentheses, as in packed(swiglu)");
  expect_user_error("packed(x) = x", "'packed' is taken by the language");
  expect_user_error("", "");
}

// What plain arithmetic rounds once is as exact as can be, in every tier.
TEST(Precision, IsPlainWhereOneRoundingIsAll) {
  const auto compute = [](const char *text, Tier tier, DType dtype) {
    return precision_of(parse_kernel_request(text, Pass::forward, dtype, tier), parse_target("x86-64-v3")).compute;
  };
  for (const char *text : {"relu", "leaky_relu", "clip", "square", "reglu", "f(x) = select(x < 1, x/4, 2*x + 3)"}) {
    EXPECT_EQ(compute(text, Tier::exact, DType::f32), Compute::f32) << text;
    EXPECT_EQ(compute(text, Tier::faithful, DType::f32), Compute::f32) << text;
    EXPECT_EQ(compute(text, Tier::standard, DType::f64), Compute::f64) << text;
  }
  // 0.2 and 1/3 are no numbers of f32; two roundings; an approximation.
  for (const char *text : {"leaky_relu(slope=0.2)", "f(x) = x/3", "f(x) = x*x*x", "silu", "f(x) = pi*x"})
    for (const Tier tier : {Tier::faithful, Tier::exact})
      EXPECT_NE(compute(text, tier, DType::f32), Compute::f32) << text;
}

}  // namespace
}  // namespace actinide
