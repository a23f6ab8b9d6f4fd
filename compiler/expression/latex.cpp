// Expressions as LaTeX: the templates of ops.def, with parentheses where a formula needs them.
#include "error.h"
#include "expression/decimal.h"
#include "expression/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

enum class Rank : std::uint8_t { comparison, sum, negation, product, power, primary };

constexpr auto greek_names = std::to_array<std::string_view>(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta",     "theta", "iota", "kappa", "lambda",
     "mu",    "nu",   "xi",    "rho",   "sigma",   "tau",  "upsilon", "phi",   "chi",  "psi",   "omega"});

struct Piece {
  std::string text;
  Rank rank;
};

std::string grouped(const Piece &piece, Rank least) {
  return piece.rank < least ? "\\left(" + piece.text + "\\right)" : piece.text;
}

// x, \beta, x_{1}, \mathrm{gradient\_at\_zero}
std::string latex_name(const std::string &name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits = std::find_if_not(name.rbegin(), name.rend(), is_digit).base();
  const std::string stem(name.begin(), digits);
  std::string text;
  if (std::ranges::find(greek_names, stem) != greek_names.end()) {
    text = "\\" + stem;
  } else if (stem.size() == 1 && stem != "_") {
    text = stem;
  } else {
    for (const char c : stem) text += c == '_' ? std::string("\\_") : std::string(1, c);
    text = "\\mathrm{" + text + "}";
  }
  return digits == name.end() ? text : text + "_{" + std::string(digits, name.end()) + "}";
}

Piece number_piece(const Rational &value) {
  const std::string text = to_text(Rational(abs(value)));
  Piece piece{text, Rank::primary};
  const std::size_t slash = text.find('/');
  const std::size_t mark = text.find('e');
  if (slash != std::string::npos)
    piece = {fmt::format("\\frac{{{}}}{{{}}}", text.substr(0, slash), text.substr(slash + 1)), Rank::product};
  else if (text.starts_with("1e"))
    piece = {fmt::format("10^{{{}}}", text.substr(mark + 1)), Rank::power};
  else if (mark != std::string::npos)
    piece = {fmt::format("{} \\cdot 10^{{{}}}", text.substr(0, mark), text.substr(mark + 1)), Rank::product};
  return value < 0 ? Piece{"-" + piece.text, Rank::negation} : piece;
}

// The rank of an operation's own text, and the least ranks of its operands.
struct Layout {
  Rank own;
  std::array<Rank, 3> operands;
};

Layout layout_of(const Expr &node) {
  constexpr Rank any = Rank::comparison;
  switch (node.op()) {
    case Op::add:
      return {Rank::sum, {Rank::sum, Rank::product}};
    case Op::sub:
      return {Rank::sum, {Rank::sum, Rank::product}};
    case Op::mul:
      return {Rank::product, {Rank::negation, Rank::product}};
    case Op::div:
      return {Rank::product, {any, any}};
    case Op::neg:
      return {Rank::negation, {Rank::product}};
    case Op::pow:
      return {Rank::power, {Rank::primary, any}};
    case Op::select:
      return {Rank::comparison, {any, any, any}};
    case Op::root_sum:
      return {Rank::primary, {Rank::primary, Rank::sum}};
    default:
      break;
  }
  if (node.boolean()) return {Rank::comparison, {Rank::sum, Rank::sum}};
  return {Rank::primary, {any, any, any}};
}

// With a constant on the left, c < x reads better as x > c.
std::string_view template_of(const Expr &node) {
  const bool ordered = node.is(Op::less) || node.is(Op::less_equal);
  if (!ordered || !node[0].is(Op::constant)) return info(node.op()).latex;
  return node.is(Op::less) ? "{1} > {0}" : "{1} \\ge {0}";
}

Piece piece_of(const Expr &node) {
  if (node.is(Op::constant)) return number_piece(node.value());
  if (node.is(Op::variable)) return {latex_name(node.name()), Rank::primary};
  const Layout layout = layout_of(node);
  std::array<std::string, 3> operands;
  for (std::size_t i = 0; i < node.arguments().size(); ++i)
    operands[i] = grouped(piece_of(node[i]), layout.operands[i]);
  // Two numbers side by side would read as one.
  const std::string &right = operands[1];
  const bool dot = right.starts_with("\\frac") || (!right.empty() && right[0] >= '0' && right[0] <= '9');
  const std::string_view form = node.is(Op::mul) && dot ? "{0} \\cdot {1}" : template_of(node);
  // A product that starts with a sign goes in parentheses after an operator, like a negation.
  const bool signed_product = node.is(Op::mul) && operands[0].starts_with('-');
  return {fmt::format(fmt::runtime(form), operands[0], operands[1], operands[2]),
          signed_product ? Rank::negation : layout.own};
}

}  // namespace

std::string to_latex(const Expr &expression) {
  check_printable(expression);
  return piece_of(expression).text;
}

}  // namespace actinide
