#include "expression/parser.h"

#include "expression/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

constexpr int max_nesting = 200;
constexpr std::size_t max_nodes = 10'000;
constexpr std::uint32_t max_formula_depth = 1'000;

constexpr std::array comparison_symbols = std::to_array<std::string_view>({"<", "<=", ">", ">=", "==", "!="});

bool is_comparison(const Token &token) {
  return token.kind == TokenKind::symbol &&
         std::ranges::find(comparison_symbols, token.text) != comparison_symbols.end();
}

bool starts_operand(const Token &token) {
  return token.kind == TokenKind::number || token.kind == TokenKind::name || token.is("(");
}

// a > b is b < a.
Expr compare(std::string_view symbol, const Expr &a, const Expr &b) {
  if (symbol == "<") return make(Op::less, {a, b});
  if (symbol == "<=") return make(Op::less_equal, {a, b});
  if (symbol == ">") return make(Op::less, {b, a});
  if (symbol == ">=") return make(Op::less_equal, {b, a});
  return make(symbol == "==" ? Op::equal : Op::not_equal, {a, b});
}

}  // namespace

void Parser::set_variables(std::vector<std::string> names, std::string owner) {
  variables_ = std::move(names);
  owner_ = std::move(owner);
}

Token Parser::take() {
  const Token token = current();
  if (token.kind != TokenKind::end) ++position_;
  return token;
}

bool Parser::take_if(std::string_view symbol) {
  if (!current().is(symbol)) return false;
  take();
  return true;
}

void Parser::fail(const Token &token, const std::string &message) const {
  fail_at(source_, token.place, message);
}

void Parser::fail_expected(std::string_view what) const {
  if (current().kind == TokenKind::end) fail(current(), fmt::format("expected {}, but the text ends here", what));
  fail(current(), fmt::format("expected {}, not {}", what, quoted(current().text)));
}

void Parser::expect(std::string_view symbol, std::string_view where) {
  if (!take_if(symbol)) fail_expected(fmt::format("'{}' {}", symbol, where));
}

Rational Parser::signed_number() {
  const bool negative = take_if("-");
  if (current().kind != TokenKind::number) fail_expected("a number");
  const Token numerator = take();
  Rational value = number_value(numerator, source_);
  if (numerator.integer() && current().is("/")) {
    take();
    if (!current().integer()) fail_expected("an integer");
    const Rational denominator = number_value(current(), source_);
    if (denominator == 0) fail(current(), "the denominator is 0; write another number");
    take();
    value /= denominator;
  }
  return negative ? Rational(-value) : value;
}

void Parser::spend(std::size_t nodes, const Token &at) {
  nodes_ += nodes;
  if (nodes_ > max_nodes)
    fail(at,
         fmt::format("the formula has more than {} operations with its calls written out; make it shorter", max_nodes));
}

Expr Parser::checked(Expr expression, const Token &at) const {
  if (expression.tree_size() > max_nodes)
    fail(at,
         fmt::format("the formula has more than {} operations with its calls written out; make it shorter", max_nodes));
  if (expression.depth() > max_formula_depth)
    fail(at, fmt::format("the formula is more than {} operations deep; make it shorter", max_formula_depth));
  return expression;
}

const Expr &Parser::number(const Part &part) const {
  if (part.comparison) fail(*part.comparison, "a comparison is not a number; write select(condition, a, b)");
  return part.value;
}

Expr Parser::binary(Op op, const Part &left, const Part &right, const Token &at) {
  const std::array arguments{number(left), number(right)};
  spend(1, at);
  return checked(make(op, arguments), at);
}

Expr Parser::whole_formula() {
  const Part part = comparison();
  if (current().kind != TokenKind::end) fail_after_formula();
  return number(part);
}

void Parser::fail_after_formula() const {
  if (starts_operand(current()))
    fail(current(), fmt::format("expected an operator before {}; a product is written with *", quoted(current().text)));
  if (current().is(")")) fail(current(), "this ')' closes nothing; remove it or add a '('");
  if (current().is("=")) fail(current(), "unexpected '='; equality is written ==, as the condition of select");
  fail(current(), fmt::format("unexpected {} after the formula", quoted(current().text)));
}

