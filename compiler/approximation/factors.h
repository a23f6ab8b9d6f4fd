// A product or quotient as its factors.
#pragma once

#include "expression/expression.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace actinide {

/// A product of factors over a product of factors; empty where there are none.
struct Factors {
  Expr above;
  Expr below;

  std::size_t size() const { return (above ? node_count(above) : 0) + (below ? node_count(below) : 0); }
  void multiply(const Expr &factor, bool inverse);
  /// Moves the other's factors here.
  void take(Factors &other);
  Expr quotient() const;
};

/// Calls `visit(factor, inverse)` for each factor of a product or quotient.
void collect_factors(const Expr &expression, const std::function<void(const Expr &, bool)> &visit,
                     bool inverse = false);

/// select(c, p a, p b) as p select(c, a, b), p the inputs that are factors of both arms and not part of the condition:
/// dy, mostly. The expression itself where there are none. simplify/structure.h multiplies dy into a select, so that an
/// arm that is 0 stays 0 for an infinite dy; where no arm is, the select is a function of x alone once more.
Expr with_common_inputs_in_front(const Expr &choice, const std::vector<std::string> &inputs);

/// f = p sigmoid(u): p / (1 + e^-u), where the stable form has s/(1 + e) with e = e^-|u| and s = 1 or e by the sign of
/// u, or of a factor of u where the rest of u is never negative, and no other e.
struct Logistic {
  Expr exponent;   ///< -u
  Expr numerator;  ///< p
  Expr quotient;
};
std::optional<Logistic> logistic_quotient(const Expr &expression);

}  // namespace actinide
