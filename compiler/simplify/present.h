// From canonical form back to what people read and processors evaluate: subtractions, quotients, powers.
#pragma once

#include "expression/expression.h"
#include "simplify/simplify.h"

#include <set>
#include <string>

namespace actinide {

/// The canonical expression with sub, neg and div.
Expr present(const Expr &canonical);

/// The same for evaluation: in every product, what may vanish is multiplied before what may overflow. `inputs`: see
/// simplify.h; null: all variables. In few digits sums begin with what is exact.
Expr present_for_evaluation(const Expr &canonical, const std::set<std::string> *inputs, Digits digits);

}  // namespace actinide
