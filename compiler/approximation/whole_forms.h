// Functions that plain f32 computes as a whole, not operation by operation.
#pragma once

#include "approximation/functions.h"
#include "expression/expression.h"

namespace actinide {

using WholeFunction = Number (*)(const Setting &, const Number &x);
using WholeFunctionOfParameter = Number (*)(const Setting &, const Number &x, const Number &parameter);

/// Where a function serves; `absolute` is `anywhere`, too.
enum class Where : std::uint8_t {
  anywhere,
  absolute,  ///< of an error its absolute size alone counts, and the kernel computes nothing else
};

/// What computes it in plain arithmetic of any type, in the form that stabilize() gives where digits are to spare.
WholeFunction function_by_quotient(const Expr &expression, const std::string &variable);

/// What computes this function of one variable, or of one and a parameter, in the form that stabilize() gives where
/// digits are few; null if nothing does. Thread-safe.
WholeFunction whole_function(const Expr &expression, const std::string &variable, Where where = Where::anywhere);
/// The same where the kernel computes `slope`, the function's derivative, too: what shares most with it.
WholeFunction function_beside(WholeFunction slope, const Expr &expression, const std::string &variable);
WholeFunctionOfParameter whole_function(const Expr &expression, const std::string &variable,
                                        const std::string &parameter, Where where = Where::anywhere);

}  // namespace actinide
