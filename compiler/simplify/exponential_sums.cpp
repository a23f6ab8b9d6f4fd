// A number is written as exp(degree) * form, as a floating-point number is by its exponent and its digits: the degree
// is exact, the form neither overflows nor vanishes because of an exponential.
#include "simplify/exponential_sums.h"

#include "simplify/fractions.h"
#include "simplify/memo.h"
#include "simplify/range.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <unordered_map>

namespace actinide {
namespace {

/// Sums with more different exponents stay as they are.
constexpr std::size_t most_exponents = 6;

Expr negated(const Expr &e) {
  return canonical(Op::neg, {e});
}
Expr absolute(const Expr &e) {
  return canonical(Op::abs, {e});
}
Expr scaled(const Rational &factor, const Expr &e) {
  return canonical(Op::mul, {constant(factor), e});
}

struct Scaled {
  Expr degree;  ///< 0 where nothing grows
  Expr form;
};

/// exp(degree) times the sum of forms
struct Group {
  Expr degree;
  Expr form;
};

/// Whether the degrees are rational multiples of one expression, w.
struct Slopes {
  Expr w;
  std::vector<Rational> of;
};
std::optional<Slopes> slopes(const std::vector<Group> &groups) {
  Slopes result{constant(0), {}};
  for (const Group &group : groups) {
    const Sum terms = sum_of(group.degree);
    if (terms.size() > 1) return std::nullopt;
    if (terms.empty()) {
      result.of.emplace_back(0);
      continue;
    }
    if (result.w.is_value(0)) result.w = terms[0].rest;
    if (result.w != terms[0].rest || result.w.is(Op::constant)) return std::nullopt;
    result.of.push_back(terms[0].coefficient);
  }
  return result;
}

class Scaling {
 public:
  Scaling(const std::set<std::string> *inputs, std::vector<std::string> &applied)
      : analysis_(inputs), applied_(applied) {}

  /// From the outside in: a quotient is seen before its parts.
  Expr rewrite(const Expr &e) {
    return memo_.rewritten(e, [this](const Expr &part) { return compute(part); });
  }

 private:
  bool grows(const Expr &e) { return std::isinf(analysis_.growth(e)); }

  Expr compute(const Expr &e) {
    if (e.is(Op::add)) return sum(e);
    const bool is_product = e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant));
    if (is_product || is_root_of_sum({e, 1})) return product(e);
    if (e.is(Op::log) && grows(e[0])) return logarithm(e, e[0]);
    if (e.is(Op::log1p) && grows(e[0])) return logarithm(e, canonical(Op::add, {e[0], constant(1)}));
    std::vector<Expr> arguments;
    for (const Expr &argument : e.arguments()) arguments.push_back(rewrite(argument));
    return canonical(e.op(), arguments);
  }

  /// Of a sum with denominators that grow.
  std::optional<Expr> fraction_of(const Expr &sum) {
    return over_common_denominator(sum_of(sum), [&](const Factor &below) { return grows(below.base); });
  }

  Expr sum(const Expr &e) {
    if (const auto fraction = fraction_of(e)) return rewrite(*fraction);
    return infinities_meet(e) ? product(e) : term_by_term(e);
  }

  Expr term_by_term(const Expr &sum) {
    Sum result;
    for (const Term &term : sum_of(sum)) add(result, rewrite(term.rest), term.coefficient);
    return to_expr(result);
  }

  Expr product(const Expr &e) {
    const Product whole = product_of(e);
    if (overflows(whole)) {
      const Scaled parts = split(e);
      applied_.emplace_back("quotient of sums of exponentials");
      return canonical(Op::mul, {canonical(Op::exp, {parts.degree}), parts.form});
    }
    Product result{whole.coefficient, {}};
    for (const Factor &factor : whole.factors) multiply(result, rewrite(factor.base), factor.exponent);
    return to_expr(result);
  }

