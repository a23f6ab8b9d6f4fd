// An expression as a flat list of nodes, operands before their users: what the evaluators of the reference run over.
#pragma once

#include "expression/expression.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actinide::reference {

struct TapeNode {
  Op op;
  std::array<std::uint32_t, 3> operands{};  ///< positions in the tape; the first info(op).arity count
  std::uint32_t variable = 0;               ///< of Op::variable: its index among the variables
  /// Of Op::constant: its value. Of Op::pow: the exponent, where it is an exact rational.
  std::optional<Rational> rational;
};

struct Tape {
  std::vector<TapeNode> nodes;  ///< the last one is the result
  std::vector<bool> depends;    ///< for each variable: whether it occurs
};

/// Throws InternalError if a variable of the expression is not among `variables`.
Tape compile_tape(const Expr &expression, const std::vector<std::string> &variables);

}  // namespace actinide::reference
