// Sums and products as flat lists, and the canonical form of an expression that is built from them.
//
// In canonical form there is no sub, neg or div: a sum is a left-leaning tree of add over terms in canonical order, a
// product is a left-leaning tree of mul with the rational coefficient first, a quotient is a product with negative
// exponents. Like terms and equal bases are merged, constants are folded exactly. Rules match on this form; present.h
// turns it back into what people read.
#pragma once

#include "expression/expression.h"

#include <initializer_list>
#include <span>
#include <vector>

namespace actinide {

struct Factor {
  Expr base;
  Rational exponent;
};

/// coefficient * base^exponent * ...; bases distinct and in canonical order, no exponent is 0. A zero product has no
/// factors.
struct Product {
  Rational coefficient = 1;
  std::vector<Factor> factors;

  bool is_number() const { return factors.empty(); }
};

struct Term {
  Rational coefficient;
  Expr rest;  ///< a canonical product with coefficient 1; the constant term has the constant 1
};

/// The terms in canonical order, no coefficient is 0, the rests are distinct. Zero has no terms.
using Sum = std::vector<Term>;

/// The factors of a canonical expression; anything that is no product is its own only factor.
Product product_of(const Expr &canonical);
/// The terms of a canonical expression; anything that is no sum is its own only term.
Sum sum_of(const Expr &canonical);

/// Multiplies `product` by base^exponent, merging equal bases and folding constants.
void multiply(Product &product, const Expr &canonical_base, const Rational &exponent);
void multiply(Product &product, const Product &by, const Rational &exponent);
/// Adds coefficient * addend to `sum`, merging equal terms.
void add(Sum &sum, const Expr &canonical_addend, const Rational &coefficient);

Expr to_expr(const Product &product);
Expr to_expr(const Sum &sum);

/// product^exponent if it is again a product with an exact rational coefficient.
bool raise(Product &product, const Rational &exponent);

/// The node `op(arguments...)` in canonical form; the arguments are canonical.
Expr canonical(Op op, std::span<const Expr> arguments);
inline Expr canonical(Op op, std::initializer_list<Expr> arguments) {
  return canonical(op, std::span(arguments.begin(), arguments.size()));
}

/// The canonical order of factors and terms: numbers, symbols, variables by name, then the others. The same in every
/// process.
bool precedes(const Expr &a, const Expr &b);

}  // namespace actinide