  /// Whether terms of both signs may be infinite on the same side.
  bool infinities_meet(const Expr &sum) {
    std::vector<Group> rising, falling;
    for (const Term &term : sum_of(sum))
      if (reaches_infinity(term.rest))
        (term.coefficient > 0 ? rising : falling).push_back({split(term.rest).degree, {}});
    const auto clash = [](const Group &a, const Group &b) {
      const auto by_slope = slopes({a, b});
      return !by_slope || sgn(by_slope->of[0]) == sgn(by_slope->of[1]);
    };
    return std::ranges::any_of(rising, [&](const Group &a) {
      return std::ranges::any_of(falling, [&](const Group &b) { return clash(a, b); });
    });
  }

  /// exp(x)*sigmoid(-exp(x)) doesn't; of expm1, which has its digits next to 0, we leave that open.
  bool reaches_infinity(const Expr &e) {
    return grows(e) && std::ranges::none_of(product_of(e).factors, [&](const Factor &factor) {
             const bool is_small = factor.base.is(Op::sigmoid) && grows(factor.base[0]);
             return factor.base.is(Op::expm1) || is_small || analysis_.decays(factor.base);
           });
  }

  /// Whether infinity may meet 0 or another infinity.
  bool overflows(const Product &product) {
    if (product.factors.size() == 1 && product.factors[0].exponent == 1) {
      const Expr &base = product.factors[0].base;
      return (base.is(Op::add) && infinities_meet(base)) || is_root_of_sum(product.factors[0]);
    }
    bool rises = false, falls = false;
    for (const auto &[base, exponent] : product.factors) {
      if (exponent < 0 && grows(base)) return true;
      if (is_root_of_sum({base, exponent})) return true;
      rises |= exponent > 0 && grows(base);
      falls |= exponent > 0 && is_logistic(base);
    }
    return rises && falls;
  }

  /// Infinite where the root is not.
  bool is_root_of_sum(const Factor &factor) {
    const auto &[base, exponent] = factor;
    const bool is_power = base.is(Op::add) && exponent.get_den() != 1;
    const bool is_root = is_power || (base.is(Op::sqrt) && base[0].is(Op::add));
    return is_root && grows(base);
  }

  /// sigmoid(u), of a u that grows no faster than a polynomial.
  bool is_logistic(const Expr &e) { return e.is(Op::sigmoid) && !grows(e[0]) && !analysis_.bounded(e[0]); }

  Scaled split(const Expr &e) {
    if (const auto known = split_.find(e.identity()); known != split_.end()) return known->second.second;
    Scaled result = compute_split(e);
    split_.emplace(e.identity(), std::pair(e, result));
    return result;
  }

