#include "expression/definition.h"

#include "error.h"
#include "expression/diagnostic.h"
#include "expression/form.h"
#include "expression/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

// Takes the name of a definition, an input or a parameter.
Token take_new_name(Parser &parser, std::string_view what) {
  if (parser.current().kind != TokenKind::name) parser.fail_expected(what);
  return parser.take();
}

void check_new_variable(const Parser &parser, const Definition &definition, const Token &name, std::string_view kind) {
  const std::string word = quoted(name.text);
  if (find_operation(name.text))
    parser.fail(name, fmt::format("{} is an operation; give the {} another name", word, kind));
  if (is_constant_name(name.text))
    parser.fail(name, fmt::format("{} is a constant; give the {} another name", word, kind));
  if (std::ranges::find(definition.inputs, name.text) != definition.inputs.end() ||
      definition.find_parameter(name.text))
    parser.fail(name, fmt::format("the name {} is used twice; give the {} another name", word, kind));
}

void parse_inputs(Parser &parser, Definition &definition) {
  if (parser.current().is(")") || parser.current().is(";"))
    parser.fail(parser.current(), "a definition needs at least one input, as in f(x) = ...");
  do {
    const Token name = take_new_name(parser, "the name of an input");
    check_new_variable(parser, definition, name, "input");
    if (parser.current().is("="))
      parser.fail(parser.current(), "an input has no default; parameters with defaults stand after a ';'");
    definition.inputs.emplace_back(name.text);
  } while (parser.take_if(","));
}

void parse_parameters(Parser &parser, Definition &definition) {
  do {
    const Token name = take_new_name(parser, "the name of a parameter");
    check_new_variable(parser, definition, name, "parameter");
    if (!parser.take_if("="))
      parser.fail(name, fmt::format("parameter {} needs a default, as in {} = 1", quoted(name.text), name.text));
    definition.parameters.push_back({std::string(name.text), parser.signed_number()});
  } while (parser.take_if(","));
}

// What stands behind `name(`.
ParameterValues parse_values(Parser &parser) {
  ParameterValues bound;
  if (parser.take_if(")")) return bound;
  do {
    const Token name = take_new_name(parser, "'parameter = value', as in leaky_relu(slope = 0.2)");
    parser.expect("=", fmt::format("and the value of {}", quoted(name.text)));
    if (std::ranges::any_of(bound, [&](const auto &entry) { return entry.first == name.text; }))
      parser.fail(name, fmt::format("parameter {} is given twice", quoted(name.text)));
    bound.emplace_back(name.text, parser.signed_number());
  } while (parser.take_if(","));
  parser.expect(")", "or ',' after the value");
  return bound;
}

// `wish`, with underscores until no parameter is called so.
std::string unused(std::string wish, const Definition &definition) {
  while (definition.find_parameter(wish)) wish += '_';
  return wish;
}

}  // namespace

const Parameter *Definition::find_parameter(std::string_view parameter_name) const {
  const auto found = std::ranges::find(parameters, parameter_name, &Parameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

Definition parse_definition(std::string_view text, const Scope &scope) {
  Parser parser(text, scope);
  Definition definition;
  const Token name = take_new_name(parser, "the name of a definition, as in f(x) = ...");
  if (is_constant_name(name.text) || name.text == "ln" || is_form_name(name.text))
    parser.fail(name, fmt::format("{} is taken by the language; give the definition another name", quoted(name.text)));
  definition.name = name.text;
  parser.expect("(", "and the inputs, as in f(x) = ...");
  parse_inputs(parser, definition);
  if (parser.take_if(";")) parse_parameters(parser, definition);
  parser.expect(")", definition.parameters.empty() ? "after the inputs" : "after the parameters");
  parser.expect("=", "and a formula");

  std::vector<std::string> names = definition.inputs;
  for (const Parameter &parameter : definition.parameters) names.push_back(parameter.name);
  parser.set_variables(std::move(names), definition.name);
  definition.body = parser.whole_formula();
  return definition;
}

Definition bound(const Definition &definition, const ParameterValues &values) {
  Definition result = definition;
  std::vector<std::pair<Expr, Expr>> replacements;
  for (const auto &[name, value] : values) {
    const auto parameter = std::ranges::find(result.parameters, name, &Parameter::name);
    if (parameter == result.parameters.end()) {
      std::vector<std::string> known;
      for (const Parameter &other : definition.parameters) known.push_back(other.name);
      user_error("{} has no parameter '{}'; {}", definition.name, name,
                 known.empty() ? "it has none" : fmt::format("it has {}", fmt::join(known, ", ")));
    }
    result.parameters.erase(parameter);
    replacements.emplace_back(variable(name), constant(value));
  }
  result.body = substitute(result.body, replacements);
  return result;
}

Definition gated(const Definition &definition) {
  internal_check(definition.inputs.size() == 1, "{} can't be a gate", definition.name);
  const std::string x = unused("x", definition), gate = unused("gate", definition);
  const std::array gate_for_input{std::pair(variable(definition.inputs[0]), variable(gate))};
  return {.name = prefix_of({.gated = true}) + definition.name,
          .inputs = {x, gate},
          .parameters = definition.parameters,
          .body = variable(x) * substitute(definition.body, gate_for_input)};
}

Expr parse_expression(std::string_view text, const std::vector<std::string> &variables, const Scope &scope) {
  Parser parser(text, scope);
  parser.set_variables(variables, "");
  return parser.whole_formula();
}

NamedRequest parse_request(std::string_view text) {
  const Scope scope;
  Parser parser(text, scope);
  NamedRequest request{.name = std::string(take_new_name(parser, "the name of an activation").text), .bound = {}};
  if (parser.take_if("(")) request.bound = parse_values(parser);
  if (parser.current().kind != TokenKind::end)
    parser.fail(parser.current(), fmt::format("unexpected {}; a new activation is written as a definition, f(x) = ...",
                                              quoted(parser.current().text)));
  return request;
}

bool looks_like_definition(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(') ++depth;
    if (c == ')' && depth > 0) --depth;
    const char before = i ? text[i - 1] : ' ';
    const char after = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool comparison = after == '=' || before == '=' || before == '<' || before == '>' || before == '!';
    if (c == '=' && depth == 0 && !comparison) return true;
  }
  return false;
}

}  // namespace actinide
