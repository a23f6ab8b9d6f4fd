#include "from_output.h"

#include "pipeline.h"
#include "simplify/simplify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace actinide {
namespace {

using Replacements = std::vector<std::pair<Expr, Expr>>;

/// A row, and what stands for its parameters: numbers, or parameters of the request.
struct Instance {
  const Activation *row;
  Replacements parameters;
};

/// Extends `parameters` such that `pattern` becomes `subject`; false if nothing does. What stands for a parameter of
/// the pattern depends on no input.
bool unify(const Expr &pattern, const Expr &subject, const std::set<std::string> &inputs, Replacements &parameters) {
  const auto bound = std::ranges::find(parameters, pattern, &Replacements::value_type::first);
  if (bound != parameters.end()) {
    if (!bound->second && (subject.is(Op::constant) || (subject.is(Op::variable) && !inputs.contains(subject.name()))))
      bound->second = subject;
    return bound->second == subject;
  }
  if (pattern.arguments().empty() || subject.arguments().empty()) return pattern == subject;
  if (pattern.op() != subject.op()) return false;
  for (std::size_t i = 0; i < pattern.arguments().size(); ++i)
    if (!unify(pattern[i], subject[i], inputs, parameters)) return false;
  return true;
}

/// What the row must have for its parameters to be the user's definition; nothing if nothing does. Options have their
/// defaults.
std::optional<Instance> instance_of(const Activation &row, const Definition &definition) {
  const Definition &pattern = definition_of(row);
  const std::set<std::string> inputs(pattern.inputs.begin(), pattern.inputs.end());
  const auto stable = [&](const Expr &body, const Replacements &replacements) {
    return stabilize(substitute(body, replacements), inputs).expression;
  };
  Replacements open, defaults;
  for (const Parameter &parameter : pattern.parameters) {
    open.emplace_back(variable(parameter.name), Expr());
    defaults.emplace_back(variable(parameter.name), constant(parameter.default_value));
  }
  // The canonical order of factors is one of names: the definition takes those of the row, parameters in their order.
  Replacements names = {{variable(definition.inputs[0]), variable(pattern.inputs[0])}}, names_back;
  for (std::size_t i = 0; i < std::min(open.size(), definition.parameters.size()); ++i) {
    names.emplace_back(variable(definition.parameters[i].name), open[i].first);
    names_back.emplace_back(open[i].first, variable(definition.parameters[i].name));
  }
  const Expr subject = stable(definition.body, names);
  if (stable(pattern.body, defaults) == subject) return Instance{&row, defaults};
  if (!unify(stable(pattern.body, {}), subject, inputs, open)) return std::nullopt;
  for (std::size_t i = 0; i < open.size(); ++i)
    open[i].second = open[i].second ? substitute(open[i].second, names_back) : defaults[i].second;
  return Instance{&row, open};
}

/// A row with a derivative from the output that the user's definition is equal to.
std::optional<Instance> equal_row(const Definition &definition) {
  for (const Activation &row : all_activations()) {
    if (row.derivative_from_output.empty() || definition_of(row).inputs.size() != 1) continue;
    if (auto instance = instance_of(row, definition)) return instance;
  }
  return std::nullopt;
}

Instance instance_of_row(const KernelRequest &request) {
  Instance instance{request.row, {}};
  for (const auto &[name, value] : request.bound) instance.parameters.emplace_back(variable(name), constant(value));
  return instance;
}

}  // namespace

std::variant<FromOutput, std::string> derivative_from_output(const KernelRequest &request, const std::string &y) {
  if (request.definition.inputs.size() > 1)
    return fmt::format("one output does not determine {} inputs", request.definition.inputs.size());
  const std::optional<Instance> instance = request.row ? instance_of_row(request) : equal_row(request.definition);
  if (!instance) return "it is equal to no activation of the table whose derivative is known from the output";
  const Activation &row = *instance->row;
  if (row.derivative_from_output.empty()) return "no stable form of its derivative in terms of the output is known";

  FromOutput result;
  if (row.from_output_where) {
    const Expr parameter = variable(std::string(row.from_output_where->parameter));
    const auto bound = std::ranges::find(instance->parameters, parameter, &Replacements::value_type::first);
    const bool known = bound != instance->parameters.end() && bound->second.is(Op::constant);
    if (known && !row.from_output_where->allows(bound->second.value()))
      return fmt::format("the output determines the derivative only for {}", row.from_output_where->text);
    if (!known) {
      const bool renamed = bound != instance->parameters.end();
      result.condition = (renamed ? bound->second : parameter).name() +
                         std::string(row.from_output_where->text.substr(parameter.name().size()));
    }
  }
  std::vector<std::string> names = {"y"};
  for (const Parameter &parameter : definition_of(row).parameters) names.push_back(parameter.name);
  Replacements replacements = instance->parameters;
  replacements.emplace_back(variable("y"), variable(y));
  result.derivative = substitute(parse_expression(row.derivative_from_output, names), replacements);
  return result;
}

}  // namespace actinide
