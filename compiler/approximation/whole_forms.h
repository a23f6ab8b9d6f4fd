// Functions that plain f32 computes as a whole, not operation by operation.
#pragma once

#include "approximation/functions.h"
#include "expression/expression.h"

namespace actinide {

using WholeFunction = Number (*)(const Setting &, const Number &x);
using WholeFunctionOfParameter = Number (*)(const Setting &, const Number &x, const Number &parameter);

/// What computes this function of one variable, or of one and a parameter, in the form that stabilize() gives where
/// digits are few; null if nothing does. Thread-safe.
WholeFunction whole_function(const Expr &expression, const std::string &variable);
/// The same where the kernel computes `slope`, the function's derivative, too: what shares most with it.
WholeFunction function_beside(WholeFunction slope, const Expr &expression, const std::string &variable);
WholeFunctionOfParameter whole_function(const Expr &expression, const std::string &variable,
                                        const std::string &parameter);

}  // namespace actinide