Parser::Part Parser::comparison() {
  Part left = sum();
  if (!is_comparison(current())) return left;
  const Token symbol = take();
  const Part right = sum();
  if (is_comparison(current())) fail(current(), "comparisons don't chain; nest two select(condition, a, b)");
  const Expr a = number(left), b = number(right);
  spend(1, symbol);
  return {.value = checked(compare(symbol.text, a, b), symbol), .start = left.start, .comparison = symbol};
}

Parser::Part Parser::sum() {
  Part left = product();
  while (current().is("+") || current().is("-")) {
    const Token symbol = take();
    const Part right = product();
    left = {.value = binary(symbol.is("+") ? Op::add : Op::sub, left, right, symbol),
            .start = left.start,
            .comparison = {}};
  }
  return left;
}

Parser::Part Parser::product() {
  Part left = unary();
  while (current().is("*") || current().is("/")) {
    const Token symbol = take();
    const Part right = unary();
    const bool fraction = symbol.is("/") && left.literal != Literal::none && right.literal == Literal::integer;
    const Expr value = fraction && !right.value.is_value(0)
                           ? constant(Rational(left.value.value() / right.value.value()))
                           : binary(symbol.is("*") ? Op::mul : Op::div, left, right, symbol);
    left = {.value = value, .start = left.start, .comparison = {}};
  }
  return left;
}

Parser::Part Parser::unary() {
  if (nesting_ > max_nesting)
    fail(current(),
         fmt::format("the formula is nested more than {} levels deep; define a part of it on its own", max_nesting));
  ++nesting_;
  Part part;
  const Token start = current();
  if (!take_if("-")) {
    part = power();
  } else if (current().kind == TokenKind::number && !next().is("^")) {
    const Token literal = take();
    spend(1, literal);
    part = {.value = constant(Rational(-number_value(literal, source_))),
            .start = start,
            .comparison = {},
            .literal = literal.integer() ? Literal::negative_integer : Literal::none};
  } else {
    const Part operand = unary();
    const Expr value = number(operand);
    spend(1, start);
    part = {.value = checked(-value, start), .start = start, .comparison = {}};
  }
  --nesting_;
  return part;
}

Parser::Part Parser::power() {
  Part base = primary();
  if (!current().is("^")) return base;
  const Token symbol = take();
  const Part exponent = unary();
  return {.value = binary(Op::pow, base, exponent, symbol), .start = base.start, .comparison = {}};
}

Parser::Part Parser::primary() {
  const Token &token = current();
  if (token.kind == TokenKind::number) {
    const Token literal = take();
    spend(1, literal);
    return {.value = constant(number_value(literal, source_)),
            .start = literal,
            .comparison = {},
            .literal = literal.integer() ? Literal::integer : Literal::none};
  }
  if (token.kind == TokenKind::name) return name_or_call();
  if (token.is("(")) return parenthesised();
  const bool doubled = token.is("*") && position_ > 0 && tokens_[position_ - 1].is("*");
  if (doubled) fail(token, "unexpected '*'; a power is written with ^");
  if (token.is("+")) fail(token, "unexpected '+'; a number needs no sign, leave it out");
  fail_expected("a number, a name or '('");
}

Parser::Part Parser::parenthesised() {
  const Token open = take();
  Part part = comparison();
  close_parenthesis(open, "");
  part.start = open;
  part.literal = Literal::none;
  return part;
}

void Parser::close_parenthesis(const Token &open, std::string_view where) {
  if (take_if(")")) return;
  if (current().kind == TokenKind::end) fail(open, fmt::format("this '(' is never closed; add a ')'"));
  if (starts_operand(current()) || current().is("=")) fail_after_formula();
  fail_expected(fmt::format("')'{}", where));
}

Parser::Part Parser::name_or_call() {
  const Token name = take();
  if (!current().is("(")) return {.value = find_variable(name), .start = name, .comparison = {}};
  if (std::ranges::find(variables_, name.text) != variables_.end())
    fail(name, fmt::format("{0} is a variable, not a function; a product is written {1} * (...)", quoted(name.text),
                           name.text));
  if (is_constant_name(name.text))
    fail(name, fmt::format("{0} is a constant, not a function; a product is written {1} * (...)", quoted(name.text),
                           name.text));
  return {.value = call(arguments(name)), .start = name, .comparison = {}};
}

}  // namespace actinide