  Scaled compute_split(const Expr &e) {
    if (e.is(Op::exp)) return {e[0], constant(1)};
    if (e.is(Op::expm1) && grows(e)) {
      const Expr part = canonical(Op::expm1, {negated(absolute(e[0]))});
      return {canonical(Op::max, {e[0], constant(0)}),
              negated(canonical(Op::mul, {canonical(Op::sign, {e[0]}), part}))};
    }
    if (is_logistic(e)) return {canonical(Op::min, {e[0], constant(0)}), canonical(Op::sigmoid, {absolute(e[0])})};
    if (e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant))) {
      const Product whole = product_of(e);
      Sum degree;
      Product form{whole.coefficient, {}};
      for (const Factor &factor : whole.factors) {
        const Scaled part = split(factor.base);
        add(degree, part.degree, factor.exponent);
        multiply(form, part.form, factor.exponent);
      }
      return {to_expr(degree), to_expr(form)};
    }
    if (e.is(Op::sqrt) && grows(e)) {
      const Scaled part = split(e[0]);
      return {scaled(Rational(1, 2), part.degree), canonical(Op::sqrt, {part.form})};
    }
    if (!e.is(Op::add)) return {constant(0), rewrite(e)};
    if (const auto fraction = fraction_of(e)) return split(*fraction);
    const auto groups = grows(e) ? by_degree(e) : std::nullopt;
    if (!groups) return {constant(0), term_by_term(e)};
    return {largest(*groups), arms(*groups, [](const Expr &form) { return form; })};
  }

  /// The terms of a sum by their degrees; nothing where there are too many, or none that differs from 0.
  std::optional<std::vector<Group>> by_degree(const Expr &e) {
    std::vector<Group> groups;
    for (const Term &term : sum_of(e)) {
      const Scaled part = split(term.rest);
      const Expr form = scaled(term.coefficient, part.form);
      const auto known = std::ranges::find(groups, part.degree, &Group::degree);
      if (known == groups.end())
        groups.push_back({part.degree, form});
      else
        known->form = canonical(Op::add, {known->form, form});
    }
    const bool constant_alone = groups.size() == 1 && groups[0].degree.is_value(0);
    if (constant_alone || groups.size() > most_exponents) return std::nullopt;
    return groups;
  }

  static Expr largest(const std::vector<Group> &groups) {
    if (const auto by_slope = slopes(groups)) {
      const auto [low, high] = std::ranges::minmax(by_slope->of);
      const Expr left = scaled(low, by_slope->w), right = scaled(high, by_slope->w);
      return low == -high ? scaled(high, absolute(by_slope->w)) : canonical(Op::max, {left, right});
    }
    Expr result = groups[0].degree;
    for (const Group &group : groups) result = canonical(Op::max, {result, group.degree});
    return result;
  }

  /// `finish` of the sum over exp(largest degree): for each sign that decides which degree that is by an arm of its
  /// own, in which its exponential is 1.
  static Expr arms(const std::vector<Group> &groups, const std::function<Expr(const Expr &)> &finish) {
    const auto total = [&](auto &&exponent_of) {
      Expr result = constant(0);
      for (std::size_t i = 0; i < groups.size(); ++i)
        result =
            canonical(Op::add, {result, canonical(Op::mul, {groups[i].form, canonical(Op::exp, {exponent_of(i)})})});
      return finish(result);
    };
    if (groups.size() == 1) return finish(groups[0].form);
    if (const auto by_slope = slopes(groups)) {
      const auto [low, high] = std::ranges::minmax(by_slope->of);
      const Expr size = absolute(by_slope->w);
      const auto on = [&](const Rational &top, bool right) {
        return total([&](std::size_t i) {
          return scaled(right ? Rational(by_slope->of[i] - top) : Rational(top - by_slope->of[i]), size);
        });
      };
      return canonical(Op::select,
                       {canonical(Op::less_equal, {constant(0), by_slope->w}), on(high, true), on(low, false)});
    }
    if (groups.size() == 2) {
      const Expr difference = canonical(Op::sub, {groups[0].degree, groups[1].degree}),
                 fall = negated(absolute(difference));
      const auto with_largest = [&](std::size_t top) {
        return total([&](std::size_t i) { return i == top ? constant(0) : fall; });
      };
      return canonical(Op::select,
                       {canonical(Op::less_equal, {constant(0), difference}), with_largest(0), with_largest(1)});
    }
    return total([&](std::size_t i) {
      Expr exponent = constant(0);
      for (const Group &other : groups)
        exponent = canonical(Op::min, {exponent, canonical(Op::sub, {groups[i].degree, other.degree})});
      return exponent;
    });
  }

  /// `whole` as the logarithm of `sum`. The form is near 1 where one exponential is all there is.
  Expr logarithm(const Expr &whole, const Expr &sum) {
    const auto groups = sum.is(Op::add) ? by_degree(sum) : std::nullopt;
    if (!groups) return canonical(whole.op(), std::array{rewrite(whole[0])});
    applied_.emplace_back("logarithm of a sum of exponentials");
    const auto finish = [](const Expr &form) {
      return canonical(Op::log1p, {canonical(Op::sub, {form, constant(1)})});
    };
    return canonical(Op::add, {largest(*groups), arms(*groups, finish)});
  }

  RangeAnalysis analysis_;
  std::vector<std::string> &applied_;
  Memo memo_;
  std::unordered_map<const void *, std::pair<Expr, Scaled>> split_;
};

}  // namespace

Expr without_growing_exponentials(const Expr &expression, const std::set<std::string> *inputs,
                                  std::vector<std::string> &applied) {
  return Scaling(inputs, applied).rewrite(expression);
}

}  // namespace actinide
