// Expressions: exact, real-valued, immutable, hash-consed.
//
// An Expr is a handle to a node of a directed acyclic graph. Structurally equal expressions are the same node, so
// equality is identity and a shared subexpression exists once. Constants are exact rationals; `pi` and `e` are symbols.
// Nothing here rounds, simplifies or knows a dtype.
//
// Thread-safe: nodes are immutable; the table of nodes is locked. A node lives as long as a handle to it.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide {

using Rational = mpq_class;

enum class Op : std::uint8_t {
#define ACTINIDE_OP(name, arity, kind, latex) name,
#include "expression/ops.def"
};

enum class OpKind : std::uint8_t { leaf, arithmetic, comparison, algebraic, transcendental, internal, numeric };
enum class Parity : std::uint8_t { none, even, odd };

/// A row of ops.def, which says what the columns mean.
struct OpInfo {
  std::string_view name;
  int arity;
  OpKind kind;
  std::string_view latex;
  // Of operations with one argument:
  Parity parity = Parity::none;
  std::string_view at_zero = {};
  double degree = 0;
};

const OpInfo &info(Op op);
/// All operations, in the order of ops.def.
std::span<const Op> all_operations();
/// True if the operation is called by its name in the language.
constexpr bool is_function(OpKind kind) {
  return kind == OpKind::algebraic || kind == OpKind::transcendental;
}

struct Node;

class Expr {
 public:
  /// The empty handle; every other member needs a non-empty one.
  Expr() = default;

  Op op() const;
  std::span<const Expr> arguments() const;
  const Expr &operator[](std::size_t index) const { return arguments()[index]; }

  /// The value of an Op::constant.
  const Rational &value() const;
  /// The name of an Op::variable.
  const std::string &name() const;

  bool is(Op op) const { return *this && this->op() == op; }
  /// True for the constant `value`.
  bool is_value(long value) const;
  /// True if the result is a truth value (a comparison).
  bool boolean() const { return info(op()).kind == OpKind::comparison; }

  explicit operator bool() const { return node_ != nullptr; }
  friend bool operator==(const Expr &, const Expr &) = default;
  /// An arbitrary order, stable while the handles live: for ordered containers.
  friend auto operator<=>(const Expr &a, const Expr &b) { return a.node_.get() <=> b.node_.get(); }
  const void *identity() const { return node_.get(); }
  /// A structural hash, the same in every process: for canonical orders and cache keys.
  std::uint64_t hash() const;
  /// The longest path from here to a leaf, in nodes.
  std::uint32_t depth() const;
  /// The number of nodes if shared subexpressions were written out at every use; saturates.
  std::uint64_t tree_size() const;

 private:
  friend Expr make(Op op, std::span<const Expr> arguments);
  friend Expr constant(const Rational &value);
  friend Expr variable(const std::string &name);
  explicit Expr(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

/// The node `op(arguments...)`. Throws InternalError if the number or kind (truth value or number) of arguments is
/// wrong.
Expr make(Op op, std::span<const Expr> arguments);
Expr make(Op op, std::initializer_list<Expr> arguments);
Expr constant(const Rational &value);
inline Expr constant(long value) {
  return constant(Rational(value));
}
Expr variable(const std::string &name);

inline Expr operator+(const Expr &a, const Expr &b) {
  return make(Op::add, {a, b});
}
inline Expr operator-(const Expr &a, const Expr &b) {
  return make(Op::sub, {a, b});
}
inline Expr operator*(const Expr &a, const Expr &b) {
  return make(Op::mul, {a, b});
}
inline Expr operator/(const Expr &a, const Expr &b) {
  return make(Op::div, {a, b});
}
inline Expr operator-(const Expr &a) {
  return make(Op::neg, {a});
}

/// Every distinct node of `expression` once, arguments before what uses them.
std::vector<Expr> post_order(const Expr &expression);
/// `expression` with every occurrence of the key replaced by the value, all at once.
Expr substitute(const Expr &expression, std::span<const std::pair<Expr, Expr>> replacements);
/// The names of the variables that occur.
std::set<std::string> variables(const Expr &expression);
/// The number of distinct nodes.
std::size_t node_count(const Expr &expression);

}  // namespace actinide
