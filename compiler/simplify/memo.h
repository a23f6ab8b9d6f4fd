// Expressions share their parts: what has been made of one is made once.
#pragma once

#include "expression/expression.h"

#include <unordered_map>
#include <utility>

namespace actinide {

class Memo {
 public:
  /// What `compute` makes of the expression; of a leaf the leaf itself.
  template <typename Compute>
  Expr rewritten(const Expr &expression, Compute &&compute) {
    if (expression.arguments().empty()) return expression;
    if (const auto known = known_.find(expression.identity()); known != known_.end()) return known->second.second;
    Expr result = compute(expression);
    remember(expression, result);
    return result;
  }
  void remember(const Expr &expression, const Expr &result) {
    known_.insert_or_assign(expression.identity(), std::pair(expression, result));
  }

 private:
  std::unordered_map<const void *, std::pair<Expr, Expr>> known_;  ///< holding on to the first, whose identity it is
};

}  // namespace actinide
