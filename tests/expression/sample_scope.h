// The definitions that the tests of the language may refer to.
#pragma once

#include "expression/definition.h"

#include <string_view>
#include <vector>

namespace actinide {

/// A scope with a few definitions; `softplus` has the name of an operation.
inline const Scope &sample_scope() {
  static const std::vector<Definition> definitions = {
      parse_definition("swish(x; beta = 1) = x * sigmoid(beta * x)", {}),
      parse_definition("glu(x, gate) = x * sigmoid(gate)", {}),
      parse_definition("softplus(x; k = 1) = softplus(k * x) / k", {}),
      parse_definition("clip(x; low = -1, high = 1) = min(max(x, low), high)", {}),
  };
  static const Scope instance{.find = [](std::string_view name) -> const Definition * {
                                for (const Definition &definition : definitions)
                                  if (definition.name == name) return &definition;
                                return nullptr;
                              },
                              .names = {"swish", "glu", "softplus", "clip"}};
  return instance;
}

}  // namespace actinide
