// A function is written as size^degree * form, size = max(abs(x), 1): the degree is a number, the form a function of p
// and q that neither overflows nor, unless its leading terms cancel, vanishes. It is to powers what
// exponential_sums.cpp is to exponentials.
#include "simplify/homogeneous.h"

#include "simplify/fractions.h"
#include "simplify/memo.h"
#include "simplify/range.h"

#include <algorithm>
#include <optional>

namespace actinide {
namespace {

Expr power(const Expr &base, const Rational &exponent) {
  return canonical(Op::pow, {base, constant(exponent)});
}

struct Homogeneous {
  Expr form;
  Rational degree;
};

class Powers {
 public:
  Powers(const std::set<std::string> &inputs, std::vector<std::string> &applied)
      : inputs_(inputs), analysis_(&inputs), applied_(applied) {}

  /// From the outside in: the largest algebraic parts are seen first.
  Expr rewrite(const Expr &e) {
    return memo_.rewritten(e, [this](const Expr &part) { return compute(part); });
  }

 private:
  Expr compute(const Expr &e) {
    if (e.is(Op::add)) return sum(e);
    if (e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant))) return product(e);
    std::vector<Expr> arguments;
    for (const Expr &argument : e.arguments()) arguments.push_back(rewrite(argument));
    return canonical(e.op(), arguments);
  }

  /// The one input on which the expression depends.
  std::optional<std::string> input_of(const Expr &e) const {
    std::optional<std::string> result;
    for (const std::string &name : variables(e)) {
      if (!inputs_.contains(name)) continue;
      if (result) return std::nullopt;
      result = name;
    }
    return result;
  }
  bool depends(const Expr &e) const {
    return std::ranges::any_of(variables(e), [&](const std::string &name) { return inputs_.contains(name); });
  }

  /// Sums, products, powers, roots and magnitudes of an input and of what doesn't depend on one.
  bool is_algebraic(const Expr &e) const {
    if (!depends(e) || e.is(Op::variable)) return true;
    const bool is_power = e.is(Op::pow) && e[1].is(Op::constant);
    const bool is_operation =
        e.is(Op::add) || e.is(Op::mul) || is_power || e.is(Op::abs) || e.is(Op::sign) || e.is(Op::sqrt);
    return is_operation && std::ranges::all_of(e.arguments(), [&](const Expr &part) { return is_algebraic(part); });
  }

  /// A sum, or the root of one, below the line.
  bool is_denominator(const Factor &factor) const {
    const Expr &sum = factor.base.is(Op::sqrt) ? factor.base[0] : factor.base;
    return factor.exponent < 0 && sum.is(Op::add) && is_algebraic(sum) && input_of(sum);
  }

  /// 1/sqrt(u^2 + c), which has a form of its own.
  bool is_known(const Factor &factor) const {
    return factor.base.is(Op::sqrt) && factor.exponent < 0 && is_square_and_constant(factor.base[0]);
  }

  /// How fast the other denominators grow.
  double growth_below(const Product &product) {
    double result = 0;
    for (const Factor &factor : product.factors)
      if (is_denominator(factor) && !is_known(factor))
        result = std::max(result, analysis_.growth(factor.base.is(Op::sqrt) ? factor.base[0] : factor.base));
    return result;
  }

  double growth_above(const Product &product) {
    double result = 0;
    for (const Factor &factor : product.factors)
      if (factor.exponent > 0) result += analysis_.growth(to_expr(Product{1, {factor}}));
    return result;
  }

  /// Whether a power above may overflow before the one below has brought it back.
  bool overflows(const Product &product) {
    const double above = growth_above(product), below = growth_below(product);
    return above > 0 && below > 0 && std::max(above, below) >= 2;
  }

  bool is_square_and_constant(const Expr &sum) const {
    const Sum terms = sum_of(sum);
    const auto is_square = [&](const Term &term) {
      return term.coefficient == 1 && term.rest.is(Op::pow) && term.rest[1].is_value(2) && depends(term.rest);
    };
    return terms.size() == 2 && std::ranges::count_if(terms, is_square) == 1 &&
           std::ranges::count_if(terms, [&](const Term &term) { return !depends(term.rest); }) == 1;
  }

  std::optional<Expr> fraction_of(const Sum &sum) const {
    return over_common_denominator(sum, [&](const Factor &below) { return is_denominator(below); });
  }

  /// Whether a product is algebraic in this one input.
  bool is_of(const Expr &e, const std::string &input) const { return is_algebraic(e) && input_of(e) == input; }

