// Applies rules to a graph until none fits: every distinct node is rewritten once.
#pragma once

#include "simplify/match.h"
#include "simplify/memo.h"
#include "simplify/range.h"
#include "simplify/simplify.h"

#include <functional>
#include <unordered_map>

namespace actinide {

/// A rule with its texts parsed, and the operations that a subject must contain somewhere to match.
struct CompiledRule {
  const Rule *rule;
  Pattern pattern;
  Expr replacement;
  std::uint64_t operations;
};

std::vector<CompiledRule> compile_rules(std::span<const Rule> rules);

/// The pattern or replacement of a rule as an exact expression over u v w k c p.
Expr parse_rule_text(std::string_view text);

class Rewriter {
 public:
  enum class Order {
    inside_out,  ///< rules see arguments that are already rewritten
    outside_in,  ///< rules see the expression as it was: forms of several functions come before their parts
  };
  using Structural = std::function<Expr(const Expr &, RangeAnalysis &)>;

  Rewriter(std::span<const CompiledRule> rules, Order order, Structural structural, const std::set<std::string> *inputs,
           std::size_t budget, std::vector<std::string> &applied, std::set<std::string> positive = {})
      : rules_(rules),
        order_(order),
        structural_(std::move(structural)),
        matcher_(inputs, std::move(positive)),
        budget_(budget),
        applied_(applied) {}

  /// The canonical, rewritten form of any expression.
  Expr rewrite(const Expr &expression);

 private:
  Expr compute(const Expr &expression);
  /// The node with its arguments rewritten, in canonical form.
  Expr rebuild(const Expr &expression);
  Expr rebuild_sum(const Expr &expression);
  Expr rebuild_product(const Expr &expression);
  /// The expression after the first rule that matches its root; itself if none does.
  Expr apply_first(const Expr &expression);
  std::uint64_t operations_of(const Expr &expression);

  std::span<const CompiledRule> rules_;
  Order order_;
  Structural structural_;
  Matcher matcher_;
  RangeAnalysis analysis_;
  /// Rule applications left. Every rule makes its part of the expression smaller, so this only guards against a bad
  /// rule.
  std::size_t budget_;
  std::vector<std::string> &applied_;
  Memo memo_;
  std::unordered_map<const void *, std::pair<Expr, std::uint64_t>> operations_;
};

}  // namespace actinide
