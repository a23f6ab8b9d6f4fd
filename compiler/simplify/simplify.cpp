#include "simplify/simplify.h"

#include "simplify/exponential_sums.h"
#include "simplify/homogeneous.h"
#include "simplify/present.h"
#include "simplify/rewriter.h"
#include "simplify/structure.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace actinide {
namespace {

/// An argument made of an input and a parameter: no name that a user can give.
const std::string kArgument = "(u)";

/// Far above what any expression needs: each node is rewritten a few times.
std::size_t budget_for(const Expr &expression) {
  return 1000 + 64 * node_count(expression);
}

Expr simplified(const Expr &expression, const std::set<std::string> *inputs, std::vector<std::string> &applied) {
  static const std::vector<CompiledRule> rules = compile_rules(simplification_rules());
  const auto structural = [](const Expr &e, RangeAnalysis &analysis) {
    return logarithm_of_product(collected_polynomial(sum_into_select(product_into_select(e))), analysis);
  };
  return Rewriter(rules, Rewriter::Order::inside_out, structural, inputs, budget_for(expression), applied)
      .rewrite(expression);
}

/// log1p of a function as the log of a sum: 1 - sigmoid(x) has a form that doesn't cancel at 1, log1p(-sigmoid(x))
/// none. Where there is no such form, log1p comes back; 1 - exp(x) would become -expm1(x), which is 1 where exp(x) is
/// small.
Expr with_logarithms_of_sums(const Expr &expression) {
  std::vector<std::pair<Expr, Expr>> replacements;
  for (const Expr &node : post_order(expression)) {
    const bool is_of_function = node.is(Op::log1p) && !node[0].is(Op::variable);
    const bool is_of_exponential = is_of_function && node[0].is(Op::neg) && node[0][0].is(Op::exp);
    if (is_of_function && !is_of_exponential) replacements.emplace_back(node, make(Op::log, {constant(1) + node[0]}));
  }
  return replacements.empty() ? expression : substitute(expression, replacements);
}

/// In forms where nothing overflows on the way; the rules may then find more.
Expr bounded(const Expr &expression, const std::set<std::string> *inputs, std::vector<std::string> &applied) {
  const Expr simple = simplified(with_logarithms_of_sums(expression), inputs, applied);
  const Expr scaled = without_growing_powers(without_growing_exponentials(simple, inputs, applied),
                                             inputs == nullptr ? variables(simple) : *inputs, applied);
  return scaled == simple ? simple : simplified(scaled, inputs, applied);
}

std::vector<CompiledRule> before_stable_forms(std::span<const Rule> rules) {
  std::vector<CompiledRule> all = compile_rules(rules);
  std::ranges::copy(compile_rules(stable_form_rules()), std::back_inserter(all));
  return all;
}

const std::vector<CompiledRule> &stable_forms(Digits digits, bool has_windows) {
  static const std::vector<CompiledRule> with_windows = compile_rules(stable_form_rules()),
                                         without = before_stable_forms(rules_without_windows()),
                                         few = before_stable_forms(few_digits_rules());
  return digits == Digits::few ? few : has_windows ? with_windows : without;
}

Expr stable(const Expr &simple, const std::set<std::string> *inputs, Digits digits,
            const std::set<std::string> &positive, std::vector<std::string> &applied) {
  const auto structural = [](const Expr &e, RangeAnalysis &analysis) {
    const Expr merged = merged_exponentials(over_one_denominator(e, analysis), analysis);
    return decided_choice(decided_extremum(merged, analysis), analysis);
  };
  const std::set<std::string> names = variables(simple);
  const bool has_windows = names.size() == 1 && !names.contains(kArgument);
  return Rewriter(stable_forms(digits, has_windows), Rewriter::Order::outside_in, structural, inputs,
                  budget_for(simple), applied, positive)
      .rewrite(simple);
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

namespace {

/// An expression of an input x and a parameter p as a function of u alone, what u is of x and p, and what the function
/// is multiplied by, if anything.
struct FunctionOfOne {
  Expr function;
  Expr argument;
  Expr factor = {};
};

/// A canonical sum with each term divided by x.
Expr divided(const Expr &canonical_sum, const Expr &x) {
  Sum result;
  for (const Term &term : sum_of(canonical_sum)) {
    Product product = product_of(term.rest);
    multiply(product, x, -1);
    add(result, to_expr(product), term.coefficient);
  }
  return to_expr(result);
}

/// swish'(x) = s(beta x) + beta x s'(beta x): with beta = u/x, x cancels. x + sin(a x)^2/a is x (1 + sin(u)^2/u): where
/// a x or x is infinite sin has no value, but the function a limit, and its root is always at the same u.
std::optional<FunctionOfOne> function_of_one(const Expr &expression, const std::set<std::string> &inputs) {
  const std::set<std::string> names = variables(expression);
  const auto is_input = [&](const std::string &name) { return inputs.contains(name); };
  if (names.size() != 2 || std::ranges::count_if(names, is_input) != 1) return std::nullopt;
  const Expr x = variable(*std::ranges::find_if(names, is_input)),
             p = variable(*std::ranges::find_if_not(names, is_input));
  const Expr u = variable(kArgument);
  const std::pair<Expr, Expr> ways[] = {{u / x, p * x}, {x / u, x / p}, {u - x, x + p}, {x - u, x - p}};
  for (const auto &[parameter, argument] : ways) {
    std::vector<std::string> applied;
    const std::set<std::string> one{kArgument, x.name()};
    const std::pair<Expr, Expr> replacement{p, parameter};
    const Expr function = simplified(substitute(expression, {&replacement, 1}), &one, applied);
    if (variables(function) == std::set{kArgument}) return FunctionOfOne{function, argument};
    const bool is_product = argument.is(Op::mul);
    if (!is_product || !oscillates(expression)) continue;
    const Expr of_argument = divided(function, x);
    if (variables(of_argument) == std::set{kArgument}) return FunctionOfOne{of_argument, argument, x};
  }
  return std::nullopt;
}

}  // namespace

Rewritten stabilize(const Expr &expression, const std::set<std::string> &inputs, Digits digits,
                    const std::set<std::string> &positive) {
  if (const auto one = function_of_one(expression, inputs)) {
    if (digits == Digits::few_of_one) digits = Digits::few;
    Rewritten result = stabilize(one->function, {kArgument}, digits);
    const std::pair<Expr, Expr> back{variable(kArgument), one->argument};
    result.expression = substitute(result.expression, {&back, 1});
    if (one->factor) result.expression = one->factor * result.expression;
    return result;
  }
  if (digits == Digits::few_of_one) digits = Digits::to_spare;
  Rewritten result;
  const Expr simple = bounded(expression, if_any(inputs), result.applied);
  result.expression =
      present_for_evaluation(stable(simple, if_any(inputs), digits, positive, result.applied), if_any(inputs), digits);
  return result;
}

}  // namespace actinide
