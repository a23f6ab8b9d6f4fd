// Matching of patterns against canonical expressions.
//
// A pattern is a canonical expression over the variables u v w (anything), k (a constant or parameter), c (the same,
// not known to be negative) and p (the same, known to be positive). Sums and products match modulo order: as the whole
// rule, a pattern matches some terms of a sum (all multiplied by one common factor) or some factors of a product, and
// the others stay; inside a rule it must match all of them.
#pragma once

#include "simplify/algebra.h"

#include <array>
#include <optional>
#include <set>
#include <string>

namespace actinide {

class Bindings {
 public:
  static constexpr std::string_view names = "uvwkcp";
  Expr &operator[](const std::string &name) { return values_[names.find(name[0])]; }
  const Expr &operator[](const std::string &name) const { return values_[names.find(name[0])]; }

 private:
  std::array<Expr, 6> values_;
};

/// The pattern with its variables replaced, in canonical form.
Expr instantiate(const Expr &pattern, const Bindings &bindings);

/// A pattern taken apart once.
struct Pattern {
  explicit Pattern(const Expr &canonical);

  Expr expression;
  Sum terms;            ///< of a sum, the one that decides most first
  Product product;      ///< of a product, likewise
  std::uint64_t heads;  ///< see heads_of
};

/// A canonical expression taken apart for all patterns that are tried on it.
struct Subject {
  explicit Subject(const Expr &canonical);

  Expr expression;
  Sum terms;
  Product product;
  std::uint64_t heads;
};

class Matcher {
 public:
  /// `inputs`: the variables that are no parameters; null if every variable may be an input. `positive`: parameters.
  Matcher(const std::set<std::string> *inputs, std::set<std::string> positive)
      : inputs_(inputs), positive_(std::move(positive)) {}

  /// `subject` with its part that matches `pattern` replaced by `replacement`; nothing if there is none.
  std::optional<Expr> apply(const Pattern &pattern, const Expr &replacement, const Subject &subject) const;

 private:
  bool match(const Expr &pattern, const Expr &subject, Bindings &) const;
  bool bind(const Expr &variable, const Expr &subject, Bindings &) const;
  /// `left`: what of the subject isn't matched yet. With `whole`, all of it must match.
  bool match_factors(std::span<const Factor> pattern, Product &left, bool whole, Bindings &) const;
  bool match_terms(const Sum &pattern, Sum &left, Product &common, bool whole, Bindings &) const;
  bool match_other_terms(std::span<const Term> pattern, Sum &left, const Product &common, bool whole, Bindings &) const;
  bool constant_for_all_elements(const Expr &) const;
  bool positive(const Expr &) const;

  const std::set<std::string> *inputs_;
  std::set<std::string> positive_;
};

}  // namespace actinide
