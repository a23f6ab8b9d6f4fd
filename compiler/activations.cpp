#include "activations.h"

#include "error.h"

#include <map>

namespace actinide {
namespace {

// Reading a row: name, aliases, definition, constraints; then, where it matters, what happens at a kink. `f32_forward`,
// `f64_derivative` and so on say that arithmetic in that type alone keeps the tier `standard` (4 ULP in f32, 2 in f64);
// without them a kernel computes in the next wider one, for instance where the derivative has an interior root or the
// argument of an exponential is itself rounded.
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
       .at_kink = "gradient_at_zero at 0",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "leaky_relu",
       .definition = "leaky_relu(x; slope = 0.01) = select(x > 0, x, slope * x)",
       .at_kink = "slope at 0",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "srelu",
       .aliases = {"shifted_relu"},
       .definition = "srelu(x; a = 1) = max(x, -a)",
       .at_kink = "0 at -a",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "gelu", .definition = "gelu(x) = x * normcdf(x)"},
      {.name = "gelu_tanh", .definition = "gelu_tanh(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))"},
      {.name = "gelu_sigmoid",
       .aliases = {"quick_gelu"},
       .definition = "gelu_sigmoid(x) = x * sigmoid(1.702 * x)",
       .f32_forward = true},
      {.name = "silu", .definition = "silu(x) = x * sigmoid(x)", .f32_forward = true},
      {.name = "swish",
       .definition = "swish(x; beta = 1) = x * sigmoid(beta * x)",
       // 1 + e^u + u = 0; terms of size 1/2 cancel that are exact to 2^-60.
       .moving_root =
           MovingRoot{.parameter = "beta", .product = -1.2784645427610738, .half_width = 0x1p-6, .absolute = 0x1p-58}},
      {.name = "softplus",
       .aliases = {"smooth_relu", "soft_relu"},
       .definition = "softplus(x; k = 1) = max(x, 0) + log1p(exp(-k * abs(x))) / k",
       .constraints = {{.parameter = "k", .text = "k > 0", .low = 0, .low_open = true}},
       // ln(1 + e^(k x)) / k in a form whose k x can't overflow; it is smooth at 0, where the form has two kinks.
       .derivative = "sigmoid(k * x)",
       .f32_forward = true,
       .f32_derivative = true},
      {.name = "sigmoid",
       .aliases = {"logistic"},
       .definition = "sigmoid(x) = sigmoid(x)",
       .f32_forward = true,
       .f32_derivative = true},
      {.name = "heaviside",
       .aliases = {"step", "binary_step"},
       .definition = "heaviside(x; value_at_zero = 0) = select(x > 0, 1, select(x < 0, 0, value_at_zero))",
       .constraints = {{.parameter = "value_at_zero", .text = "any number", .option = true}},
       .at_kink = "0 everywhere, also at 0",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "elu",
       .definition = "elu(x; a = 1) = select(x > 0, x, a * expm1(x))",
       .constraints = {{.parameter = "a", .text = "a >= 0", .low = 0}},
       .at_kink = "a at 0",
       .f32_forward = true,
       .f32_derivative = true,
       .f64_forward = true,
       .f64_derivative = true},
      {.name = "mish", .definition = "mish(x) = x * tanh(softplus(x))"},
      {.name = "tanh", .definition = "tanh(x) = tanh(x)", .f32_forward = true, .f32_derivative = true},
      {.name = "squareplus",
       .definition = "squareplus(x; b = 4) = (x + sqrt(x^2 + b)) / 2",
       .constraints = {{.parameter = "b", .text = "b >= 0", .low = 0}},
       .f32_forward = true},
  };
  return table;
}

// Every spelling -> its row.
const std::map<std::string_view, const Activation *> &index() {
  static const auto spellings = [] {
    std::map<std::string_view, const Activation *> map;
    for (const Activation &row : rows()) {
      internal_check(map.emplace(row.name, &row).second, "two rows are called {}", row.name);
      for (std::string_view alias : row.aliases)
        internal_check(map.emplace(alias, &row).second, "two rows are called {}", alias);
    }
    return map;
  }();
  return spellings;
}

// The parsed definitions, in the order of the rows. A definition may use only operations and rows above it.
const std::vector<Definition> &definitions() {
  static const auto parsed = [] {
    std::vector<Definition> list;
    list.reserve(rows().size());
    const Scope above{.find = [&list](std::string_view name) -> const Definition * {
                        for (const Definition &definition : list)
                          if (definition.name == name) return &definition;
                        return nullptr;
                      },
                      .names = {}};
    for (const Activation &row : rows()) list.push_back(parse_definition(row.definition, above));
    return list;
  }();
  return parsed;
}

}  // namespace

std::span<const Activation> all_activations() {
  return rows();
}

const Activation *find_activation(std::string_view name) {
  const auto found = index().find(name);
  return found == index().end() ? nullptr : found->second;
}

const Definition &definition_of(const Activation &activation) {
  return definitions()[static_cast<std::size_t>(&activation - rows().data())];
}

const Scope &activation_scope() {
  static const Scope scope = [] {
    Scope all{.find = [](std::string_view name) -> const Definition * {
                const Activation *row = find_activation(name);
                return row ? &definition_of(*row) : nullptr;
              },
              .names = {}};
    for (const auto &[name, row] : index()) all.names.emplace_back(name);
    return all;
  }();
  return scope;
}

}  // namespace actinide
