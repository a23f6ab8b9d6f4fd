#include "simplify/fractions.h"

#include <algorithm>
#include <array>

namespace actinide {
namespace {

/// More terms than this cost more than they help.
constexpr std::size_t most_terms = 48;
/// The product with one exponential for all of its own, so that equal ones are seen to be equal.
Product with_one_exponential(const Product &product) {
  Product rest{product.coefficient, {}};
  Sum exponent;
  for (const Factor &factor : product.factors) {
    if (factor.base.is(Op::exp))
      add(exponent, factor.base[0], factor.exponent);
    else
      rest.factors.push_back(factor);
  }
  if (!exponent.empty()) multiply(rest, canonical(Op::exp, std::array{to_expr(exponent)}), 1);
  return rest;
}

/// A root squared is what stands under it.
void multiply_simply(Product &product, const Expr &base, const Rational &exponent) {
  const bool is_root_to_the_integer = base.is(Op::sqrt) && exponent.get_den() == 1;
  if (!is_root_to_the_integer) return multiply(product, base, exponent);
  mpz_class pairs;
  mpz_fdiv_q_ui(pairs.get_mpz_t(), exponent.get_num_mpz_t(), 2);
  multiply(product, base[0], Rational(pairs));
  multiply(product, base, exponent - 2 * pairs);
}

}  // namespace

std::optional<Sum> multiplied_out(const Product &product) {
  const auto is_power_of_sum = [](const Factor &factor) {
    return factor.base.is(Op::add) && factor.exponent > 0 && factor.exponent <= highest_power &&
           factor.exponent.get_den() == 1;
  };
  const auto opened = std::ranges::find_if(product.factors, is_power_of_sum);
  if (opened == product.factors.end()) {
    Sum sum;
    const Expr rest = to_expr(with_one_exponential(Product{1, product.factors}));
    add(sum, rest, product.coefficient);
    return sum;
  }
  Sum result;
  for (const Term &term : sum_of(opened->base)) {
    Product part{product.coefficient * term.coefficient, {}};
    for (const Factor &factor : product.factors)
      multiply_simply(part, factor.base, factor.base == opened->base ? Rational(factor.exponent - 1) : factor.exponent);
    multiply(part, product_of(term.rest), 1);
    const auto terms = multiplied_out(part);
    if (!terms) return std::nullopt;
    for (const Term &each : *terms) add(result, each.rest, each.coefficient);
    if (result.size() > most_terms) return std::nullopt;
  }
  return result;
}

std::optional<Expr> over_common_denominator(const Sum &sum, const std::function<bool(const Factor &)> &is_denominator) {
  if (sum.size() < 2) return std::nullopt;
  std::vector<Factor> denominators;
  const auto is_below = [&](const Factor &factor) { return factor.exponent < 0 && is_denominator(factor); };
  for (const Term &term : sum) {
    for (const Factor &factor : product_of(term.rest).factors) {
      if (!is_below(factor)) continue;
      const auto known = std::ranges::find(denominators, factor.base, &Factor::base);
      if (known == denominators.end())
        denominators.push_back(factor);
      else
        known->exponent = std::min(known->exponent, factor.exponent);
    }
  }
  if (denominators.empty()) return std::nullopt;
  Sum numerator;
  for (const Term &term : sum) {
    Product above = product_of(term.rest);
    above.coefficient *= term.coefficient;
    for (const Factor &below : denominators) {
      const auto own = std::ranges::find(above.factors, below.base, &Factor::base);
      Rational missing = -below.exponent;
      if (own != above.factors.end() && is_below(*own)) {
        missing += own->exponent;
        above.factors.erase(own);
      }
      multiply_simply(above, below.base, missing);
    }
    const auto terms = multiplied_out(above);
    if (!terms) return std::nullopt;
    for (const Term &each : *terms) add(numerator, each.rest, each.coefficient);
    if (numerator.size() > most_terms) return std::nullopt;
  }
  Product quotient;
  multiply(quotient, to_expr(numerator), 1);
  for (const Factor &below : denominators) multiply(quotient, below.base, below.exponent);
  return to_expr(quotient);
}

}  // namespace actinide
