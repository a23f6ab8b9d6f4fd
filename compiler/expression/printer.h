// Expressions as text (parses back to the same expression) and as LaTeX.
#pragma once

#include "expression/expression.h"

#include <string>

namespace actinide {

/// One line in the language of activations, with the fewest parentheses that keep the meaning. The internal operation
/// root_sum(u, c) prints as a call. Throws UserError where sharing is lost on too much text (more than 200,000 nodes
/// written out); to_text_shared has no such limit.
std::string to_text(const Expr &expression);

/// Like to_text, but with one line for each shared subexpression of some size: `t1 = ...`, and the result last.
std::string to_text_shared(const Expr &expression);

/// For formulas in documents; the same limit as to_text.
std::string to_latex(const Expr &expression);

/// The limit of to_text and to_latex.
void check_printable(const Expr &expression);

/// A number in the language: a short decimal where that is exact (0.044715, 1e-30), otherwise the fraction p/q.
std::string to_text(const Rational &value);

}  // namespace actinide