  /// The algebraic terms in one input together, if one of them has a denominator that grows. 1 + u/sqrt(u^2 + c) has a
  /// form of its own, which it keeps.
  Expr sum(const Expr &e) {
    const Sum terms = sum_of(e);
    const auto needs_it = [&](const Term &term) {
      const Product product = product_of(term.rest);
      return is_algebraic(term.rest) && input_of(term.rest) && (overflows(product) || growth_below(product) >= 2);
    };
    const auto first = std::ranges::find_if(terms, needs_it);
    const auto input = first == terms.end() ? std::nullopt : input_of(first->rest);
    const auto has_own_form = [&](const Term &term) {
      return !needs_it(term) &&
             std::ranges::any_of(product_of(term.rest).factors, [&](const Factor &f) { return is_known(f); });
    };
    const bool keeps_numbers = std::ranges::any_of(terms, has_own_form);
    Sum rest, algebraic;
    for (const Term &term : terms) {
      const bool is_number = !depends(term.rest);
      if (input && (is_number ? !keeps_numbers : is_of(term.rest, *input) && !has_own_form(term)))
        algebraic.push_back(term);
      else
        add(rest, rewrite(term.rest), term.coefficient);
    }
    if (input) add(rest, of_size_one(to_expr(algebraic), *input), 1);
    return to_expr(rest);
  }

  /// The algebraic factors in one input together.
  Expr product(const Expr &e) {
    const Product whole = product_of(e);
    const auto below =
        std::ranges::find_if(whole.factors, [&](const Factor &factor) { return is_denominator(factor); });
    const auto input = below == whole.factors.end() ? std::nullopt : input_of(below->base);
    Product rest{whole.coefficient, {}}, algebraic;
    for (const Factor &factor : whole.factors)
      (input && is_of(factor.base, *input) ? algebraic : rest).factors.push_back(factor);
    if (!overflows(algebraic)) rest = whole;
    Product result{rest.coefficient, {}};
    for (const Factor &factor : rest.factors) multiply(result, rewrite(factor.base), factor.exponent);
    if (overflows(algebraic)) multiply(result, of_size_one(to_expr(algebraic), *input), 1);
    return to_expr(result);
  }

  Expr of_size_one(const Expr &e, const std::string &input) {
    applied_.emplace_back("quotient of sums of powers");
    const Expr x = variable(input), one = constant(1), size = canonical(Op::abs, {x});
    p_ = canonical(Op::max, {canonical(Op::min, {x, one}), constant(-1)});
    q_ = canonical(Op::min, {power(size, -1), one});
    const auto [form, degree] = homogeneous(e);
    const Expr scale = degree > 0 ? power(canonical(Op::max, {size, one}), degree) : power(q_, -degree);
    return canonical(Op::mul, {form, scale});
  }

  Homogeneous homogeneous(const Expr &e) {
    if (!depends(e)) return {e, 0};
    switch (e.op()) {
      case Op::variable:
        return {p_, 1};
      case Op::add:
        return homogeneous_sum(e);
      case Op::abs:
      case Op::sign:
      case Op::sqrt: {
        const auto [form, degree] = homogeneous(e[0]);
        const Rational own = e.is(Op::abs) ? degree : e.is(Op::sqrt) ? Rational(degree / 2) : Rational(0);
        return {canonical(e.op(), {form}), own};
      }
      default: {
        Product product = product_of(e), form{product.coefficient, {}};
        Rational degree = 0;
        for (const Factor &factor : product.factors) {
          const auto [part, own] = homogeneous(factor.base);
          multiply(form, part, factor.exponent);
          degree += own * factor.exponent;
        }
        return {to_expr(form), degree};
      }
    }
  }

  Homogeneous homogeneous_sum(const Expr &e) {
    const Sum terms = sum_of(e);
    if (const auto fraction = fraction_of(terms)) return homogeneous(*fraction);
    std::vector<Homogeneous> parts;
    for (const Term &term : terms) parts.push_back(homogeneous(term.rest));
    const Rational highest = std::ranges::max_element(parts, {}, &Homogeneous::degree)->degree;
    Expr form = constant(0);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const Expr missing = power(q_, Rational(highest - parts[i].degree));
      form = canonical(
          Op::add,
          {form, canonical(Op::mul, {constant(terms[i].coefficient), canonical(Op::mul, {parts[i].form, missing})})});
    }
    return {form, highest};
  }

  const std::set<std::string> &inputs_;
  RangeAnalysis analysis_;
  std::vector<std::string> &applied_;
  Memo memo_;
  Expr p_, q_;
};

}  // namespace

Expr without_growing_powers(const Expr &expression, const std::set<std::string> &inputs,
                            std::vector<std::string> &applied) {
  return Powers(inputs, applied).rewrite(expression);
}

}  // namespace actinide
