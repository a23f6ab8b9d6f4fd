#include "expression/printer.h"

#include "error.h"
#include "expression/decimal.h"
#include "expression/definition.h"
#include "expression/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace actinide {
namespace {

constexpr std::uint64_t max_printed_nodes = 200'000;
constexpr std::uint32_t max_printed_depth = 10'000;

// How tightly a printed text holds together: an operand that holds less tightly than its place asks for gets
// parentheses. The order is that of the grammar in parser.h; nothing holds as tightly as `enclosed` asks for.
enum class Rank : std::uint8_t { comparison, sum, product, unary, power, primary, enclosed };

// True for the constants whose text is read as a fraction on both sides of a `/`.
bool plain_integer(const Expr &node) {
  if (!node.is(Op::constant)) return false;
  const std::string text = to_text(node.value());
  return std::ranges::all_of(text.substr(text.starts_with('-')), [](char c) { return c >= '0' && c <= '9'; });
}

Rank rank_of_number(const Rational &value) {
  if (to_text(value).find('/') != std::string::npos) return Rank::product;
  return value < 0 ? Rank::unary : Rank::primary;
}

std::string_view symbol_of(Op op) {
  switch (op) {
    case Op::add:
      return " + ";
    case Op::sub:
      return " - ";
    case Op::mul:
      return " * ";
    case Op::div:
      return " / ";
    case Op::pow:
      return "^";
    case Op::less:
      return " < ";
    case Op::less_equal:
      return " <= ";
    case Op::equal:
      return " == ";
    case Op::not_equal:
      return " != ";
    default:
      throw InternalError(fmt::format("{} has no symbol", info(op).name));
  }
}

class TextPrinter {
 public:
  /// Prints the name instead of the node wherever `names` has it.
  explicit TextPrinter(const std::unordered_map<const void *, std::string> &names) : names_(names) {}

  void print(const Expr &node, Rank least) {
    if (const auto named = names_.find(node.identity()); named != names_.end())
      text_ += named->second;
    else
      print_structure(node, least);
  }

  void print_structure(const Expr &node, Rank least) {
    const bool parentheses = rank_of(node) < least;
    if (parentheses) text_ += '(';
    print_bare(node);
    if (parentheses) text_ += ')';
  }

  std::string take() { return std::move(text_); }

 private:
  static Rank rank_of(const Expr &node) {
    switch (node.op()) {
      case Op::constant:
        return rank_of_number(node.value());
      case Op::add:
      case Op::sub:
        return Rank::sum;
      case Op::mul:
      case Op::div:
        return Rank::product;
      case Op::neg:
        return Rank::unary;
      case Op::pow:
        return Rank::power;
      default:
        return node.boolean() ? Rank::comparison : Rank::primary;
    }
  }

  void print_bare(const Expr &node) {
    switch (node.op()) {
      case Op::constant:
        text_ += to_text(node.value());
        break;
      case Op::variable:
        text_ += node.name();
        break;
      case Op::pi:
        text_ += "pi";
        break;
      case Op::euler:
        text_ += "e";
        break;
      case Op::add:
      case Op::sub:
        print_binary(node, Rank::sum, Rank::product);
        break;
      case Op::mul:
        print_binary(node, Rank::product, Rank::unary);
        break;
      case Op::div:
        print_division(node);
        break;
      case Op::pow:
        print_binary(node, Rank::primary, Rank::unary);
        break;
      case Op::neg:
        print_negation(node);
        break;
      default:
        node.boolean() ? print_comparison(node) : print_call(node);
    }
  }

  void print_binary(const Expr &node, Rank left, Rank right) {
    print(node[0], left);
    text_ += symbol_of(node.op());
    print(node[1], right);
  }

  // `1 / 3` would be read as the constant 1/3; the division of two constants keeps apart by parentheses.
  void print_division(const Expr &node) {
    const bool fraction = plain_integer(node[0]) && plain_integer(node[1]) && node[1].value() > 0;
    print_binary(node, Rank::product, fraction ? Rank::enclosed : Rank::unary);
  }

  // `-1` would be read as the constant -1.
  void print_negation(const Expr &node) {
    text_ += '-';
    const bool literal = node[0].is(Op::constant) && node[0].value() >= 0;
    print(node[0], literal ? Rank::enclosed : Rank::unary);
  }

