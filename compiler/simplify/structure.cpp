#include "simplify/structure.h"

#include "simplify/algebra.h"
#include "simplify/fractions.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace actinide {
namespace {

/// A select with more arms than this stays as it is: multiplied into all of them, nested ones could grow without bound.
constexpr int most_arms = 8;

int count_arms(const Expr &e, int limit) {
  if (!e.is(Op::select) || limit <= 1) return 1;
  const int first = count_arms(e[1], limit - 1);
  return first + count_arms(e[2], limit - first);
}

Expr multiplied(const Product &product, const Expr &by);

Expr multiply_into(const Product &product, const Expr &select) {
  const Expr arms[] = {select[0], multiplied(product, select[1]), multiplied(product, select[2])};
  return canonical(Op::select, arms);
}

Expr multiplied(const Product &product, const Expr &by) {
  if (by.is(Op::select)) return multiply_into(product, by);
  Product result = product;
  multiply(result, by, 1);
  return to_expr(result);
}

bool is_product(const Expr &e) {
  return e.is(Op::mul);
}

bool moderate(const Expr &base, RangeAnalysis &analysis) {
  const Range range = analysis.range(base);
  return base.is(Op::add) && range.low >= 0.5 && range.high <= 16;
}

Rational exponent_of(const Term &term, const Expr &base) {
  for (const Factor &factor : product_of(term.rest).factors) {
    if (factor.base == base) return factor.exponent;
  }
  return 0;
}

Rational lowest_exponent(const Sum &sum, const Expr &base) {
  Rational result = 0;
  for (const Term &term : sum) result = std::min(result, exponent_of(term, base));
  return result;
}

/// The numerator of `sum` over the power `denominator`.
Expr over(const Sum &sum, const Factor &denominator) {
  Sum numerator;
  for (const Term &term : sum) {
    Product above = product_of(term.rest);
    multiply(above, denominator.base, -denominator.exponent);
    add(numerator, to_expr(above), term.coefficient);
  }
  return to_expr(numerator);
}

/// Joins the terms that have a moderate denominator in common.
Expr sum_over_one_denominator(const Expr &expression, RangeAnalysis &analysis) {
  const Sum sum = sum_of(expression);
  for (const Term &candidate : sum) {
    for (const Factor &factor : product_of(candidate.rest).factors) {
      if (factor.exponent > 0 || !moderate(factor.base, analysis)) continue;
      Sum joined, rest;
      for (const Term &term : sum) (exponent_of(term, factor.base) < 0 ? joined : rest).push_back(term);
      if (joined.size() < 2) continue;
      Product quotient;
      const Factor denominator{factor.base, lowest_exponent(joined, factor.base)};
      multiply(quotient, over(joined, denominator), 1);
      multiply(quotient, denominator.base, denominator.exponent);
      add(rest, to_expr(quotient), 1);
      return to_expr(rest);
    }
  }
  return expression;
}

/// select(c, a, b)^n -> select(c, a^n, b^n) for numbers a and b.
Expr power_into_select(const Expr &expression) {
  if (!expression.is(Op::pow) || !expression[0].is(Op::select) || !expression[1].is(Op::constant)) return expression;
  const Expr &select = expression[0];
  if (!select[1].is(Op::constant) || !select[2].is(Op::constant) || expression[1].value() < 0) return expression;
  return canonical(Op::select, std::array{select[0], canonical(Op::pow, std::array{select[1], expression[1]}),
                                          canonical(Op::pow, std::array{select[2], expression[1]})});
}

/// Above 0 at every real number, though it may tend to 0.
bool is_positive(const Expr &e, RangeAnalysis &analysis) {
  if (e.is(Op::exp) || e.is(Op::sigmoid) || e.is(Op::normcdf)) return true;
  if (e.is(Op::add) || e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant)))
    return std::ranges::all_of(e.arguments(), [&](const Expr &part) {
      return is_positive(part, analysis) || (e.is(Op::pow) && part == e[1]);
    });
  return analysis.range(e).low > 0;
}

bool has_sum_as_factor(const Term &term) {
  return std::ranges::any_of(product_of(term.rest).factors, [](const Factor &f) { return f.base.is(Op::add); });
}

}  // namespace

Expr product_into_select(const Expr &expression) {
  if (expression.is(Op::pow)) return power_into_select(expression);
  if (!is_product(expression)) return expression;
  Product product = product_of(expression);
  const auto is_select = [](const Factor &factor) { return factor.exponent == 1 && factor.base.is(Op::select); };
  const auto place = std::find_if(product.factors.begin(), product.factors.end(), is_select);
  if (place == product.factors.end() || count_arms(place->base, most_arms + 1) > most_arms) return expression;
  Expr select = place->base;
  product.factors.erase(place);
  // Further selects join if their condition is the same; otherwise the product stays.
  for (auto other = product.factors.begin(); other != product.factors.end();) {
    if (!is_select(*other)) {
      ++other;
      continue;
    }
    const Expr joined = other->base;
    if (joined[0] != select[0]) return expression;
    const Expr arms[] = {select[0], canonical(Op::mul, std::array{select[1], joined[1]}),
                         canonical(Op::mul, std::array{select[2], joined[2]})};
    select = canonical(Op::select, arms);
    other = product.factors.erase(other);
    if (!select.is(Op::select)) return multiplied(product, select);
  }
  return multiply_into(product, select);
}

