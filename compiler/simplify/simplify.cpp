#include "simplify/simplify.h"

#include "simplify/present.h"
#include "simplify/rewriter.h"
#include "simplify/structure.h"

namespace actinide {
namespace {

/// Far above what any expression needs: each node is rewritten a few times.
std::size_t budget_for(const Expr &expression) {
  return 1000 + 64 * node_count(expression);
}

Expr simplified(const Expr &expression, const std::set<std::string> *inputs, std::vector<std::string> &applied) {
  static const std::vector<CompiledRule> rules = compile_rules(simplification_rules());
  const auto structural = [](const Expr &e, RangeAnalysis &) { return sum_into_select(product_into_select(e)); };
  return Rewriter(rules, Rewriter::Order::inside_out, structural, inputs, budget_for(expression), applied)
      .rewrite(expression);
}

Expr stable(const Expr &simple, const std::set<std::string> *inputs, std::vector<std::string> &applied) {
  static const std::vector<CompiledRule> rules = compile_rules(stable_form_rules());
  const auto structural = [](const Expr &e, RangeAnalysis &analysis) {
    return merged_exponentials(over_one_denominator(e, analysis), analysis);
  };
  return Rewriter(rules, Rewriter::Order::outside_in, structural, inputs, budget_for(simple), applied).rewrite(simple);
}

const std::set<std::string> *if_any(const std::set<std::string> &inputs) {
  return inputs.empty() ? nullptr : &inputs;
}

}  // namespace

Rewritten simplify(const Expr &expression, const std::set<std::string> &inputs) {
  Rewritten result;
  result.expression = present(simplified(expression, if_any(inputs), result.applied));
  return result;
}

Rewritten stabilize(const Expr &expression, const std::set<std::string> &inputs) {
  Rewritten result;
  const Expr simple = simplified(expression, if_any(inputs), result.applied);
  result.expression = present_for_evaluation(stable(simple, if_any(inputs), result.applied), if_any(inputs));
  return result;
}

}  // namespace actinide
