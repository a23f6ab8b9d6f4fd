// What each pass takes and gives, and where it is refused.
#include "passes.h"

#include "activations.h"
#include "error.h"
#include "expression/reference.h"
#include "from_output.h"
#include "pipeline.h"

#include <gtest/gtest.h>

#include <cmath>

namespace actinide {
namespace {

KernelRequest parse(const std::string &text, Pass pass) {
  return parse_kernel_request(text, pass, DType::f32, Tier::standard);
}

using Names = std::vector<std::string>;

struct Face {
  const char *activation;
  Pass pass;
  Names inputs, outputs;
};

class Faces : public testing::TestWithParam<Face> {};

INSTANTIATE_TEST_SUITE_P(
    Passes, Faces,
    testing::Values(
        Face{"sigmoid", Pass::forward, {"x"}, {"y"}}, Face{"sigmoid", Pass::derivative, {"x"}, {"dydx"}},
        Face{"sigmoid", Pass::backward, {"dy", "x"}, {"dx"}},
        Face{"sigmoid", Pass::backward_from_output, {"dy", "y"}, {"dx"}},
        Face{"sigmoid", Pass::forward_backward, {"x"}, {"y", "dydx"}},
        Face{"sigmoid", Pass::second_derivative, {"x"}, {"d2ydx2"}},
        Face{"sigmoid", Pass::double_backward, {"g", "dy", "x"}, {"ddy", "dx"}},
        Face{"f(x, gate) = x * gate^2", Pass::derivative, {"x", "gate"}, {"dydx", "dydgate"}},
        Face{"f(x, gate) = x * gate^2", Pass::forward_backward, {"x", "gate"}, {"y", "dydx", "dydgate"}},
        Face{"f(x, gate) = x * gate^2", Pass::second_derivative, {"x", "gate"}, {"d2ydx2", "d2ydxdgate", "d2ydgate2"}},
        Face{"f(x, gate) = x * gate^2",
             Pass::double_backward,
             {"gx", "ggate", "dy", "x", "gate"},
             {"ddy", "dx", "dgate"}},
        // Names that are taken.
        Face{"f(g; dy = 1) = g * dy", Pass::double_backward, {"g_", "dy_", "g"}, {"ddy", "dg"}},
        Face{"f(x; y = 1) = select(x > 0, x, y * x)", Pass::backward_from_output, {"dy", "y_"}, {"dx"}},
        Face{"f(y) = max(y, 0)", Pass::backward_from_output, {"dy", "y"}, {"dy_"}}));

TEST_P(Faces, HaveTheTensorsOfThePass) {
  const KernelSignature signature = signature_of(parse(GetParam().activation, GetParam().pass));
  EXPECT_EQ(signature.inputs, GetParam().inputs);
  EXPECT_EQ(signature.outputs, GetParam().outputs);
}

TEST(Passes, DifferentiateWhatTheRowCallsItsDerivative) {
  // The definition of softplus has two kinks at 0, its derivative none.
  const auto reference =
      Reference(apply_pass(parse("softplus(k=1)", Pass::second_derivative)).symbols.outputs[0].second, {"x"});
  const double zero = 0;
  EXPECT_EQ(reference.rounded({&zero, 1}, DType::f64), 0.25);
}

TEST(Passes, DoubleBackwardSumsOverTheInputs) {
  const PassKernel kernel = apply_pass(parse("f(x, gate) = x * gate^2", Pass::double_backward));
  const std::vector<double> inputs = {2, 3, 5, 7, 11};  // gx, ggate, dy, x, gate
  const auto output = [&](std::size_t i) {
    return Reference(kernel.symbols.outputs[i].second, kernel.symbols.inputs).rounded(inputs, DType::f64);
  };
  EXPECT_EQ(output(0), 2 * 121 + 3 * 2 * 7 * 11);      // gx gate^2 + ggate 2 x gate
  EXPECT_EQ(output(1), 5 * (3 * 2 * 11));              // dy (gx 0 + ggate 2 gate)
  EXPECT_EQ(output(2), 5 * (2 * 2 * 11 + 3 * 2 * 7));  // dy (gx 2 gate + ggate 2 x)
}

/// The derivative from the output that is known for a request, composed with the forward function.
Expr composed(const KernelRequest &request) {
  const Expr form = std::get<FromOutput>(derivative_from_output(request, "y")).derivative;
  const std::pair<Expr, Expr> replacement{variable("y"), request.definition.body};
  return substitute(form, {&replacement, 1});
}

class FromOutputs : public testing::TestWithParam<const char *> {};

INSTANTIATE_TEST_SUITE_P(Passes, FromOutputs,
                         testing::Values("relu", "leaky_relu(slope=0.01)", "leaky_relu(slope=0)", "srelu(a=1)",
                                         "srelu(a=-2)", "softplus(k=1)", "softplus(k=5)", "sigmoid",
                                         "heaviside(value_at_zero=0.5)", "elu(a=1)", "elu(a=0.5)", "elu(a=0)", "tanh",
                                         "squareplus(b=4)", "squareplus(b=0.001)", "f(x) = 1 / (1 + exp(-x))",
                                         "f(x) = log(1 + exp(x))", "f(u) = select(u > 0, u, u / 5)"));

// Exactly, in high precision: kinks, both sides of them, and far out.
TEST_P(FromOutputs, EqualTheDerivativeOfTheInput) {
  const KernelRequest request = parse(GetParam(), Pass::derivative);
  const Names input = request.definition.inputs;
  const Reference from_output(composed(request), input);
  const Reference derivative(apply_pass(request).symbols.outputs[0].second, input);
  for (const double x :
       {0.0, -0.0, 1e-30, -1e-30, 0.3, -0.3, 1.0, -1.0, 2.0, -2.0, 9.5, -9.5, 40.0, -40.0, 300.0, -300.0})
    EXPECT_EQ(from_output.rounded({&x, 1}, DType::f64), derivative.rounded({&x, 1}, DType::f64)) << x;
}

struct Refusal {
  const char *activation;
  const char *reason;
};

class Refusals : public testing::TestWithParam<Refusal> {};

INSTANTIATE_TEST_SUITE_P(
    Passes, Refusals,
    testing::Values(
        Refusal{"gelu", "no stable form of its derivative in terms of the output is known"},
        Refusal{"relu(gradient_at_zero=1)", "the output determines the derivative only for gradient_at_zero = 0"},
        Refusal{"leaky_relu(slope=-0.5)", "the output determines the derivative only for slope >= 0"},
        Refusal{"f(x) = select(x > 0, x, -x / 2)", "the output determines the derivative only for slope >= 0"},
        Refusal{"squareplus(b=0)", "the output determines the derivative only for b > 0"},
        Refusal{"f(x, gate) = x * gate", "one output does not determine 2 inputs"},
        Refusal{"f(x) = x * tanh(x)",
                "it is equal to no activation of the table whose derivative is known from the output"}));

TEST_P(Refusals, NameTheReasonInOneLine) {
  try {
    parse(GetParam().activation, Pass::backward_from_output);
    FAIL() << "accepted";
  } catch (const UserError &error) {
    const std::string message = error.what();
    EXPECT_TRUE(message.ends_with(std::string(" has no backward_from_output: ") + GetParam().reason + "; use backward"))
        << message;
  }
}

TEST(Passes, AParameterThatIsAnArgumentIsTheCallersCare) {
  EXPECT_EQ(remark_on(parse("leaky_relu", Pass::backward_from_output)), "Only for slope >= 0.");
  EXPECT_EQ(remark_on(parse("leaky_relu(slope=0.5)", Pass::backward_from_output)), "");
  EXPECT_EQ(remark_on(parse("elu", Pass::backward)), "Derivative: a at x = 0.");
  EXPECT_EQ(remark_on(parse("elu", Pass::second_derivative)), "At kinks: 0.");
  for (const Activation &row : all_activations())
    for (const Pass pass : all_passes()) {
      if (reason_undefined(row, pass)) continue;
      EXPECT_NO_THROW(remark_on(parse(std::string(row.name), pass))) << row.name << ' ' << to_string(pass);
    }
}

}  // namespace
}  // namespace actinide
