#include "expression/reference_tape.h"

#include "error.h"

#include <algorithm>
#include <unordered_map>

namespace actinide::reference {
namespace {

// The exact value of constants joined by arithmetic, such as the exponent in x^(-1/3).
std::optional<Rational> exact_rational(const Expr &expression) {
  if (expression.is(Op::constant)) return expression.value();
  if (expression.is(Op::neg)) {
    const auto value = exact_rational(expression[0]);
    return value ? std::optional<Rational>(-*value) : std::nullopt;
  }
  if (!expression.is(Op::add) && !expression.is(Op::sub) && !expression.is(Op::mul) && !expression.is(Op::div))
    return std::nullopt;
  const auto a = exact_rational(expression[0]);
  const auto b = a ? exact_rational(expression[1]) : std::nullopt;
  if (!b) return std::nullopt;
  if (expression.is(Op::add)) return Rational(*a + *b);
  if (expression.is(Op::sub)) return Rational(*a - *b);
  if (expression.is(Op::mul)) return Rational(*a * *b);
  return *b == 0 ? std::nullopt : std::optional<Rational>(*a / *b);
}

std::uint32_t index_of(const std::string &name, const std::vector<std::string> &variables) {
  const auto found = std::find(variables.begin(), variables.end(), name);
  internal_check(found != variables.end(), "the reference was not given the variable {}", name);
  return static_cast<std::uint32_t>(found - variables.begin());
}

class Compiler {
 public:
  Compiler(const std::vector<std::string> &variables, Tape &tape) : variables_(variables), tape_(tape) {}

  // Depth first with a stack of its own: a sum of thousands of terms is a chain that deep.
  void compile(const Expr &root) {
    std::vector<Expr> stack{root};
    while (!stack.empty()) {
      const Expr next = stack.back();
      const std::size_t before = stack.size();
      if (!positions_.contains(next.identity()))
        for (const Expr &operand : next.arguments())
          if (!positions_.contains(operand.identity())) stack.push_back(operand);
      if (stack.size() != before) continue;
      stack.pop_back();
      if (!positions_.contains(next.identity())) append(next);
    }
  }

 private:
  void append(const Expr &expression) {
    TapeNode node{.op = expression.op(), .rational = std::nullopt};
    std::size_t count = 0;
    for (const Expr &operand : expression.arguments()) node.operands[count++] = positions_.at(operand.identity());
    if (expression.is(Op::constant)) node.rational = expression.value();
    if (expression.is(Op::pow)) node.rational = exact_rational(expression[1]);
    if (expression.is(Op::variable)) {
      node.variable = index_of(expression.name(), variables_);
      tape_.depends[node.variable] = true;
    }
    positions_.emplace(expression.identity(), static_cast<std::uint32_t>(tape_.nodes.size()));
    tape_.nodes.push_back(std::move(node));
  }

  const std::vector<std::string> &variables_;
  Tape &tape_;
  std::unordered_map<const void *, std::uint32_t> positions_;
};

// 1 + f(u) or 1 - f(u) where f tends to -1 or 1, and log(1 + u), by the identity that has no such sum in it; empty if
// it is none of them. Only for speed: at u = -1e10, 1 + tanh(u) = 2^-2.9e10 would ask for billions of digits.
Expr complement(const Expr &expression) {
  if (expression.is(Op::log) && expression[0].is(Op::add) && !complement(expression[0])) {
    const Expr &sum = expression[0];
    if (sum[0].is_value(1)) return make(Op::log1p, {sum[1]});
    if (sum[1].is_value(1)) return make(Op::log1p, {sum[0]});
  }
  const bool sum = expression.is(Op::add), difference = expression.is(Op::sub);
  if (!sum && !difference) return {};
  const Expr &one = expression[0].is_value(1) ? expression[0] : expression[1];
  const Expr &function = expression[0].is_value(1) ? expression[1] : expression[0];
  if (!one.is_value(1) || (difference && !expression[0].is_value(1))) return {};
  const auto signed_argument = [&] { return sum ? function[0] : -function[0]; };
  if (function.is(Op::tanh)) return constant(2) * make(Op::sigmoid, {constant(2) * signed_argument()});
  if (function.is(Op::erf)) return make(Op::erfc, {-signed_argument()});
  if (function.is(Op::sigmoid) && difference) return make(Op::sigmoid, {-function[0]});
  return {};
}

Expr without_complements(const Expr &root) {
  std::vector<std::pair<Expr, Expr>> replacements;
  for (const Expr &node : post_order(root))
    if (const Expr better = complement(node)) replacements.emplace_back(node, better);
  return substitute(root, replacements);
}

}  // namespace

Tape compile_tape(const Expr &expression, const std::vector<std::string> &variables) {
  internal_check(!expression.boolean(), "the reference evaluates numbers, not truth values");
  Tape tape;
  tape.depends.resize(variables.size());
  Compiler(variables, tape).compile(without_complements(expression));
  return tape;
}

}  // namespace actinide::reference
