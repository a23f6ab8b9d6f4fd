// What values an expression can take, and how fast it can grow: enough to know that a denominator is harmless, that an
// absolute value can be dropped, or that a factor can overflow where its product doesn't.
#pragma once

#include "expression/expression.h"

#include <set>
#include <string>
#include <unordered_map>

namespace actinide {

struct Range {
  double low;
  double high;
};

class RangeAnalysis {
 public:
  /// `inputs`: the variables that can grow; null: all of them.
  explicit RangeAnalysis(const std::set<std::string> *inputs = nullptr) : inputs_(inputs) {}

  /// An interval that holds every value at real inputs; conservative, its ends rounded outwards by more than they can
  /// be wrong.
  Range range(const Expr &expression);
  /// An upper bound for the degree of a polynomial that grows as fast as |expression|: 0 if bounded, infinite if
  /// exponential.
  double growth(const Expr &expression);
  bool bounded(const Expr &expression);
  /// True if the expression falls to 0 exponentially somewhere, as exp(-abs(u)) does.
  bool decays(const Expr &expression);

 private:
  Range compute(const Expr &expression);
  double compute_growth(const Expr &expression);
  const std::set<std::string> *inputs_;
  std::unordered_map<const void *, std::pair<Expr, Range>> ranges_;
  std::unordered_map<const void *, std::pair<Expr, double>> growths_;
};

}  // namespace actinide
