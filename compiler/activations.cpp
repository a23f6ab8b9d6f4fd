#include "activations.h"

#include "error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace actinide {
namespace {

// Reading a row: name, other names, definition, constraints; then, where it matters, what happens at a kink.
// `f32_forward`, `f64_derivative` and so on say that arithmetic in that type alone keeps the tier `standard` (4 ULP in
// f32, 2 in f64); without them a kernel computes in the next wider one, for instance where the derivative has an
// interior root or the argument of an exponential is itself rounded.
const std::vector<Activation> &rows() {
  static const std::vector<Activation> table = {
      {.name = "relu",
       .aliases = {"rectifier", "ramp", "positive_part"},
       .definition = "relu(x; gradient_at_zero = 0) = max(x, 0)",
       .constraints = {{.parameter = "gradient_at_zero",
                        .text = "gradient_at_zero is 0 or 1",
                        .low = 0,
                        .high = 1,
                        .integral = true,
                        .option = true}},
       .derivative = "select(x > 0, 1, select(x < 0, 0, gradient_at_zero))",
       .derivative_from_output = "select(y > 0, 1, 0)",
       .from_output_where =
           Constraint{.parameter = "gradient_at_zero", .text = "gradient_at_zero = 0", .low = 0, .high = 0},
       .kinks = {{"0", "gradient_at_zero"}},
       .f32_forward = true,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      {.name = "leaky_relu",
       .definition = "leaky_relu(x; slope = 0.01) = select(x > 0, x, slope * x)",
       .derivative_from_output = "select(y > 0, 1, slope)",
       .from_output_where = Constraint{.parameter = "slope", .text = "slope >= 0", .low = 0},
       .kinks = {{"0", "slope"}},
       .f32_forward = true,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      {.name = "srelu",
       .aliases = {"shifted_relu"},
       .definition = "srelu(x; a = 1) = max(x, -a)",
       .derivative_from_output = "select(y > -a, 1, 0)",
       .kinks = {{"-a", "0"}},
       .f32_forward = true,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      {.name = "gelu", .definition = "gelu(x) = x * normcdf(x)", .f32_forward = true, .f32_derivative = true},
      {.name = "gelu_tanh",
       .definition = "gelu_tanh(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_gated = true},
      {.name = "gelu_sigmoid",
       .aliases = {"quick_gelu"},
       .definition = "gelu_sigmoid(x) = x * sigmoid(1.702 * x)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_gated = true,
       .f32_derivative = true},
      {.name = "silu",
       .definition = "silu(x) = x * sigmoid(x)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_gated = true,
       .f32_derivative = true},
      {.name = "swish",
       .definition = "swish(x; beta = 1) = x * sigmoid(beta * x)",
       .roots_move = true,
       // x/2 + beta x^2/4: of subnormal numbers of bf16 half are ties.
       .off_ties = "select(abs(x) < 2^-120, x * (1/2 + sign(x) / 2^15), y)",
       .f32_forward = true,
       .f32_derivative = true},
      {.name = "softplus",
       .aliases = {"smooth_relu", "soft_relu"},
       .definition = "softplus(x; k = 1) = max(x, 0) + log1p(exp(-abs(k * x))) / k",
       .constraints = {{.parameter = "k", .text = "k > 0", .low = 0, .low_open = true}},
       // ln(1 + e^(k x)) / k in a form whose k x can't overflow; it is smooth at 0, where the form has two kinks.
       .derivative = "sigmoid(k * x)",
       .derivative_from_output = "-expm1(-k * y)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true},
      {.name = "sigmoid",
       .aliases = {"logistic"},
       .definition = "sigmoid(x) = sigmoid(x)",
       .derivative_from_output = "y * (1 - y)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_gated = true,
       .f32_derivative = true},
      {.name = "heaviside",
       .aliases = {"step", "binary_step"},
       .definition = "heaviside(x; value_at_zero = 0) = select(x > 0, 1, select(x < 0, 0, value_at_zero))",
       .constraints = {{.parameter = "value_at_zero", .text = "any number", .option = true}},
       .derivative_from_output = "0",
       .kinks = {{"0", "0"}},
       .f32_forward = true,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      {.name = "elu",
       .definition = "elu(x; a = 1) = select(x > 0, x, a * expm1(x))",
       .constraints = {{.parameter = "a", .text = "a >= 0", .low = 0}},
       // That of the definition would be a at 0.
       .second_derivative = "select(x < 0, a * exp(x), 0)",
       .derivative_from_output = "select(y > 0, 1, y + a)",
       .kinks = {{"0", "a"}},
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      {.name = "mish",
       .definition = "mish(x) = x * tanh(softplus(x))",
       .f32_forward = true,
       .f32_with_factor = false,
       .f32_derivative = true},
      {.name = "tanh",
       .definition = "tanh(x) = tanh(x)",
       .derivative_from_output = "(1 - y) * (1 + y)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true},
      {.name = "squareplus",
       .definition = "squareplus(x; b = 4) = (x + sqrt(x^2 + b)) / 2",
       .constraints = {{.parameter = "b", .text = "b >= 0", .low = 0}},
       // 0/0 at 0 where b = 0 is an argument.
       .derivative = "select(x == 0, 1/2, (1 + x / sqrt(x^2 + b)) / 2)",
       // That of the select would be 0 at 0, which is right for b = 0 alone.
       .second_derivative = "select(b == 0, 0, b / (2 * (x^2 + b) * sqrt(x^2 + b)))",
       // x = y - b/(4 y) and sqrt(x^2 + b) = y + b/(4 y); the second form has no infinity/infinity, the first no
       // overflow.
       .derivative_from_output = "select(y < 1, y / (y + b / (4 * y)), 1 / (1 + b / (4 * y) / y))",
       // Four roundings with dy: 2.9 ULP at y = 4.6e-8, b = 100.
       .pairs_from_output = true,
       .from_output_where = Constraint{.parameter = "b", .text = "b > 0", .low = 0, .low_open = true},
       .f32_forward = true,
       .f32_derivative = true},
      {.name = "identity", .aliases = {"linear"}, .definition = "identity(x; a = 1, c = 0) = a * x + c"},
      {.name = "abs",
       .definition = "abs(x) = abs(x)",
       .kinks = {{"0", "0"}},
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "square",
       .definition = "square(x) = x^2",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "sqrt",
       .definition = "sqrt(x) = sqrt(x)",
       .derivative_from_output = "1 / (2 * y)",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "exp",
       .definition = "exp(x) = exp(x)",
       .derivative_from_output = "y",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "log", .definition = "log(x) = log(x)", .f32_forward = true, .f32_derivative = true},
      // Compiled in, since the sign of x^p for x < 0 is a matter of the digits of p: NaN unless p is an integer.
      {.name = "pow",
       .definition = "pow(x; p = 2) = x^p",
       .constraints = {{.parameter = "p", .text = "any number", .option = true}}},
      {.name = "clip",
       .aliases = {"hardtanh"},
       .presets = {{"relu6", {{"low", 0}, {"high", 6}}}},
       .definition = "clip(x; low = -1, high = 1) = select(x > high, high, max(x, low))",
       .constraints = {{.parameter = "high", .text = "high >= low", .not_below = "low"}},
       .derivative = "select(x > low, select(x < high, 1, 0), 0)",
       .kinks = {{"low", "0"}, {"high", "0"}},
       .f32_forward = true,
       .f64_forward = true},
      {.name = "hardsigmoid",
       .definition = "hardsigmoid(x; a = 1/6, c = 1/2) = min(max(a * x + c, 0), 1)",
       .constraints = {{.parameter = "a", .text = "a > 0", .low = 0, .low_open = true, .option = true},
                       {.parameter = "c", .text = "any number", .option = true}},
       .derivative = "select(x > -c / a, select(x < (1 - c) / a, a, 0), 0)",
       .kinks = {{"-c / a", "0"}, {"(1 - c) / a", "0"}},
       .f32_by_default = true},
      {.name = "hardswish",
       .definition = "hardswish(x; a = 1/6, c = 1/2) = x * hardsigmoid(x; a = a, c = c)",
       .constraints = {{.parameter = "a", .text = "a > 0", .low = 0, .low_open = true, .option = true},
                       {.parameter = "c", .text = "any number", .option = true}},
       .derivative = "select(x > -c / a, select(x < (1 - c) / a, 2 * a * x + c, 1), 0)",
       .kinks = {{"-c / a", "0"}, {"(1 - c) / a", "1"}},
       .f32_by_default = true},
      {.name = "softsign",
       .definition = "softsign(x) = x / (1 + abs(x))",
       // abs has a kink at 0, softsign has none.
       .derivative = "1 / (1 + abs(x))^2",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true},
      // Plain arithmetic would compare x with a limit that is rounded, and here lose its digits in the difference.
      {.name = "softshrink",
       .definition = "softshrink(x; lambda = 0.5) = select(x > lambda, x - lambda, select(x < -lambda, x + lambda, 0))",
       .constraints = {{.parameter = "lambda", .text = "lambda >= 0", .low = 0}},
       .kinks = {{"-lambda", "0"}, {"lambda", "0"}}},
      {.name = "hardshrink",
       .definition = "hardshrink(x; lambda = 0.5) = select(abs(x) > lambda, x, 0)",
       .constraints = {{.parameter = "lambda", .text = "lambda >= 0", .low = 0}},
       .kinks = {{"-lambda", "0"}, {"lambda", "0"}}},
      // Beyond 20 tanh is 1 less e^-40; 2^-12 is the spacing of f32 where ties of f16 and bf16 are that of 1.
      {.name = "tanhshrink",
       .definition = "tanhshrink(x) = x - tanh(x)",
       .derivative = "tanh(x)^2",
       .off_ties = "select(abs(x) > 20, x - sign(x) * 4095 / 4096, y)"},
      {.name = "threshold",
       .definition = "threshold(x; threshold = 0, value = 0) = select(x > threshold, x, value)",
       .kinks = {{"threshold", "0"}}},
      {.name = "celu",
       .definition = "celu(x; a = 1) = select(x > 0, x, a * expm1(x / a))",
       .constraints = {{.parameter = "a", .text = "a > 0", .low = 0, .low_open = true}},
       .second_derivative = "select(x < 0, exp(x / a) / a, 0)",
       .derivative_from_output = "select(y > 0, 1, y / a + 1)",
       .scales_argument = true,
       .f32_forward = true,
       .f32_derivative = true},
      // The constants of Klambauer et al. (2017): mean 0 and variance 1 are a fixed point of the layer.
      {.name = "selu",
       .definition = "selu(x) = 1.0507009873554804934193349852946"
                     " * select(x > 0, x, 1.6732632423543772848170429916717 * expm1(x))",
       .second_derivative =
           "select(x < 0, 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 * exp(x),"
           " 0)",
       .kinks = {{"0", "1.0507009873554804934193349852946 * 1.6732632423543772848170429916717"}},
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true,
       .f64_derivative = true},
      {.name = "log_sigmoid",
       .aliases = {"logsigmoid"},
       .definition = "log_sigmoid(x) = -softplus(-x)",
       .f32_forward = true,
       .f32_forward_bits = 22,
       .f32_derivative = true},
      {.name = "squared_relu", .definition = "squared_relu(x) = max(x, 0)^2", .derivative = "select(x > 0, 2 * x, 0)"},
      {.name = "tanhexp", .definition = "tanhexp(x) = x * tanh(exp(x))", .f32_forward = true},
      {.name = "sin",
       .definition = "sin(x) = sin(x)",
       .f32_forward = true,
       .f32_derivative = true,
       .f32_second_derivative = true,
       .f64_forward = true,
       .f64_derivative = true,
       .f64_second_derivative = true},
      // Ziyin, Hartwig and Ueda (2020). In the limit a = 0 it is x.
      {.name = "snake",
       .definition = "snake(x; a = 1) = x + sin(a * x)^2 / a",
       .constraints = {{.parameter = "a", .text = "a > 0", .low = 0, .low_open = true}}},
      {.name = "glu", .definition = "glu(x, gate) = x * sigmoid(gate)", .f32_forward = true, .f32_beside_gate = true},
      {.name = "reglu", .definition = "reglu(x, gate) = x * relu(gate)", .kinks = {{"0", "0", "gate"}}},
      {.name = "geglu", .definition = "geglu(x, gate) = x * gelu(gate)", .f32_beside_gate = true},
      {.name = "geglu_tanh", .definition = "geglu_tanh(x, gate) = x * gelu_tanh(gate)", .f32_forward = true},
      {.name = "swiglu",
       .definition = "swiglu(x, gate) = x * silu(gate)",
       .f32_forward = true,
       .f32_beside_gate = true},
      {.name = "prelu",
       .definition = "prelu(x, slope) = select(x > 0, x, slope * x)",
       .kinks = {{"0", "slope", "x"}},
       .shape = ShapeClass::channel,
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "crelu",
       .aliases = {"concatenated_relu"},
       .definition = "crelu(x) = max(x, 0)",
       .kinks = {{"0", "0"}},
       .shape = ShapeClass::split,
       .formula = "[max(x, 0), max(-x, 0)]",
       .latex = R"(\left[\max\left(x, 0\right), \max\left(-x, 0\right)\right])",
       .second_part = "max(-x, 0)",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "maxout",
       .definition = "maxout(x; k = 2) = x",
       .constraints = {{.parameter = "k",
                        .text = "k is a whole number from 2 to 16",
                        .low = 2,
                        .high = 16,
                        .integral = true,
                        .option = true}},
       .shape = ShapeClass::group,
       .formula = "max(x_1, ..., x_k) of each group of k neighbours",
       .latex = R"(\max\left(x_1, \ldots, x_k\right))",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "softmax",
       .definition = "softmax(x) = x",
       .shape = ShapeClass::row,
       .row = RowFunction::softmax,
       .formula = "exp(x_i) / sum_j exp(x_j)",
       .latex = R"(\frac{e^{x_i}}{\sum_j e^{x_j}})"},
      {.name = "softmin",
       .definition = "softmin(x) = -x",
       .shape = ShapeClass::row,
       .row = RowFunction::softmax,
       .formula = "exp(-x_i) / sum_j exp(-x_j)",
       .latex = R"(\frac{e^{-x_i}}{\sum_j e^{-x_j}})"},
      {.name = "log_softmax",
       .definition = "log_softmax(x) = x",
       .shape = ShapeClass::row,
       .row = RowFunction::log_softmax,
       .formula = "x_i - log(sum_j exp(x_j))",
       .latex = R"(x_i - \ln \sum_j e^{x_j})"},
      {.name = "logsumexp",
       .definition = "logsumexp(x; leading_zero = 0) = x",
       .constraints = {{.parameter = "leading_zero",
                        .text = "leading_zero is 0 or 1",
                        .low = 0,
                        .high = 1,
                        .integral = true,
                        .option = true}},
       .shape = ShapeClass::row,
       .row = RowFunction::logsumexp,
       .formula = "log(sum_j exp(x_j)), with leading_zero log(1 + sum_j exp(x_j))",
       .latex = R"(\ln\left(\mathrm{leading\_zero} + \sum_j e^{x_j}\right))"},
  };
  return table;
}

using Index = std::map<std::string_view, BuiltIn>;

const BuiltIn *find_in(const Index &index, std::string_view name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &found->second;
}

// Every spelling. A definition may use only operations and rows above it.
const Index &index() {
  static const Index complete = [] {
    Index above;
    const auto add = [&](std::string_view name, BuiltIn built_in) {
      internal_check(above.emplace(name, std::move(built_in)).second, "two rows are called {}", name);
    };
    const Scope scope{.find = [&above](std::string_view name) -> const Definition * {
                        const BuiltIn *found = find_in(above, name);
                        return found ? &found->definition : nullptr;
                      },
                      .names = {}};
    for (const Activation &row : rows()) {
      const Definition definition = parse_definition(row.definition, scope);
      add(row.name, {&row, definition, {}});
      for (std::string_view alias : row.aliases) add(alias, {&row, definition, {}});
      for (const Preset &preset : row.presets) {
        BuiltIn built_in{&row, bound(definition, preset.bound), preset.bound};
        built_in.definition.name = preset.name;
        add(preset.name, std::move(built_in));
      }
    }
    return above;
  }();
  return complete;
}

}  // namespace

bool Constraint::allows(const Rational &value) const {
  const bool too_low = low && (low_open ? value <= *low : value < *low);
  const bool too_high = high && value > *high;
  return !too_low && !too_high && (!integral || value.get_den() == 1);
}

const Constraint *find_constraint(const Activation &row, std::string_view parameter) {
  const auto found = std::ranges::find(row.constraints, parameter, &Constraint::parameter);
  return found == row.constraints.end() ? nullptr : &*found;
}

std::span<const Activation> all_activations() {
  return rows();
}

const BuiltIn *find_built_in(std::string_view name) {
  return find_in(index(), name);
}

const Activation *find_activation(std::string_view name) {
  const BuiltIn *found = find_built_in(name);
  return found ? found->row : nullptr;
}

const Definition &definition_of(const Activation &activation) {
  return find_built_in(activation.name)->definition;
}

std::string kinks_text(const Activation &activation, std::string_view input) {
  std::vector<std::string> texts;
  for (const Kink &kink : activation.kinks)
    texts.push_back(fmt::format("{} at {} = {}", kink.derivative, kink.input.empty() ? input : kink.input, kink.at));
  return fmt::format("{}", fmt::join(texts, ", "));
}

const Scope &activation_scope() {
  static const Scope scope = [] {
    Scope all{.find = [](std::string_view name) -> const Definition * {
                const BuiltIn *found = find_built_in(name);
                if (found && !found->row->formula.empty())
                  user_error("{} is {}; a definition can use functions of single elements only", name,
                             found->row->formula);
                return found ? &found->definition : nullptr;
              },
              .names = {}};
    for (const auto &[name, built_in] : index()) all.names.emplace_back(name);
    return all;
  }();
  return scope;
}

}  // namespace actinide
