#include "simplify/match.h"

#include "simplify/range.h"

#include <algorithm>

namespace actinide {
namespace {

/// A sum or product with more parts than this is left as it is: the search grows with the square of their number.
constexpr std::size_t longest_searched = 16;

/// True if every variable of the pattern is bound.
bool all_bound(const Expr &pattern, const Bindings &bindings) {
  if (pattern.is(Op::variable)) return static_cast<bool>(bindings[pattern.name()]);
  const auto arguments = pattern.arguments();
  return std::all_of(arguments.begin(), arguments.end(), [&](const Expr &a) { return all_bound(a, bindings); });
}

bool is_product(const Expr &e) {
  return e.is(Op::mul) || (e.is(Op::pow) && e[1].is(Op::constant));
}

/// The operations at the top of the parts of a sum or product, as bits: a pattern matches only where they all occur.
std::uint64_t heads_of(const Expr &e) {
  if (e.is(Op::add) || e.is(Op::mul)) return heads_of(e[0]) | heads_of(e[1]);
  if (e.is(Op::pow) && e[1].is(Op::constant)) return e[0].is(Op::add) || e[0].is(Op::mul) ? 0 : heads_of(e[0]);
  return e.arguments().empty() ? 0 : std::uint64_t{1} << static_cast<unsigned>(e.op());
}

/// The more operations a part has, the fewer subjects match it; a bare variable matches anything and comes last.
int freedom(const Expr &pattern) {
  if (pattern.is(Op::variable)) return 0;
  int result = pattern.is(Op::constant) ? 0 : -1;
  for (const Expr &argument : pattern.arguments()) result += freedom(argument);
  return result;
}

bool has_bare_variable(const Expr &pattern) {
  const Product product = product_of(pattern);
  return std::any_of(product.factors.begin(), product.factors.end(),
                     [](const Factor &factor) { return factor.base.is(Op::variable); });
}

std::vector<Factor> most_specific_first(std::vector<Factor> factors) {
  std::stable_sort(factors.begin(), factors.end(),
                   [](const Factor &a, const Factor &b) { return freedom(a.base) < freedom(b.base); });
  return factors;
}

/// The same for terms, but a term with a bare variable factor can't lead: what it leaves over would be ambiguous.
Sum most_specific_first(Sum terms) {
  const auto key = [](const Term &t) { return std::pair(has_bare_variable(t.rest), freedom(t.rest)); };
  std::stable_sort(terms.begin(), terms.end(), [&](const Term &a, const Term &b) { return key(a) < key(b); });
  return terms;
}

/// Divides `left` by `divisor` if all of the divisor's factors occur in it.
bool take(Product &left, const Product &divisor) {
  Product result = left;
  for (const Factor &factor : divisor.factors) {
    const auto place = std::find_if(result.factors.begin(), result.factors.end(),
                                    [&](const Factor &candidate) { return candidate.base == factor.base; });
    if (place == result.factors.end() || sgn(place->exponent) != sgn(factor.exponent)) return false;
    if (abs(place->exponent) < abs(factor.exponent)) return false;
    place->exponent -= factor.exponent;
    if (place->exponent == 0) result.factors.erase(place);
  }
  if (divisor.coefficient == 0) return false;
  result.coefficient /= divisor.coefficient;
  left = std::move(result);
  return true;
}

/// Takes the terms of `wanted` out of `left` if they occur there, exactly.
bool take(Sum &left, const Sum &wanted) {
  Sum result = left;
  for (const Term &term : wanted) {
    const auto place = std::find_if(result.begin(), result.end(), [&](const Term &candidate) {
      return candidate.rest == term.rest && candidate.coefficient == term.coefficient;
    });
    if (place == result.end()) return false;
    result.erase(place);
  }
  left = std::move(result);
  return true;
}

/// A product whose power with this exponent is `product`, if there is one without roots of variables.
std::optional<Product> root_of(const Product &product, const Rational &exponent) {
  Product root{product.coefficient, {}};
  if (!raise(root, 1 / exponent)) return std::nullopt;
  for (const Factor &factor : product.factors) {
    const Rational quotient = factor.exponent / exponent;
    if (quotient.get_den() != 1 && exponent != 1) return std::nullopt;
    root.factors.push_back({factor.base, quotient});
  }
  return root;
}

/// Nothing where the divisor isn't part of the term: b/g + tanh(u), made of b + g tanh(u), is infinite where g is 0.
std::optional<Expr> divided(const Term &term, const Product &by) {
  Product quotient = product_of(term.rest);
  const auto is_part = [&](const Factor &factor) {
    return factor.exponent < 0 || std::ranges::any_of(quotient.factors, [&](const Factor &other) {
             return other.base == factor.base && other.exponent >= factor.exponent;
           });
  };
  if (!std::ranges::all_of(by.factors, is_part)) return std::nullopt;
  quotient.coefficient = term.coefficient;
  multiply(quotient, by, -1);
  return to_expr(quotient);
}

Expr multiplied(const Product &product, const Expr &by) {
  Product result = product;
  multiply(result, by, 1);
  return to_expr(result);
}

}  // namespace

Pattern::Pattern(const Expr &canonical) : expression(canonical), heads(heads_of(canonical)) {
  if (canonical.is(Op::add)) terms = most_specific_first(sum_of(canonical));
  if (is_product(canonical)) {
    product = product_of(canonical);
    product.factors = most_specific_first(product.factors);
  }
}

Subject::Subject(const Expr &canonical) : expression(canonical), heads(heads_of(canonical)) {
  if (canonical.is(Op::add)) terms = sum_of(canonical);
  if (is_product(canonical)) product = product_of(canonical);
}

Expr instantiate(const Expr &pattern, const Bindings &bindings) {
  if (pattern.is(Op::variable)) return bindings[pattern.name()];
  if (pattern.arguments().empty()) return pattern;
  std::vector<Expr> arguments;
  for (const Expr &argument : pattern.arguments()) arguments.push_back(instantiate(argument, bindings));
  return canonical(pattern.op(), arguments);
}

bool Matcher::constant_for_all_elements(const Expr &subject) const {
  for (const std::string &name : variables(subject)) {
    if (!inputs_ || inputs_->contains(name)) return false;
  }
  return true;
}

bool Matcher::positive(const Expr &subject) const {
  if (subject.is(Op::variable)) return positive_.contains(subject.name());
  return variables(subject).empty() && RangeAnalysis().range(subject).low > 0;
}

bool Matcher::bind(const Expr &variable, const Expr &subject, Bindings &bindings) const {
  Expr &value = bindings[variable.name()];
  if (value) return value == subject;
  const char kind = variable.name()[0];
  if (kind == 'k' || kind == 'c' || kind == 'p') {
    if (!constant_for_all_elements(subject) || (kind == 'p' && !positive(subject))) return false;
    if (kind == 'c' && variables(subject).empty() && RangeAnalysis().range(subject).low < 0) return false;
  }
  value = subject;
  return true;
}

bool Matcher::match(const Expr &pattern, const Expr &subject, Bindings &bindings) const {
  if (pattern.is(Op::variable)) return bind(pattern, subject, bindings);
  if (all_bound(pattern, bindings)) return instantiate(pattern, bindings) == subject;
  const Bindings before = bindings;
  bool matched = false;
  if (pattern.is(Op::add)) {
    Sum left = sum_of(subject);
    Product common;
    matched = match_terms(most_specific_first(sum_of(pattern)), left, common, true, bindings);
  } else if (is_product(pattern)) {
    const Product wanted = product_of(pattern);
    Product left = product_of(subject);
    left.coefficient /= wanted.coefficient;
    matched = match_factors(most_specific_first(wanted.factors), left, true, bindings);
  } else if (pattern.op() == subject.op()) {
    const auto match_arguments = [&](bool swapped) {
      const std::size_t count = pattern.arguments().size();
      for (std::size_t i = 0; i < count; ++i) {
        if (!match(pattern[i], subject[swapped ? count - 1 - i : i], bindings)) return false;
      }
      return true;
    };
    matched = match_arguments(false);
    if (!matched && (pattern.is(Op::max) || pattern.is(Op::min))) {
      bindings = before;
      matched = match_arguments(true);
    }
  }
  if (!matched) bindings = before;
  return matched;
}

bool Matcher::match_factors(std::span<const Factor> pattern, Product &left, bool whole, Bindings &bindings) const {
  if (pattern.empty()) return !whole || (left.is_number() && left.coefficient == 1);
  const auto &[base, exponent] = pattern.front();
  const auto rest = pattern.subspan(1);
  if (all_bound(base, bindings)) {
    Product divisor;
    multiply(divisor, instantiate(base, bindings), exponent);
    Product remaining = left;
    if (!take(remaining, divisor) || !match_factors(rest, remaining, whole, bindings)) return false;
    left = std::move(remaining);
    return true;
  }
  if (base.is(Op::variable) && whole && rest.empty()) {
    const auto root = root_of(left, exponent);
    if (!root || !bind(base, to_expr(*root), bindings)) return false;
    left = Product{};
    return true;
  }
  for (std::size_t i = 0; i < left.factors.size(); ++i) {
    const Factor candidate = left.factors[i];
    if (sgn(candidate.exponent) != sgn(exponent) || abs(candidate.exponent) < abs(exponent)) continue;
    Bindings trial = bindings;
    if (!match(base, candidate.base, trial)) continue;
    Product remaining = left;
    remaining.factors[i].exponent -= exponent;
    if (remaining.factors[i].exponent == 0) remaining.factors.erase(remaining.factors.begin() + static_cast<long>(i));
    if (!match_factors(rest, remaining, whole, trial)) continue;
    bindings = trial;
    left = std::move(remaining);
    return true;
  }
  return false;
}

bool Matcher::match_terms(const Sum &pattern, Sum &left, Product &common, bool whole, Bindings &bindings) const {
  const Product lead = product_of(pattern.front().rest);
  const auto lead_factors = most_specific_first(lead.factors);
  for (std::size_t i = 0; i < left.size(); ++i) {
    Bindings trial = bindings;
    Product factor = product_of(left[i].rest);
    factor.coefficient = left[i].coefficient / pattern.front().coefficient;
    if (!match_factors(lead_factors, factor, whole, trial)) continue;
    Sum remaining = left;
    remaining.erase(remaining.begin() + static_cast<long>(i));
    if (!match_other_terms(std::span(pattern).subspan(1), remaining, factor, whole, trial)) continue;
    bindings = trial;
    left = std::move(remaining);
    common = std::move(factor);
    return true;
  }
  return false;
}

bool Matcher::match_other_terms(std::span<const Term> pattern, Sum &left, const Product &common, bool whole,
                                Bindings &bindings) const {
  if (pattern.empty()) return !whole || left.empty();
  const auto &[coefficient, form] = pattern.front();
  const auto rest = pattern.subspan(1);
  if (all_bound(form, bindings)) {
    Sum wanted;
    add(wanted, multiplied(common, instantiate(form, bindings)), coefficient);
    Sum remaining = left;
    if (!take(remaining, wanted) || !match_other_terms(rest, remaining, common, whole, bindings)) return false;
    left = std::move(remaining);
    return true;
  }
  if (form.is(Op::variable) && whole && rest.empty()) {
    Sum others;
    for (const Term &term : left) add(others, term.rest, term.coefficient / coefficient);
    if (others.empty() || !bind(form, to_expr(others), bindings)) return false;
    left.clear();
    return true;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    Bindings trial = bindings;
    const auto part = divided({left[i].coefficient / coefficient, left[i].rest}, common);
    if (!part || !match(form, *part, trial)) continue;
    Sum remaining = left;
    remaining.erase(remaining.begin() + static_cast<long>(i));
    if (!match_other_terms(rest, remaining, common, whole, trial)) continue;
    bindings = trial;
    left = std::move(remaining);
    return true;
  }
  return false;
}

std::optional<Expr> Matcher::apply(const Pattern &pattern, const Expr &replacement, const Subject &subject) const {
  if ((pattern.heads & ~subject.heads) != 0) return std::nullopt;
  Bindings bindings;
  if (!pattern.terms.empty()) {
    if (subject.terms.empty() || subject.terms.size() > longest_searched) return std::nullopt;
    Sum left = subject.terms;
    Product common;
    if (!match_terms(pattern.terms, left, common, false, bindings)) return std::nullopt;
    add(left, multiplied(common, instantiate(replacement, bindings)), 1);
    return to_expr(left);
  }
  if (!pattern.product.factors.empty()) {
    if (subject.product.factors.empty() || subject.product.factors.size() > longest_searched) return std::nullopt;
    Product left = subject.product;
    left.coefficient /= pattern.product.coefficient;
    if (!match_factors(pattern.product.factors, left, false, bindings)) return std::nullopt;
    multiply(left, instantiate(replacement, bindings), 1);
    return to_expr(left);
  }
  if (!match(pattern.expression, subject.expression, bindings)) return std::nullopt;
  return instantiate(replacement, bindings);
}

}  // namespace actinide
