#include "simplify/algebra.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actinide {
namespace {

bool is_integer(const Rational &value) {
  return value.get_den() == 1;
}

/// value^exponent for an integer exponent, unless the result would be a number of absurd length.
std::optional<Rational> integer_power(const Rational &value, const Rational &exponent) {
  if (!is_integer(exponent) || abs(exponent) > 64 || (value == 0 && exponent < 0)) return std::nullopt;
  if (exponent != 1 && mpz_sizeinbase(value.get_num_mpz_t(), 2) + mpz_sizeinbase(value.get_den_mpz_t(), 2) > 4096) {
    return std::nullopt;
  }
  const long count = Rational(abs(exponent)).get_num().get_si();
  Rational result = 1;
  for (long i = 0; i < count; ++i) result *= value;
  if (exponent < 0) result = 1 / result;
  return result;
}

/// The exact n-th root of a rational, if it is one.
std::optional<Rational> exact_root(const Rational &value, unsigned long n) {
  if (value < 0) return std::nullopt;
  mpz_class num, den;
  if (!mpz_root(num.get_mpz_t(), value.get_num_mpz_t(), n) || !mpz_root(den.get_mpz_t(), value.get_den_mpz_t(), n)) {
    return std::nullopt;
  }
  return Rational(num, den);
}

std::optional<Rational> exact_power(const Rational &value, const Rational &exponent) {
  if (is_integer(exponent)) return integer_power(value, exponent);
  if (exponent.get_den() > 64) return std::nullopt;
  const auto root = exact_root(value, exponent.get_den().get_ui());
  return root ? integer_power(*root, exponent.get_num()) : std::nullopt;
}

/// Numbers, symbols, variables, powers and products of those, functions: what a reader expects first comes first.
int rank(const Expr &e) {
  switch (e.op()) {
    case Op::constant:
      return 0;
    case Op::pi:
    case Op::euler:
      return 1;
    case Op::sqrt:
      return e[0].is(Op::constant) || e[0].is(Op::pi) ? 2 : 7;
    case Op::variable:
      return 3;
    case Op::pow:
      return 4;
    case Op::mul:
      return 5;
    case Op::add:
      return 6;
    default:
      return 7;
  }
}

/// `sum` times -1 where that is the better sign: used to keep a product's sign and its sum's sign apart.
bool all_negative(const Sum &sum) {
  return std::all_of(sum.begin(), sum.end(), [](const Term &term) { return term.coefficient < 0; });
}

Expr scaled(const Sum &sum, const Rational &by) {
  Sum result = sum;
  for (Term &term : result) term.coefficient *= by;
  return to_expr(result);
}

/// A factor may be pulled out of a sum if that shares work without hiding a form that a rule knows: variables and
/// constants of any exponent, and every common denominator.
bool may_be_pulled_out(const Factor &factor) {
  const Op op = factor.base.op();
  if (op == Op::variable || op == Op::pi || op == Op::euler) return true;
  if (op == Op::sqrt && variables(factor.base).empty()) return true;
  return factor.exponent < 0;
}

/// The factors that every term of the sum has.
Product common_factors(const Sum &sum) {
  Product common;
  for (const Factor &factor : product_of(sum.front().rest).factors) {
    if (may_be_pulled_out(factor)) common.factors.push_back(factor);
  }
  for (std::size_t i = 1; i < sum.size() && !common.factors.empty(); ++i) {
    const Product other = product_of(sum[i].rest);
    std::vector<Factor> kept;
    for (Factor &factor : common.factors) {
      const auto match = std::find_if(other.factors.begin(), other.factors.end(),
                                      [&](const Factor &candidate) { return candidate.base == factor.base; });
      if (match == other.factors.end() || sgn(match->exponent) != sgn(factor.exponent)) continue;
      if (abs(match->exponent) < abs(factor.exponent)) factor.exponent = match->exponent;
      kept.push_back(std::move(factor));
    }
    common.factors = std::move(kept);
  }
  return common;
}

bool before_base(const Factor &factor, const Expr &base) {
  return precedes(factor.base, base);
}

/// Inserts base^exponent into a product that has no such base yet.
void insert_power(Product &product, const Expr &base, Rational exponent) {
  // sqrt(2)^2 = 2, and likewise for every root of a number.
  if (base.is(Op::sqrt) && base[0].is(Op::constant) && is_integer(exponent)) {
    const mpz_class pairs = exponent.get_num() / 2;
    if (pairs != 0) multiply(product, base[0], Rational(pairs));
    exponent -= 2 * pairs;
  }
  if (exponent == 0 || product.coefficient == 0) return;
  const auto place = std::lower_bound(product.factors.begin(), product.factors.end(), base, before_base);
  product.factors.insert(place, {base, std::move(exponent)});
}

std::vector<Factor>::iterator find_factor(Product &product, const Expr &base) {
  return std::ranges::find(product.factors, base, &Factor::base);
}

/// x/sqrt(x) is sqrt(x), not 0/0 at 0: whichever of base and root of it comes second, meets the other as a power of the
/// root.
bool meets_root(Product &product, const Expr &base, const Rational &exponent) {
  if (exponent > 0) {
    const Expr root = make(Op::sqrt, {base});
    const auto below = find_factor(product, root);
    if (below == product.factors.end() || below->exponent > 0) return false;
    multiply(product, root, exponent * 2);
    return true;
  }
  if (!base.is(Op::sqrt)) return false;
  const auto square = find_factor(product, base[0]);
  if (square == product.factors.end() || square->exponent < 0) return false;
  const Rational total = exponent + square->exponent * 2;
  product.factors.erase(square);
  multiply(product, base, total);
  return true;
}

Expr power_node(const Expr &base, const Rational &exponent) {
  if (exponent == 1) return base;
  return make(Op::pow, {base, constant(exponent)});
}

}  // namespace

