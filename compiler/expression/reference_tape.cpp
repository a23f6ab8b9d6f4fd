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

}  // namespace

Tape compile_tape(const Expr &expression, const std::vector<std::string> &variables) {
  internal_check(!expression.boolean(), "the reference evaluates numbers, not truth values");
  Tape tape;
  tape.depends.resize(variables.size());
  Compiler(variables, tape).compile(expression);
  return tape;
}

}  // namespace actinide::reference