Expr sum_into_select(const Expr &expression) {
  if (!expression.is(Op::add)) return expression;
  Sum rest, first, second;
  Expr condition;
  int joined = 0;
  for (const Term &term : sum_of(expression)) {
    if (term.rest.is(Op::select) && (!condition || term.rest[0] == condition)) {
      condition = term.rest[0];
      add(first, term.rest[1], term.coefficient);
      add(second, term.rest[2], term.coefficient);
      ++joined;
    } else {
      add(rest, term.rest, term.coefficient);
    }
  }
  if (joined < 2) return expression;
  add(rest, canonical(Op::select, std::array{condition, to_expr(first), to_expr(second)}), 1);
  return to_expr(rest);
}

Expr over_one_denominator(const Expr &expression, RangeAnalysis &analysis) {
  if (expression.is(Op::add)) return sum_over_one_denominator(expression, analysis);
  if (!is_product(expression)) return expression;
  // (a/B + b) * c/B -> (a + b*B) * c/B^2
  Product product = product_of(expression);
  for (std::size_t i = 0; i < product.factors.size(); ++i) {
    if (product.factors[i].exponent != 1 || !product.factors[i].base.is(Op::add)) continue;
    const Sum sum = sum_of(product.factors[i].base);
    for (const Factor &below : product.factors) {
      if (below.exponent > 0 || !moderate(below.base, analysis)) continue;
      const Rational lowest = lowest_exponent(sum, below.base);
      if (lowest >= 0) continue;
      const Factor denominator{below.base, lowest};
      product.factors.erase(product.factors.begin() + static_cast<long>(i));
      multiply(product, over(sum, denominator), 1);
      multiply(product, denominator.base, denominator.exponent);
      return to_expr(product);
    }
  }
  return expression;
}

bool is_polynomial(const Expr &e) {
  if (e.is(Op::add) || e.is(Op::mul)) return std::ranges::all_of(e.arguments(), is_polynomial);
  if (e.is(Op::pow) && e[1].is(Op::constant) && e[1].value() > 0 && e[1].value().get_den() == 1)
    return is_polynomial(e[0]);
  return e.is(Op::variable) || variables(e).empty();
}

Expr collected_polynomial(const Expr &expression) {
  if (!expression.is(Op::add) || !is_polynomial(expression)) return expression;
  const Sum sum = sum_of(expression);
  if (std::ranges::none_of(sum, has_sum_as_factor)) return expression;
  Sum collected;
  for (const Term &term : sum) {
    const auto terms = multiplied_out(product_of(term.rest));
    if (!terms) return expression;
    for (const Term &each : *terms) add(collected, each.rest, each.coefficient * term.coefficient);
  }
  return collected.size() <= sum.size() ? to_expr(collected) : expression;
}

Expr merged_exponentials(const Expr &expression, RangeAnalysis &analysis) {
  if (!is_product(expression)) return expression;
  const Product product = product_of(expression);
  Product rest{product.coefficient, {}};
  Sum exponent;
  int merged = 0;
  bool can_overflow = false;
  for (const Factor &factor : product.factors) {
    if (factor.base.is(Op::exp) && factor.exponent > 0) {
      add(exponent, factor.base[0], factor.exponent);
      can_overflow |= !analysis.bounded(factor.base);
      ++merged;
    } else {
      rest.factors.push_back(factor);
    }
  }
  if (merged < 2 || !can_overflow) return expression;
  multiply(rest, canonical(Op::exp, std::array{to_expr(exponent)}), 1);
  return to_expr(rest);
}

Expr decided_extremum(const Expr &expression, RangeAnalysis &analysis) {
  if (!expression.is(Op::max) && !expression.is(Op::min)) return expression;
  const Range first = analysis.range(expression[0]), second = analysis.range(expression[1]);
  const bool larger = expression.is(Op::max);
  if (first.high <= second.low) return expression[larger ? 1 : 0];
  if (second.high <= first.low) return expression[larger ? 0 : 1];
  return expression;
}

Expr decided_choice(const Expr &expression, RangeAnalysis &analysis) {
  if (!expression.is(Op::select) || !expression[0].is(Op::less_equal)) return expression;
  const Expr &low = expression[0][0], &high = expression[0][1];
  return low.is_value(0) && analysis.range(high).low >= 0 ? expression[1] : expression;
}

Expr logarithm_of_product(const Expr &expression, RangeAnalysis &analysis) {
  if (!expression.is(Op::log)) return expression;
  const Product product = product_of(expression[0]);
  const bool is_one_factor =
      product.coefficient == 1 && product.factors.size() == 1 && product.factors[0].exponent == 1;
  if (is_one_factor) return expression;
  Product rest{product.coefficient, {}};
  Sum sum;
  for (const Factor &factor : product.factors) {
    const Expr &base = factor.base;
    const bool is_exponential = base.is(Op::sigmoid) || std::isinf(analysis.growth(base)) || analysis.decays(base);
    if (is_exponential && is_positive(base, analysis))
      add(sum, canonical(Op::log, std::array{base}), factor.exponent);
    else
      rest.factors.push_back(factor);
  }
  if (sum.empty() || rest.coefficient < 0) return expression;
  add(sum, canonical(Op::log, std::array{to_expr(rest)}), 1);
  return to_expr(sum);
}

}  // namespace actinide