bool precedes(const Expr &a, const Expr &b) {
  if (a == b) return false;
  const int rank_a = rank(a), rank_b = rank(b);
  if (rank_a != rank_b) return rank_a < rank_b;
  if (a.is(Op::constant)) return a.value() < b.value();
  if (a.is(Op::variable)) return a.name() < b.name();
  if (a.op() != b.op()) return a.op() < b.op();
  return a.hash() < b.hash();
}

Product product_of(const Expr &canonical) {
  Product result;
  std::vector<Factor> reversed;
  const auto take = [&](const Expr &e) {
    if (e.is(Op::constant)) {
      result.coefficient *= e.value();
    } else if (e.is(Op::pow) && e[1].is(Op::constant)) {
      reversed.push_back({e[0], e[1].value()});
    } else {
      reversed.push_back({e, 1});
    }
  };
  Expr rest = canonical;
  while (rest.is(Op::mul)) {
    take(rest[1]);
    rest = Expr(rest[0]);
  }
  take(rest);
  result.factors.assign(reversed.rbegin(), reversed.rend());
  if (result.coefficient == 0) result.factors.clear();
  return result;
}

Sum sum_of(const Expr &canonical) {
  Sum reversed;
  const auto take = [&](const Expr &e) {
    if (e.is(Op::constant)) {
      if (e.value() != 0) reversed.push_back({e.value(), constant(1)});
      return;
    }
    Product product = product_of(e);
    Rational coefficient = product.coefficient;
    product.coefficient = 1;
    // -(a + b), all of whose terms are negative, is a sum as well.
    if (coefficient == -1 && product.factors.size() == 1 && product.factors[0].exponent == 1 &&
        product.factors[0].base.is(Op::add)) {
      Sum inner = sum_of(product.factors[0].base);
      for (auto term = inner.rbegin(); term != inner.rend(); ++term) {
        reversed.push_back({-term->coefficient, term->rest});
      }
      return;
    }
    reversed.push_back({std::move(coefficient), to_expr(product)});
  };
  Expr rest = canonical;
  while (rest.is(Op::add)) {
    take(rest[1]);
    rest = Expr(rest[0]);
  }
  take(rest);
  return Sum(reversed.rbegin(), reversed.rend());
}

