#include "simplify/present.h"

#include "simplify/algebra.h"
#include "simplify/fractions.h"
#include "simplify/memo.h"
#include "simplify/range.h"
#include "simplify/structure.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actinide {
namespace {

/// Powers up to this one are written out behind a factor that decays.
constexpr long longest_chain = 16;

class Presenter {
 public:
  Presenter(bool for_evaluation, const std::set<std::string> *inputs, Digits digits)
      : for_evaluation_(for_evaluation), inputs_(inputs), digits_(digits), analysis_(inputs) {}

  Expr present(const Expr &e) {
    return memo_.rewritten(e, [this](const Expr &part) { return compute(part); });
  }

 private:
  Expr compute(const Expr &e) {
    if (e.is(Op::add)) return present_sum(sum_of(e));
    if (e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant))) return present_product(product_of(e));
    std::vector<Expr> arguments;
    for (const Expr &argument : e.arguments()) arguments.push_back(present(argument));
    return make(e.op(), arguments);
  }

  /// Terms with a plus sign first, so that no sum starts with a minus. In few digits those before them that aren't
  /// rounded, whose difference may be exact.
  Expr present_sum(Sum sum, bool numbers_last = false) {
    std::stable_partition(sum.begin(), sum.end(), [](const Term &term) { return term.coefficient > 0; });
    if (digits_ == Digits::few)
      std::stable_partition(sum.begin(), sum.end(), [](const Term &term) { return is_exact(term.rest); });
    // a - 1 before what is added to it: where the parameter a is 1, nothing is lost.
    const auto is_fixed = [this](const Term &term) { return is_free_of_inputs(term.rest); };
    if (for_evaluation_ && std::ranges::count_if(sum, is_fixed) > 1)
      std::stable_partition(sum.begin(), sum.end(), is_fixed);
    // What falls to 0 after terms that grow: of those there may be as little left, as in max(x, 0) - t x +
    // exp(-abs(x)).
    const auto grows = [this](const Term &term) {
      const double growth = analysis_.growth(term.rest);
      return !falls(term.rest) && growth > 0 && std::isfinite(growth);
    };
    if (for_evaluation_ && std::ranges::count_if(sum, grows) > 1)
      std::stable_partition(sum.begin(), sum.end(), [this](const Term &term) { return !falls(term.rest); });
    Expr result;
    for (const Term &term : sum) {
      Product product = product_of(term.rest);
      product.coefficient = result ? Rational(abs(term.coefficient)) : term.coefficient;
      const Expr node = present_product(product, numbers_last);
      if (!result) {
        result = node;
      } else {
        result = make(term.coefficient > 0 ? Op::add : Op::sub, {result, node});
      }
    }
    return result;
  }

  bool falls(const Expr &e) {
    return e.is(Op::log1p) ? falls(e[0]) : std::ranges::any_of(product_of(e).factors, [this](const Factor &factor) {
      return factor.exponent > 0 && analysis_.decays(factor.base);
    });
  }

  bool is_free_of_inputs(const Expr &e) const {
    return inputs_ != nullptr &&
           std::ranges::none_of(variables(e), [this](const std::string &name) { return inputs_->contains(name); });
  }

  /// `numbers_last`: so that E x and E x^3 share E x whatever their coefficients are.
  Expr present_product(const Product &product, bool numbers_last = false) {
    if (const auto expanded = distributed(product)) return *expanded;
    // 4 x overflows where 4 exp(..) x doesn't.
    const bool enlarged = abs(product.coefficient) > 1;
    const bool guarded =
        for_evaluation_ && std::any_of(product.factors.begin(), product.factors.end(), [&](const Factor &factor) {
          return factor.exponent > 0 && (analysis_.decays(factor.base) || (enlarged && factor.base.is(Op::exp)));
        });
    std::vector<Expr> numbers, above, below;
    const bool negative = product.coefficient == -1 && !product.factors.empty();
    if (product.coefficient != 1 && !negative) numbers.push_back(constant(product.coefficient));
    for (const Factor &factor : in_order(product.factors, guarded)) {
      const Expr base = present(factor.base);
      if (factor.exponent < 0) {
        below.push_back(power(base, -factor.exponent));
      } else if (guarded && factor.exponent.get_den() == 1 && factor.exponent <= longest_chain &&
                 !analysis_.bounded(factor.base)) {
        above.insert(above.end(), factor.exponent.get_num().get_ui(), base);
      } else {
        (variables(factor.base).empty() ? numbers : above).push_back(power(base, factor.exponent));
      }
    }
    if (numbers_last && !numbers.empty() && !above.empty()) {
      above.push_back(chain(numbers));
    } else {
      above.insert(above.begin(), numbers.begin(), numbers.end());
    }
    Expr result = above.empty() ? constant(1) : chain(above);
    if (!below.empty()) result = result / chain(below);
    return negative ? -result : result;
  }

  /// A number, an argument, its magnitude, or the smaller or chosen one of such.
  static bool is_exact(const Expr &e) {
    if (e.is(Op::select)) return is_exact(e[1]) && is_exact(e[2]);
    const bool keeps = e.is(Op::abs) || e.is(Op::min);
    return info(e.op()).kind == OpKind::leaf || (keeps && std::ranges::all_of(e.arguments(), is_exact));
  }

  /// E p with a factor E that decays and a sum p that can overflow: E a + E b + ... for the terms of p, since E is 0
  /// long before a is infinite, and 0 * infinity is no number. (gelu_tanh' in f64 at 1e200.) Few digits can't afford
  /// more terms.
  std::optional<Expr> distributed(const Product &product) {
    if (!for_evaluation_ || digits_ == Digits::few) return std::nullopt;
    const auto &factors = product.factors;
    const auto decaying = std::find_if(factors.begin(), factors.end(), [&](const Factor &factor) {
      return factor.exponent > 0 && analysis_.decays(factor.base);
    });
    if (decaying == factors.end()) return std::nullopt;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      const auto &[polynomial, exponent] = factors[i];
      if (!polynomial.is(Op::add) || exponent < 1 || exponent > longest_chain) continue;
      if (exponent.get_den() != 1 || analysis_.growth(polynomial) <= 1) continue;
      Product above{product.coefficient, {}}, below;
      for (std::size_t j = 0; j < factors.size(); ++j) {
        if (j != i) (factors[j].exponent > 0 ? above : below).factors.push_back(factors[j]);
      }
      // Of a polynomial's power like terms meet; of other sums the inner ones stay together.
      const bool meets = is_polynomial(polynomial);
      const Rational opened = meets ? std::min(exponent, Rational(highest_power)) : Rational(1);
      multiply(above, polynomial, exponent - opened);
      const auto terms = meets ? multiplied_out(Product{1, {{polynomial, opened}}}) : sum_of(polynomial);
      if (!terms) continue;
      Sum sum;
      for (const Term &term : *terms) {
        Product expanded = product_of(term.rest);
        multiply(expanded, above, 1);
        const Rational coefficient = expanded.coefficient * term.coefficient;
        expanded.coefficient = 1;
        sum.push_back({coefficient, to_expr(expanded)});
      }
      const Expr numerator = present_sum(std::move(sum), true);
      if (below.factors.empty()) return numerator;
      std::vector<Expr> denominators;
      for (const Factor &factor : below.factors) denominators.push_back(power(present(factor.base), -factor.exponent));
      return numerator / chain(denominators);
    }
    return std::nullopt;
  }

  /// Where a factor may vanish: first it, then the bounded ones, then the variables.
  std::vector<Factor> in_order(std::vector<Factor> factors, bool guarded) {
    if (!guarded) return factors;
    const auto key = [&](const Factor &factor) {
      if (analysis_.decays(factor.base) || factor.base.is(Op::exp)) return 1;
      return factor.base.is(Op::variable) ? 3 : 2;
    };
    std::stable_sort(factors.begin(), factors.end(), [&](const Factor &a, const Factor &b) { return key(a) < key(b); });
    return factors;
  }

  static Expr power(const Expr &base, const Rational &exponent) {
    return exponent == 1 ? base : make(Op::pow, {base, constant(exponent)});
  }

  static Expr chain(const std::vector<Expr> &factors) {
    Expr result = factors.front();
    for (std::size_t i = 1; i < factors.size(); ++i) result = result * factors[i];
    return result;
  }

  bool for_evaluation_;
  const std::set<std::string> *inputs_;
  Digits digits_;
  RangeAnalysis analysis_;
  Memo memo_;
};

}  // namespace

Expr present(const Expr &canonical) {
  return Presenter(false, nullptr, Digits::to_spare).present(canonical);
}

Expr present_for_evaluation(const Expr &canonical, const std::set<std::string> *inputs, Digits digits) {
  return Presenter(true, inputs, digits).present(canonical);
}

}  // namespace actinide
