// The canonical form of one node: constants folded exactly, parity and known signs used.
#include "error.h"
#include "simplify/algebra.h"
#include "simplify/range.h"

#include <optional>

namespace actinide {
namespace {

Expr from_product(const Expr &a, const Expr &b, const Rational &exponent_of_b) {
  Product product = product_of(a);
  multiply(product, b, exponent_of_b);
  return to_expr(product);
}

Expr from_sum(const Expr &a, const Expr &b, const Rational &coefficient_of_b) {
  Sum sum = sum_of(a);
  add(sum, b, coefficient_of_b);
  return to_expr(sum);
}

Expr power(const Expr &base, const Expr &exponent) {
  if (exponent.is(Op::constant)) {
    Product product;
    multiply(product, base, exponent.value());
    return to_expr(product);
  }
  if (base.is_value(1)) return base;
  if (base.is(Op::euler)) return make(Op::exp, {exponent});
  return make(Op::pow, {base, exponent});
}

/// True if the first term that is no number has a minus sign, so that f(e) is better written by f(-e).
bool starts_negative(const Expr &e) {
  for (const Term &term : sum_of(e)) {
    if (!term.rest.is(Op::constant)) return term.coefficient < 0;
  }
  return e.is(Op::constant) && e.value() < 0;
}

Expr negated(const Expr &e) {
  return from_product(constant(-1), e, 1);
}

/// The value of a comparison of two numbers.
std::optional<bool> decided(const Expr &condition) {
  const Expr &a = condition[0], &b = condition[1];
  if (!a.is(Op::constant) || !b.is(Op::constant)) return std::nullopt;
  switch (condition.op()) {
    case Op::less:
      return a.value() < b.value();
    case Op::less_equal:
      return a.value() <= b.value();
    case Op::equal:
      return a.value() == b.value();
    case Op::not_equal:
      return a.value() != b.value();
    default:
      throw InternalError(fmt::format("{} is no comparison", info(condition.op()).name));
  }
}

/// Positive at every real number, 0 at most in a limit.
bool is_positive(const Expr &e) {
  switch (e.op()) {
    case Op::exp:
    case Op::erfc:
    case Op::normcdf:
    case Op::normpdf:
    case Op::sigmoid:
    case Op::softplus:
      return true;
    default:
      return RangeAnalysis().range(e).low > 0;
  }
}

/// What has the same sign: tanh(u) is u's.
Expr with_same_sign(const Expr &e) {
  const bool keeps = e.is(Op::expm1) || e.is(Op::tanh) || e.is(Op::erf);
  return keeps ? with_same_sign(e[0]) : e;
}

/// A comparison with 0 without the positive factors of the other side, and without its minus sign.
Expr comparison(Op op, Expr a, Expr b) {
  const auto reduced = [](const Expr &e, bool &flipped) {
    Product product = product_of(with_same_sign(e)), rest;
    if (product.is_number()) return e;
    flipped = product.coefficient < 0;
    for (const Factor &factor : product.factors) {
      if (!is_positive(factor.base)) rest.factors.push_back(factor);
    }
    return to_expr(rest);
  };
  bool flipped = false;
  if (a.is_value(0))
    b = reduced(b, flipped);
  else if (b.is_value(0))
    a = reduced(a, flipped);
  if (flipped) std::swap(a, b);
  return make(op, {a, b});
}

Expr choice(const Expr &condition, const Expr &a, const Expr &b) {
  if (a == b) return a;
  if (const auto value = decided(condition)) return *value ? a : b;
  return make(Op::select, {condition, a, b});
}

Expr extremum(Op op, const Expr &a, const Expr &b) {
  if (a == b) return a;
  if (a.is(Op::constant) && b.is(Op::constant)) {
    const bool first = op == Op::max ? a.value() > b.value() : a.value() < b.value();
    return first ? a : b;
  }
  return make(op, {a, b});
}

Expr absolute(const Expr &u) {
  const Product product = product_of(u);
  if (product.is_number()) return constant(Rational(abs(product.coefficient)));
  RangeAnalysis analysis;
  // |c a b| = |c| a |b| where a >= 0.
  Product outside{abs(product.coefficient), {}}, inside;
  for (const Factor &factor : product.factors) {
    const Expr node = to_expr(Product{1, {factor}});
    (analysis.range(node).low >= 0 ? outside : inside).factors.push_back(factor);
  }
  if (inside.factors.empty()) return to_expr(outside);
  Expr kept = to_expr(inside);
  if (starts_negative(kept)) kept = negated(kept);
  multiply(outside, make(Op::abs, {kept}), 1);
  return to_expr(outside);
}

Expr square_root(const Expr &u) {
  if (u.is_value(0)) return u;
  Product product = product_of(u), outside;
  if (product.coefficient > 0) {
    Product number{product.coefficient, {}};
    if (raise(number, Rational(1, 2))) {
      outside.coefficient = number.coefficient;
      product.coefficient = 1;
      if (product.is_number()) return to_expr(outside);
    }
  }
  multiply(outside, make(Op::sqrt, {to_expr(product)}), 1);
  return to_expr(outside);
}

/// f(u), by the columns of ops.def.
Expr function_of_one(Op op, const Expr &u) {
  const auto &[name, arity, kind, latex, parity, at_zero, degree] = info(op);
  if (u.is_value(0) && !at_zero.empty()) return constant(Rational(std::string(at_zero)));
  if (parity == Parity::none || !starts_negative(u)) return make(op, {u});
  const Expr mirrored = make(op, {negated(u)});
  return parity == Parity::even ? mirrored : negated(mirrored);
}

Expr logarithm(const Expr &u) {
  if (u.is_value(1)) return constant(0);
  if (u.is(Op::euler)) return constant(1);
  return make(Op::log, {u});
}

}  // namespace

Expr canonical(Op op, std::span<const Expr> a) {
  switch (op) {
    case Op::add:
      return from_sum(a[0], a[1], 1);
    case Op::sub:
      return from_sum(a[0], a[1], -1);
    case Op::neg:
      return negated(a[0]);
    case Op::mul:
      return from_product(a[0], a[1], 1);
    case Op::div:
      return from_product(a[0], a[1], -1);
    case Op::pow:
      return power(a[0], a[1]);
    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
      return comparison(op, a[0], a[1]);
    case Op::select:
      return choice(a[0], a[1], a[2]);
    case Op::max:
    case Op::min:
      return extremum(op, a[0], a[1]);
    case Op::abs:
      return absolute(a[0]);
    case Op::sqrt:
      return square_root(a[0]);
    case Op::sign:
      return a[0].is(Op::constant) ? constant(sgn(a[0].value())) : function_of_one(op, a[0]);
    case Op::log:
      return logarithm(a[0]);
    default:
      internal_check(info(op).arity > 0, "canonical: {} is a leaf", info(op).name);
      return info(op).arity == 1 ? function_of_one(op, a[0]) : make(op, a);
  }
}

}  // namespace actinide
