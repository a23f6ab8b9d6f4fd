#include "expression/expression.h"

#include "error.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <variant>

namespace actinide {

struct Node {
  using Payload = std::variant<std::monostate, Rational, std::string>;

  Op op;
  std::uint8_t arity;
  std::uint32_t depth;
  std::uint64_t tree_size;
  std::uint64_t hash;
  std::array<Expr, 3> arguments;
  Payload payload;                  ///< the value of a constant, the name of a variable
  mutable const Node *next_dead{};  ///< links the nodes that wait for their destruction
};

namespace {

constexpr double exponential = std::numeric_limits<double>::infinity();  // a degree

constexpr auto op_table = std::to_array<OpInfo>({
#define ACTINIDE_OP(name, arity, kind, latex) {#name, arity, OpKind::kind, latex},
#define ACTINIDE_FUNCTION(name, kind, parity, at_zero, degree, latex) \
  {#name, 1, OpKind::kind, latex, Parity::parity, at_zero, degree},
#include "expression/ops.def"
});

constexpr auto operations = std::to_array<Op>({
#define ACTINIDE_OP(name, arity, kind, latex) Op::name,
#include "expression/ops.def"
});

constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

// FNV-1a over bytes, then the finaliser of splitmix64 to spread the bits.
constexpr std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}
constexpr std::uint64_t combine(std::uint64_t hash, std::uint64_t value) {
  hash += 0x9e3779b97f4a7c15u + value;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

std::uint64_t hash_integer(std::uint64_t hash, const mpz_class &value) {
  hash = combine(hash, static_cast<std::uint64_t>(sgn(value) + 1));
  for (std::size_t i = 0; i < mpz_size(value.get_mpz_t()); ++i)
    hash = combine(hash, mpz_getlimbn(value.get_mpz_t(), i));
  return hash;
}

// The names of operations are hashed, not their numbers: a key of the kernel cache outlives a change of ops.def.
std::uint64_t hash_of(Op op, std::span<const Expr> arguments, const Node::Payload &payload) {
  static const auto op_hashes = [] {
    std::array<std::uint64_t, op_table.size()> hashes;
    std::ranges::transform(op_table, hashes.begin(), [](const OpInfo &row) { return hash_text(row.name); });
    return hashes;
  }();
  std::uint64_t hash = combine(op_hashes[static_cast<std::size_t>(op)], 0);
  for (const Expr &argument : arguments) hash = combine(hash, argument.hash());
  if (const auto *value = std::get_if<Rational>(&payload))
    hash = hash_integer(hash_integer(hash, value->get_num()), value->get_den());
  if (const auto *name = std::get_if<std::string>(&payload)) hash = combine(hash, hash_text(*name));
  return hash;
}

// The table of all living nodes, in shards that lock separately.
//
// An entry refers to its node weakly. A node whose last handle went is taken out of the table under the lock before it
// is destroyed, so that a raw pointer in the table may be read under the lock even then.
class Table {
 public:
  static Table &instance() {
    // Never destroyed: handles in static objects may outlive it.
    static Table &table = *new Table;
    return table;
  }

  std::shared_ptr<const Node> intern(Op op, std::span<const Expr> arguments, Node::Payload payload) {
    const std::uint64_t hash = hash_of(op, arguments, payload);
    Shard &shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    const auto [first, last] = shard.nodes.equal_range(hash);
    for (auto entry = first; entry != last; ++entry) {
      const Node &node = *entry->second.node;
      if (node.op != op || node.payload != payload) continue;
      if (!std::ranges::equal(std::span(node.arguments).first(node.arity), arguments)) continue;
      if (auto living = entry->second.handle.lock()) return living;
    }
    std::shared_ptr<const Node> created(build(op, arguments, std::move(payload), hash), &Table::release);
    shard.nodes.emplace(hash, Entry{created.get(), created});
    return created;
  }

 private:
  struct Entry {
    const Node *node;
    std::weak_ptr<const Node> handle;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_multimap<std::uint64_t, Entry> nodes;
  };

  static const Node *build(Op op, std::span<const Expr> arguments, Node::Payload payload, std::uint64_t hash) {
    auto node = std::make_unique<Node>();
    node->op = op;
    node->arity = static_cast<std::uint8_t>(arguments.size());
    node->depth = 1;
    node->tree_size = 1;
    node->hash = hash;
    node->payload = std::move(payload);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      node->depth = std::max(node->depth, arguments[i].depth() + 1);
      node->tree_size = saturating_add(node->tree_size, arguments[i].tree_size());
      node->arguments[i] = arguments[i];
    }
    return node.release();
  }

  // Destroying a node drops its arguments, which may destroy them in turn. The nodes queue up instead of recursing, so
  // that a chain of any length goes without using the stack.
  static void release(const Node *node) {
    struct Queue {
      const Node *first;
      bool draining;
    };
    thread_local Queue queue{};
    node->next_dead = queue.first;
    queue.first = node;
    if (queue.draining) return;
    queue.draining = true;
    while (queue.first) {
      const Node *dead = queue.first;
      queue.first = dead->next_dead;
      instance().forget(*dead);
      delete dead;
    }
    queue.draining = false;
  }

  void forget(const Node &node) {
    Shard &shard = shard_of(node.hash);
    const std::scoped_lock lock(shard.mutex);
    const auto [first, last] = shard.nodes.equal_range(node.hash);
    shard.nodes.erase(std::find_if(first, last, [&](const auto &entry) { return entry.second.node == &node; }));
  }

  Shard &shard_of(std::uint64_t hash) { return shards_[hash % shards_.size()]; }

  std::array<Shard, 16> shards_;
};

void check_arguments(Op op, std::span<const Expr> arguments) {
  const OpInfo &row = info(op);
  internal_check(op != Op::constant && op != Op::variable, "{} is not made by make()", row.name);
  internal_check(arguments.size() == static_cast<std::size_t>(row.arity), "{} takes {} arguments, not {}", row.name,
                 row.arity, arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    internal_check(static_cast<bool>(arguments[i]), "argument {} of {} is empty", i, row.name);
    const bool condition = op == Op::select && i == 0;
    internal_check(arguments[i].boolean() == condition, "argument {} of {} must be a {}", i, row.name,
                   condition ? "truth value" : "number");
  }
}

}  // namespace

const OpInfo &info(Op op) {
  return op_table[static_cast<std::size_t>(op)];
}

std::span<const Op> all_operations() {
  return operations;
}

Op Expr::op() const {
  return node_->op;
}
std::span<const Expr> Expr::arguments() const {
  return std::span(node_->arguments).first(node_->arity);
}
const Rational &Expr::value() const {
  return std::get<Rational>(node_->payload);
}
const std::string &Expr::name() const {
  return std::get<std::string>(node_->payload);
}
bool Expr::is_value(long value) const {
  return is(Op::constant) && this->value() == value;
}
std::uint64_t Expr::hash() const {
  return node_->hash;
}
std::uint32_t Expr::depth() const {
  return node_->depth;
}
std::uint64_t Expr::tree_size() const {
  return node_->tree_size;
}

Expr make(Op op, std::span<const Expr> arguments) {
  check_arguments(op, arguments);
  return Expr(Table::instance().intern(op, arguments, {}));
}

Expr make(Op op, std::initializer_list<Expr> arguments) {
  return make(op, std::span(arguments.begin(), arguments.size()));
}

Expr constant(const Rational &value) {
  internal_check(value.get_den() != 0, "a constant has the denominator 0");
  Rational canonical = value;
  canonical.canonicalize();
  return Expr(Table::instance().intern(Op::constant, {}, std::move(canonical)));
}

Expr variable(const std::string &name) {
  return Expr(Table::instance().intern(Op::variable, {}, name));
}

std::vector<Expr> post_order(const Expr &expression) {
  enum class State : std::uint8_t { unseen, opened, done };
  std::vector<Expr> order;
  std::unordered_map<const void *, State> states;
  std::vector<Expr> stack{expression};
  while (!stack.empty()) {
    const Expr top = stack.back();
    State &state = states[top.identity()];
    if (state == State::unseen) {
      state = State::opened;
      for (std::size_t i = top.arguments().size(); i-- > 0;)
        if (!states.contains(top[i].identity())) stack.push_back(top[i]);
      continue;
    }
    stack.pop_back();
    if (state == State::opened) order.push_back(top);
    state = State::done;
  }
  return order;
}

Expr substitute(const Expr &expression, std::span<const std::pair<Expr, Expr>> replacements) {
  std::unordered_map<const void *, Expr> results;
  for (const auto &[key, value] : replacements) results.emplace(key.identity(), value);
  for (const Expr &node : post_order(expression)) {
    if (results.contains(node.identity())) continue;
    std::array<Expr, 3> arguments;
    bool changed = false;
    for (std::size_t i = 0; i < node.arguments().size(); ++i) {
      arguments[i] = results.at(node[i].identity());
      changed |= arguments[i] != node[i];
    }
    results.emplace(node.identity(),
                    changed ? make(node.op(), std::span(arguments).first(node.arguments().size())) : node);
  }
  return results.at(expression.identity());
}

std::set<std::string> variables(const Expr &expression) {
  std::set<std::string> names;
  for (const Expr &node : post_order(expression))
    if (node.is(Op::variable)) names.insert(node.name());
  return names;
}

bool oscillates(const Expr &expression) {
  return std::ranges::any_of(post_order(expression),
                             [](const Expr &node) { return node.is(Op::sin) || node.is(Op::cos); });
}

std::size_t node_count(const Expr &expression) {
  return post_order(expression).size();
}

}  // namespace actinide
