// The parser of formulas: recursive descent over the words of one text.
//
//   comparison = sum [ ( < | <= | > | >= | == | != ) sum ]       only as the condition of select
//   sum        = product { ( + | - ) product }
//   product    = unary { ( * | / ) unary }
//   unary      = - unary | power
//   power      = primary [ ^ unary ]                             so -x^2 = -(x^2), x^y^z = x^(y^z), 2^-x is fine
//   primary    = number | name | name ( arguments ) | ( comparison )
//
// `-2` is the constant -2 and `1/3` of two plain integers the constant 1/3; everything else keeps its structure.
#pragma once

#include "expression/definition.h"
#include "expression/lexer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide {

class Parser {
 public:
  Parser(std::string_view source, const Scope &scope) : source_(source), scope_(scope), tokens_(tokenize(source)) {}

  /// The names that a formula may use, and the name of the definition that it belongs to (may be empty).
  void set_variables(std::vector<std::string> names, std::string owner);
  /// A formula that is a number, up to the end of the text.
  Expr whole_formula();

  const Token &current() const { return tokens_[position_]; }
  const Token &next() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  Token take();
  /// Takes the current word if it is `symbol`.
  bool take_if(std::string_view symbol);
  /// Takes `symbol`, or says that it was expected `where`.
  void expect(std::string_view symbol, std::string_view where);
  /// A number with an optional sign, or a quotient of two integers, as a parameter's value has to be.
  Rational signed_number();

  [[noreturn]] void fail(const Token &token, const std::string &message) const;
  /// "expected X, not 'y'" at the current word.
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  enum class Literal : std::uint8_t { none, integer, negative_integer };

  // A parsed part: its value and what decides how it may go on.
  struct Part {
    Expr value;
    Token start;
    std::optional<Token> comparison;  ///< the operator, if `value` is a truth value
    Literal literal = Literal::none;
  };
  struct Arguments {
    Token function;
    std::vector<Part> positional;
    std::vector<std::pair<Token, Expr>> named;
  };

  Part comparison();
  Part sum();
  Part product();
  Part unary();
  Part power();
  Part primary();
  Part parenthesised();
  Part name_or_call();

  Arguments arguments(const Token &function);
  void argument(Arguments &list, bool only_named);
  Expr call(const Arguments &list);
  Expr call_operation(Op op, const Arguments &list);
  Expr call_definition(const Definition &definition, const Arguments &list);
  Expr find_variable(const Token &name);

  void close_parenthesis(const Token &open, std::string_view where);
  [[noreturn]] void fail_after_formula() const;
  [[noreturn]] void fail_unknown(const Token &name, bool called) const;
  [[noreturn]] void fail_no_parameter(const Definition &definition, const Token &function, const Token &name) const;
  const Expr &number(const Part &part) const;
  Expr binary(Op op, const Part &left, const Part &right, const Token &at);
  /// Counts `nodes` more nodes against the limit.
  void spend(std::size_t nodes, const Token &at);
  Expr checked(Expr expression, const Token &at) const;
  const Definition *find_definition(std::string_view name) const { return scope_.find ? scope_.find(name) : nullptr; }

  std::string_view source_;
  const Scope &scope_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::vector<std::string> variables_;
  std::string owner_;
  int nesting_ = 0;
  std::size_t nodes_ = 0;
};

/// The operation called `name` in the language, if there is one.
std::optional<Op> find_operation(std::string_view name);
/// True if `name` is a constant of the language.
bool is_constant_name(std::string_view name);

}  // namespace actinide
