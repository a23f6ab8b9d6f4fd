#include "simplify/rewriter.h"

#include "error.h"
#include "expression/definition.h"

#include <unordered_set>

namespace actinide {
namespace {

/// How often a node without a matching rule may change before it stays as it is: a shape settles in one or two rounds.
constexpr int most_settling_rounds = 16;

std::uint64_t bit(Op op) {
  return std::uint64_t{1} << static_cast<unsigned>(op);
}

/// Arithmetic changes its shape in canonical form, so only functions and comparisons can be counted on.
bool characteristic(Op op) {
  return info(op).kind != OpKind::leaf && info(op).kind != OpKind::arithmetic;
}

std::uint64_t characteristic_operations(const Expr &e) {
  std::uint64_t result = characteristic(e.op()) ? bit(e.op()) : 0;
  for (const Expr &argument : e.arguments()) result |= characteristic_operations(argument);
  return result;
}

/// The abbreviations that rules may use besides the language: E = exp(-|u|) and the numerators of sigmoid(u) and
/// sigmoid(-u) over 1 + E.
const Definition *abbreviation(std::string_view name) {
  static const std::vector<Definition> known = [] {
    std::vector<Definition> list;
    list.push_back(parse_definition("decay(u) = exp(-abs(u))", {}));
    list.push_back(parse_definition("rise(u) = select(0 <= u, 1, exp(-abs(u)))", {}));
    list.push_back(parse_definition("fall(u) = select(0 <= u, exp(-abs(u)), 1)", {}));
    // What 1/x + 2/(x + 3/(x + ...)) adds to x in phi(x)/Phi(-x) (Laplace's continued fraction), cut behind 26 and
    // multiplied out in 1/u^2: exact to 2^-110 from 14.5 on.
    list.push_back(parse_definition(
        "hazard_excess(u) = (1 + u^-2*(348 + u^-2*(51612 + u^-2*(4287360 + u^-2*(220541265 + u^-2*(7334361000 + "
        "u^-2*(159864999840 + u^-2*(2267264759760 + u^-2*(20350461406275 + u^-2*(109520898587100 + "
        "u^-2*(320707990102500 + u^-2*(424278354099600 + u^-2*162446292283275))))))))))))/(u*(1 + u^-2*(350 + "
        "u^-2*(52302 + u^-2*(4388538 + u^-2*(228820515 + u^-2*(7751748060 + u^-2*(173370863700 + "
        "u^-2*(2550713370660 + u^-2*(24160874352615 + u^-2*(141154833169350 + u^-2*(471898161885150 + "
        "u^-2*(789273852617250 + u^-2*(500706514833525 + u^-2*51011754393600))))))))))))))",
        {}));
    list.push_back({"root_sum", {"u", "v"}, {}, make(Op::root_sum, {variable("u"), variable("v")})});
    return list;
  }();
  for (const Definition &definition : known) {
    if (definition.name == name) return &definition;
  }
  return nullptr;
}

Expr canonical_tree(const Expr &e) {
  if (e.arguments().empty()) return e;
  std::vector<Expr> arguments;
  for (const Expr &argument : e.arguments()) arguments.push_back(canonical_tree(argument));
  return canonical(e.op(), arguments);
}

}  // namespace

Expr parse_rule_text(std::string_view text) {
  static const Scope scope{abbreviation, {"decay", "rise", "fall", "hazard_excess", "root_sum"}};
  return parse_expression(text, {"u", "v", "w", "k", "c", "p"}, scope);
}

std::vector<CompiledRule> compile_rules(std::span<const Rule> rules) {
  std::vector<CompiledRule> result;
  for (const Rule &rule : rules) {
    const Expr pattern = canonical_tree(parse_rule_text(rule.pattern));
    result.push_back({&rule, Pattern(pattern), canonical_tree(parse_rule_text(rule.replacement)),
                      characteristic_operations(pattern)});
  }
  return result;
}

Expr Rewriter::rewrite(const Expr &expression) {
  return memo_.rewritten(expression, [this](const Expr &part) {
    const Expr result = compute(part);
    memo_.remember(result, result);
    return result;
  });
}

Expr Rewriter::compute(const Expr &expression) {
  Expr current = expression;
  for (int settling = 0; settling < most_settling_rounds;) {
    Expr node = current;
    if (order_ == Order::outside_in) node = apply_first(node);
    if (node == current) node = structural_(rebuild(node), analysis_);
    const bool rebuilt_unchanged = node == current;
    if (order_ == Order::inside_out) node = apply_first(node);
    if (rebuilt_unchanged && node == current) break;
    // Rule applications are counted by the budget; the rest settles in a round or two.
    if (rebuilt_unchanged || node == current || budget_ == 0) ++settling;
    current = node;
  }
  return current;
}

Expr Rewriter::rebuild(const Expr &expression) {
  if (expression.arguments().empty()) return expression;
  switch (expression.op()) {
    case Op::add:
    case Op::sub:
    case Op::neg:
      return rebuild_sum(expression);
    case Op::mul:
    case Op::div:
      return rebuild_product(expression);
    default:
      break;
  }
  std::vector<Expr> arguments;
  for (const Expr &argument : expression.arguments()) arguments.push_back(rewrite(argument));
  return canonical(expression.op(), arguments);
}

// Chains of sums and products are flattened before their parts are rewritten, so that rules see whole sums and products
// and a chain costs its length. A part that occurs twice in the chain is not opened twice: the work stays linear in the
// graph.

Expr Rewriter::rebuild_sum(const Expr &expression) {
  Sum sum;
  std::unordered_set<const void *> opened;
  std::vector<std::pair<Expr, int>> open{{expression, 1}};
  while (!open.empty()) {
    const auto [part, sign] = open.back();
    open.pop_back();
    const bool chain = part.is(Op::add) || part.is(Op::sub) || part.is(Op::neg);
    if (!chain || !opened.insert(part.identity()).second) {
      add(sum, rewrite(part), sign);
    } else if (part.is(Op::neg)) {
      open.emplace_back(part[0], -sign);
    } else {
      open.emplace_back(part[1], part.is(Op::sub) ? -sign : sign);
      open.emplace_back(part[0], sign);
    }
  }
  return to_expr(sum);
}

Expr Rewriter::rebuild_product(const Expr &expression) {
  Product product;
  std::unordered_set<const void *> opened;
  std::vector<std::pair<Expr, int>> open{{expression, 1}};
  while (!open.empty()) {
    const auto [part, exponent] = open.back();
    open.pop_back();
    const bool chain = part.is(Op::mul) || part.is(Op::div);
    if (!chain || !opened.insert(part.identity()).second) {
      multiply(product, rewrite(part), exponent);
    } else {
      open.emplace_back(part[1], part.is(Op::div) ? -exponent : exponent);
      open.emplace_back(part[0], exponent);
    }
  }
  return to_expr(product);
}

Expr Rewriter::apply_first(const Expr &expression) {
  if (budget_ == 0) return expression;
  const std::uint64_t present = operations_of(expression);
  const Subject subject(expression);
  for (const CompiledRule &rule : rules_) {
    if ((rule.operations & ~present) != 0) continue;
    const auto replaced = matcher_.apply(rule.pattern, rule.replacement, subject);
    if (!replaced || *replaced == expression) continue;
    --budget_;
    applied_.emplace_back(rule.rule->name);
    return *replaced;
  }
  return expression;
}

std::uint64_t Rewriter::operations_of(const Expr &expression) {
  if (expression.arguments().empty()) return 0;
  if (const auto known = operations_.find(expression.identity()); known != operations_.end())
    return known->second.second;
  std::uint64_t result = characteristic(expression.op()) ? bit(expression.op()) : 0;
  for (const Expr &argument : expression.arguments()) result |= operations_of(argument);
  operations_.emplace(expression.identity(), std::pair(expression, result));
  return result;
}

}  // namespace actinide