void multiply(Product &product, const Expr &base, const Rational &exponent) {
  if (exponent == 0 || product.coefficient == 0) return;
  if (base.is(Op::constant)) {
    if (const auto folded = exact_power(base.value(), exponent)) {
      product.coefficient *= *folded;
      if (product.coefficient == 0) product.factors.clear();
      return;
    }
  } else if (base.is(Op::mul) || (base.is(Op::pow) && base[1].is(Op::constant))) {
    Product inner = product_of(base);
    if (raise(inner, exponent)) return multiply(product, inner, 1);
  }
  // x^(3/2) is sqrt(x)^3, so that powers of one root meet.
  if (exponent.get_den() == 2) return multiply(product, make(Op::sqrt, {base}), exponent * 2);
  if (meets_root(product, base, exponent)) return;
  const auto place = std::lower_bound(product.factors.begin(), product.factors.end(), base, before_base);
  const bool pole = base.is_value(0);  // 1/0, whatever the exponent: it has no value to keep
  if (place == product.factors.end() || place->base != base) {
    insert_power(product, base, pole ? Rational(-1) : exponent);
    return;
  }
  if (pole) return;
  const Rational total = place->exponent + exponent;
  product.factors.erase(place);
  insert_power(product, base, total);
}

void multiply(Product &product, const Product &by, const Rational &exponent) {
  const auto power = exact_power(by.coefficient, exponent);
  if (power) {
    product.coefficient *= *power;
  } else {
    multiply(product, constant(by.coefficient), exponent);
  }
  if (product.coefficient == 0) product.factors.clear();
  for (const Factor &factor : by.factors) multiply(product, factor.base, factor.exponent * exponent);
}

bool raise(Product &product, const Rational &exponent) {
  const auto coefficient = exact_power(product.coefficient, exponent);
  if (!coefficient) return false;
  // (a b)^p = a^p b^p and (a^q)^p = a^(q p) hold for integer p only: (x^2)^(1/2) is |x|.
  if (!is_integer(exponent) && !product.factors.empty()) return false;
  product.coefficient = *coefficient;
  for (Factor &factor : product.factors) factor.exponent *= exponent;
  return true;
}

void add(Sum &sum, const Expr &addend, const Rational &coefficient) {
  for (const Term &term : sum_of(addend)) {
    const Rational scaled = term.coefficient * coefficient;
    const auto place = std::lower_bound(sum.begin(), sum.end(), term.rest, [](const Term &entry, const Expr &value) {
      return precedes(entry.rest, value);
    });
    if (place == sum.end() || place->rest != term.rest) {
      if (scaled != 0) sum.insert(place, {scaled, term.rest});
      continue;
    }
    place->coefficient += scaled;
    if (place->coefficient == 0) sum.erase(place);
  }
}

Expr to_expr(const Product &product) {
  Product p = product;
  if (p.coefficient == 0) return constant(0);
  // The sign goes into a sum of mixed signs: -(1 - x) is x - 1.
  if (p.coefficient < 0) {
    for (Factor &factor : p.factors) {
      if (factor.exponent != 1 || !factor.base.is(Op::add)) continue;
      const Sum sum = sum_of(factor.base);
      if (std::none_of(sum.begin(), sum.end(), [](const Term &term) { return term.coefficient < 0; })) continue;
      p.coefficient = -p.coefficient;
      factor.base = scaled(sum, -1);
      std::sort(p.factors.begin(), p.factors.end(),
                [](const Factor &a, const Factor &b) { return precedes(a.base, b.base); });
      break;
    }
  }
  Expr result;
  if (p.coefficient != 1 || p.factors.empty()) result = constant(p.coefficient);
  for (const Factor &factor : p.factors) {
    const Expr node = power_node(factor.base, factor.exponent);
    result = result ? result * node : node;
  }
  return result;
}

Expr to_expr(const Sum &sum) {
  if (sum.empty()) return constant(0);
  const auto scaled_term = [](const Term &term) {
    Product product = product_of(term.rest);
    product.coefficient *= term.coefficient;
    return to_expr(product);
  };
  if (sum.size() == 1) return scaled_term(sum[0]);
  if (all_negative(sum)) {
    Product negated{-1, {}};
    multiply(negated, scaled(sum, -1), 1);
    return to_expr(negated);
  }
  if (Product common = common_factors(sum); !common.factors.empty()) {
    Sum rest;
    for (const Term &term : sum) {
      Product quotient = product_of(term.rest);
      multiply(quotient, common, -1);
      add(rest, to_expr(quotient), term.coefficient);
    }
    multiply(common, to_expr(rest), 1);
    return to_expr(common);
  }
  Expr result;
  for (const Term &term : sum) {
    const Expr node = scaled_term(term);
    result = result ? result + node : node;
  }
  return result;
}

}  // namespace actinide
