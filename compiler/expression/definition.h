// A definition in the language of activations: `name(inputs; parameter = default, ...) = expression`.
#pragma once

#include "expression/expression.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

struct Parameter {
  std::string name;
  Rational default_value;
};

/// Values of parameters, by their names.
using ParameterValues = std::vector<std::pair<std::string, Rational>>;

struct Definition {
  std::string name;
  std::vector<std::string> inputs;
  std::vector<Parameter> parameters;
  Expr body;  ///< over variables named like the inputs and parameters

  const Parameter *find_parameter(std::string_view name) const;
};

/// What a text may refer to besides the primitive operations.
struct Scope {
  /// The definition called `name`, or null. Called with every name that is no primitive operation, and with one that is
  /// where the call doesn't fit the operation (`softplus(x; k = 2)`).
  std::function<const Definition *(std::string_view name)> find;
  /// Every name that `find` knows, for "did you mean".
  std::vector<std::string> names;
};

/// Parses a whole definition. A call of another definition in its body is expanded: positional arguments are its
/// inputs, then
/// `; parameter = expression` or further positional arguments are its parameters (defaults where absent).
/// Throws UserError with three lines: message, source line, caret. Never crashes or hangs on any text: at most 64 KiB,
/// 200 levels of nesting, 10,000 nodes (calls and shared parts written out), 1,000 operations from the result to the
/// deepest leaf (a sum of 1,000 terms), decimal exponents within +-400.
Definition parse_definition(std::string_view text, const Scope &scope);

/// Parses an expression over the given variables.
Expr parse_expression(std::string_view text, const std::vector<std::string> &variables, const Scope &scope = {});

/// A request such as `gelu`, `leaky_relu(slope=0.2)`: a name and bound parameters. What may stand around it: form.h.
struct NamedRequest {
  std::string name;
  ParameterValues bound;
};
NamedRequest parse_request(std::string_view text);

/// True if `text` is a definition (has a top-level `=` after its parameter list), false if it is a request.
bool looks_like_definition(std::string_view text);

/// The definition with `values` in the place of parameters. Throws UserError where it has no such parameter.
Definition bound(const Definition &definition, const ParameterValues &values);

/// gated_f(x, gate) = x * f(gate), for an f of one input.
Definition gated(const Definition &definition);

/// The definition as text that parses to the same definition.
std::string to_text(const Definition &definition);

}  // namespace actinide
