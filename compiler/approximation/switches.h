// Where a function of one variable may change from one formula to another.
#pragma once

#include "expression/expression.h"
#include "expression/reference.h"

#include <string>
#include <vector>

namespace actinide {

class Switches {
 public:
  Switches() = default;
  /// Of the choices, absolute values, signs, larger and smaller ones in the expression.
  Switches(const Expr &expression, const std::string &variable);

  /// Where they switch in (low, high), as far as samples show.
  std::vector<double> between(double low, double high) const;

 private:
  std::vector<Reference> functions_;  ///< whose signs decide
};

}  // namespace actinide
