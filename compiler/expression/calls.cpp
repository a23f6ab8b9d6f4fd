// The names of a formula: variables, constants, calls of operations and of other definitions.
#include "expression/diagnostic.h"
#include "expression/parser.h"
#include "expression/suggestion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

// Functions of other languages.
struct Foreign {
  std::string_view name;
  std::string_view advice;
};
constexpr auto foreign_functions = std::to_array<Foreign>({
    {"pow", "a power is written a ^ b"},
    {"Phi", "write normcdf(...)"},
    {"phi", "write normpdf(...)"},
    {"sgn", "write sign(...)"},
    {"fabs", "write abs(...)"},
    {"if", "write select(condition, a, b)"},
    {"where", "write select(condition, a, b)"},
    {"log2", "write log(...) / log(2)"},
    {"log10", "write log(...) / log(10)"},
    {"exp2", "write 2 ^ (...)"},
    {"tan", "write sin(...) / cos(...)"},
    {"cbrt", "write (...) ^ (1/3)"},
});

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

// "1 input (x) and 1 parameter (beta)"
std::string signature(const Definition &definition) {
  std::string text =
      fmt::format("{} ({})", count(definition.inputs.size(), "input"), fmt::join(definition.inputs, ", "));
  if (definition.parameters.empty()) return text;
  std::vector<std::string_view> names;
  for (const Parameter &parameter : definition.parameters) names.push_back(parameter.name);
  return text + fmt::format(" and {} ({})", count(names.size(), "parameter"), fmt::join(names, ", "));
}

std::vector<std::string> function_names(const Scope &scope) {
  std::vector<std::string> names{"ln"};
  for (const Op op : all_operations())
    if (is_function(info(op).kind)) names.emplace_back(info(op).name);
  names.insert(names.end(), scope.names.begin(), scope.names.end());
  return names;
}

}  // namespace

std::optional<Op> find_operation(std::string_view name) {
  if (name == "ln") return Op::log;
  for (const Op op : all_operations())
    if (is_function(info(op).kind) && info(op).name == name) return op;
  return std::nullopt;
}

bool is_constant_name(std::string_view name) {
  return name == "pi" || name == "e";
}

Expr Parser::find_variable(const Token &name) {
  spend(1, name);
  if (std::ranges::find(variables_, name.text) != variables_.end()) return variable(std::string(name.text));
  if (name.text == "pi") return make(Op::pi, {});
  if (name.text == "e") return make(Op::euler, {});
  fail_unknown(name, false);
}

void Parser::fail_unknown(const Token &name, bool called) const {
  const std::string word = quoted(name.text);
  if (!called && (find_operation(name.text) || find_definition(name.text)))
    fail(name, fmt::format("{} is a function; call it, as in {}(x)", word, name.text));
  if (called && name.text == owner_)
    fail(name, fmt::format("{} can't refer to itself; use operations and other activations", word));
  for (const Foreign &foreign : foreign_functions)
    if (called && name.text == foreign.name) fail(name, fmt::format("unknown function {}; {}", word, foreign.advice));

  std::vector<std::string> known = called ? std::vector<std::string>{} : variables_;
  if (!called) known.insert(known.end(), {"pi", "e"});
  for (std::string &function : function_names(scope_)) known.push_back(std::move(function));
  const std::string_view kind = called ? "function" : "name";
  if (const auto closest = closest_name(name.text, known))
    fail(name, fmt::format("unknown {} {}; did you mean '{}'?", kind, word, *closest));
  if (called) fail(name, fmt::format("unknown function {}; `actinide list` names the activations", word));
  fail(name, fmt::format("unknown name {}; known here are {}, pi and e", word, fmt::join(variables_, ", ")));
}

Parser::Arguments Parser::arguments(const Token &function) {
  Arguments list{.function = function, .positional = {}, .named = {}};
  const Token open = take();
  if (take_if(")")) return list;
  bool only_named = take_if(";");
  argument(list, only_named);
  while (current().is(",") || (current().is(";") && !only_named)) {
    only_named |= take().is(";");
    argument(list, only_named);
  }
  close_parenthesis(open, fmt::format(" or ',' in the call of {}", quoted(function.text)));
  return list;
}

