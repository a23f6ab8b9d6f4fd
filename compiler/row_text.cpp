#include "row_text.h"

#include "error.h"
#include "pipeline.h"

namespace actinide {

Expr parse_row_text(const KernelRequest &request, std::string_view text, const std::string &output) {
  const Definition &own = definition_of(*request.row);
  std::vector<std::string> names = own.inputs;
  for (const Parameter &parameter : own.parameters) names.push_back(parameter.name);
  if (!output.empty()) names.push_back(output);
  std::vector<std::pair<Expr, Expr>> replacements;
  if (request.form.gated)
    replacements.emplace_back(variable(own.inputs[0]), variable(request.definition.inputs.back()));
  for (const auto &[name, value] : request.bound) replacements.emplace_back(variable(name), constant(value));
  return substitute(parse_expression(text, names), replacements);
}

std::optional<Expr> derivative_of_row(const KernelRequest &request, std::string_view text, const std::string &input) {
  if (text.empty() || input != request.definition.inputs.back()) return std::nullopt;
  const Expr derivative = parse_row_text(request, text);
  return request.form.gated ? variable(request.definition.inputs[0]) * derivative : derivative;
}

std::optional<std::pair<Expr, Expr>> off_ties(const KernelRequest &request) {
  const bool has_values = request.pass == Pass::forward || request.pass == Pass::forward_backward;
  const bool applies =
      has_values && is_16_bit(request.dtype) && !request.dtypes.mixed() && !request.form.gated && !request.form.fused();
  if (!applies || !request.row || request.row->off_ties.empty()) return std::nullopt;
  const std::string y = "y";
  const Expr choice = parse_row_text(request, request.row->off_ties, y);
  internal_check(choice.is(Op::select) && choice[2] == variable(y), "{} is no choice beside y", request.row->off_ties);
  return std::pair(choice[0], choice[1]);
}

}  // namespace actinide