  // With a constant on the left, c < x reads better as x > c, which is the same node.
  void print_comparison(const Expr &node) {
    const bool ordered = node.is(Op::less) || node.is(Op::less_equal);
    const bool swapped = ordered && node[0].is(Op::constant) && !node[1].is(Op::constant);
    print(node[swapped ? 1 : 0], Rank::sum);
    text_ += !swapped ? symbol_of(node.op()) : node.is(Op::less) ? " > " : " >= ";
    print(node[swapped ? 0 : 1], Rank::sum);
  }

  void print_call(const Expr &node) {
    text_ += info(node.op()).name;
    text_ += '(';
    for (std::size_t i = 0; i < node.arguments().size(); ++i) {
      if (i) text_ += ", ";
      print(node[i], Rank::comparison);
    }
    text_ += ')';
  }

  const std::unordered_map<const void *, std::string> &names_;
  std::string text_;
};

// Names t1, t2, ... for the subexpressions that occur more than once and are worth a line, in the order of their lines.
std::vector<std::pair<Expr, std::string>> name_shared_parts(const Expr &expression) {
  constexpr std::uint64_t least_size = 4;
  const std::vector<Expr> order = post_order(expression);
  std::unordered_map<const void *, int> uses;
  for (const Expr &node : order)
    for (const Expr &argument : node.arguments()) ++uses[argument.identity()];
  const std::set<std::string> taken = variables(expression);
  std::vector<std::pair<Expr, std::string>> parts;
  int number = 0;
  for (const Expr &node : order) {
    if (uses[node.identity()] < 2 || node.tree_size() < least_size || node.boolean()) continue;
    std::string name;
    do name = fmt::format("t{}", ++number);
    while (taken.contains(name));
    parts.emplace_back(node, name);
  }
  return parts;
}

}  // namespace

void check_printable(const Expr &expression) {
  if (expression.tree_size() > max_printed_nodes || expression.depth() > max_printed_depth)
    user_error("the formula is too long for one line ({} operations written out); print it with shared parts",
               expression.tree_size());
}

std::string to_text(const Rational &value) {
  constexpr std::size_t max_digits = 21;
  constexpr long max_zeros = 5;
  const auto decimal = exact_decimal(value, max_digits);
  if (!decimal || std::abs(decimal->exponent) > max_decimal_exponent) return value.get_str();
  const auto &[negative, digits, exponent] = *decimal;
  const std::string sign = negative ? "-" : "";
  const long point = static_cast<long>(digits.size()) + exponent;  // digits before the decimal point
  if (point > static_cast<long>(max_digits) || point < -max_zeros)
    return fmt::format("{}{}{}{}e{}", sign, digits[0], digits.size() > 1 ? "." : "", digits.substr(1), point - 1);
  if (exponent >= 0) return sign + digits + std::string(static_cast<std::size_t>(exponent), '0');
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  return sign + digits.substr(0, static_cast<std::size_t>(point)) + "." +
         digits.substr(static_cast<std::size_t>(point));
}

std::string to_text(const Expr &expression) {
  check_printable(expression);
  const std::unordered_map<const void *, std::string> no_names;
  TextPrinter printer(no_names);
  printer.print(expression, Rank::comparison);
  return printer.take();
}

std::string to_text_shared(const Expr &expression) {
  std::unordered_map<const void *, std::string> names;
  std::string lines;
  for (const auto &[node, name] : name_shared_parts(expression)) {
    TextPrinter printer(names);
    printer.print_structure(node, Rank::comparison);
    lines += name + " = " + printer.take() + "\n";
    names.emplace(node.identity(), name);
  }
  TextPrinter printer(names);
  printer.print(expression, Rank::comparison);
  return lines + printer.take();
}

std::string to_text(const Definition &definition) {
  std::string text = fmt::format("{}({}", definition.name, fmt::join(definition.inputs, ", "));
  const char *separator = "; ";
  for (const auto &[name, value] : definition.parameters) {
    text += fmt::format("{}{} = {}", separator, name, to_text(value));
    separator = ", ";
  }
  return text + ") = " + to_text(definition.body);
}

}  // namespace actinide