void Parser::argument(Arguments &list, bool only_named) {
  const bool named = current().kind == TokenKind::name && next().is("=");
  if (!named && (only_named || !list.named.empty())) fail_expected("'parameter = value'");
  if (!named) {
    list.positional.push_back(comparison());
    return;
  }
  const Token name = take();
  if (list.function.text == "select") fail(current(), "unexpected '='; equality is written ==");
  if (find_operation(list.function.text) && !find_definition(list.function.text))
    fail(name,
         fmt::format("{} is an operation and has no parameter {}", quoted(list.function.text), quoted(name.text)));
  take();
  for (const auto &[earlier, value] : list.named)
    if (earlier.text == name.text) fail(name, fmt::format("parameter {} is given twice", quoted(name.text)));
  list.named.emplace_back(name, number(comparison()));
}

Expr Parser::call(const Arguments &list) {
  const std::string_view name = list.function.text;
  const auto operation = find_operation(name);
  const bool fits =
      operation && list.named.empty() && list.positional.size() == static_cast<std::size_t>(info(*operation).arity);
  // `softplus(x; k = 2)`: what doesn't fit the operation may fit the definition of the same name.
  const Definition *definition = fits ? nullptr : find_definition(name);
  if (definition) return call_definition(*definition, list);
  if (operation) return call_operation(*operation, list);
  fail_unknown(list.function, true);
}

Expr Parser::call_operation(Op op, const Arguments &list) {
  const auto arity = static_cast<std::size_t>(info(op).arity);
  if (list.positional.size() != arity)
    fail(list.function, fmt::format("{} takes {}, not {}", quoted(list.function.text), count(arity, "argument"),
                                    list.positional.size()));
  std::vector<Expr> arguments;
  for (const Part &part : list.positional) {
    const bool condition = op == Op::select && arguments.empty();
    if (condition && !part.comparison) fail(part.start, "the condition of select is a comparison, such as x > 0");
    arguments.push_back(condition ? part.value : number(part));
  }
  spend(1, list.function);
  return checked(make(op, arguments), list.function);
}

void Parser::fail_no_parameter(const Definition &definition, const Token &function, const Token &name) const {
  const std::string word = quoted(name.text);
  if (std::ranges::find(definition.inputs, name.text) != definition.inputs.end())
    fail(name, fmt::format("{} is an input of {}; give it by its place, without a name", word, quoted(function.text)));
  std::vector<std::string> known;
  for (const Parameter &parameter : definition.parameters) known.push_back(parameter.name);
  const auto closest = closest_name(name.text, known);
  fail(name, fmt::format("{} has no parameter {}; {}", quoted(function.text), word,
                         closest ? fmt::format("did you mean '{}'?", *closest)
                                 : fmt::format("it takes {}", signature(definition))));
}

Expr Parser::call_definition(const Definition &definition, const Arguments &list) {
  for (const auto &[name, value] : list.named)
    if (!definition.find_parameter(name.text)) fail_no_parameter(definition, list.function, name);
  const std::size_t inputs = definition.inputs.size();
  const std::size_t given = list.positional.size();
  if (given < inputs || given > inputs + definition.parameters.size())
    fail(list.function, fmt::format("{} takes {}, but {} given", quoted(list.function.text), signature(definition),
                                    given == 1 ? "1 argument is" : count(given, "argument") + " are"));

  std::vector<std::pair<Expr, Expr>> replacements;
  for (std::size_t i = 0; i < given; ++i) {
    const std::string &name = i < inputs ? definition.inputs[i] : definition.parameters[i - inputs].name;
    replacements.emplace_back(variable(name), number(list.positional[i]));
  }
  for (const auto &[name, value] : list.named) {
    const Expr target = variable(std::string(name.text));
    if (std::ranges::any_of(replacements, [&](const auto &entry) { return entry.first == target; }))
      fail(name, fmt::format("parameter {} is given twice", quoted(name.text)));
    replacements.emplace_back(target, value);
  }
  // The first replacement of a name counts, so that defaults fill only what is missing.
  for (const Parameter &parameter : definition.parameters)
    replacements.emplace_back(variable(parameter.name), constant(parameter.default_value));
  spend(node_count(definition.body), list.function);
  return checked(substitute(definition.body, replacements), list.function);
}

}  // namespace actinide
