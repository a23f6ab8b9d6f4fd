// Rewriting of exact expressions: simplification, and the stable forms that keep tails, roots and overflow in order.
//
// A rule is data: a name, a pattern and a replacement in the language of activations, its soundness with a witness.
#pragma once

#include "expression/expression.h"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

enum class Soundness : std::uint8_t {
  exact,        ///< equal as real functions wherever the left side is defined
  extends,      ///< equal, and also defined where the left side isn't; the witness is such a point
  approximate,  ///< equal to within 2^-110 relative; the witness is the worst point
};

struct Rule {
  std::string_view name;
  std::string_view pattern;  ///< u v w match anything; k a constant or parameter; c the same, unless known to be
                             ///< negative; p known to be positive
  std::string_view replacement;
  Soundness soundness;
  std::string_view witness;
  std::string_view why;  ///< the trap that the rule avoids, with figures
};

/// Rules that make an expression smaller.
std::span<const Rule> simplification_rules();
/// Rules that make it numerically stable (NUMERICS: sign-split exponentials, conjugates, ...).
std::span<const Rule> stable_form_rules();
/// Stable forms of what depends on more than one input, tried before the others.
std::span<const Rule> rules_without_windows();
/// Stable forms that are tried before those where every rounding counts.
std::span<const Rule> few_digits_rules();

/// What the arithmetic that is to follow has more than its results.
enum class Digits : std::uint8_t {
  to_spare,    ///< wider numbers, or pairs: cancellation of a few digits does no harm
  few,         ///< nothing: plain f32 for results of f32
  few_of_one,  ///< the same, with parameters that may be so large that the forms for few digits overflow: those are
               ///< for what depends on a product of input and parameter alone
};

struct Rewritten {
  Expr expression;
  std::vector<std::string> applied;  ///< names of the rules, in order
};

// `inputs` below are the names of the variables that differ from element to element; every other variable is a
// parameter, which k and c match (a parameter under a square root, as in sqrt(x^2 + b), is taken to be >= 0). Empty:
// any variable may be an input.

/// Folds constants exactly and applies the simplification rules until none fits. Terminates on every expression.
Rewritten simplify(const Expr &expression, const std::set<std::string> &inputs = {});

/// simplify, then the stable forms: what the numerics start from. Products stand in an order in which no factor
/// overflows before the one that makes it vanish; exp(-abs(u)) and what is multiplied to it may fall below the smallest
/// number of the type.
/// `positive`: parameters that are never 0 or below.
Rewritten stabilize(const Expr &expression, const std::set<std::string> &inputs = {}, Digits digits = Digits::to_spare,
                    const std::set<std::string> &positive = {});

}  // namespace actinide
