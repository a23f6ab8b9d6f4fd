#include "random.h"

#include <algorithm>
#include <cmath>

namespace actinide {
namespace {

std::size_t below(std::mt19937_64 &random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

Expr random_leaf(std::mt19937_64 &random) {
  switch (below(random, 6)) {
    case 0:
      return make(Op::pi, {});
    case 1:
      return make(Op::euler, {});
    case 2:
    case 3:
      return constant(random_rational(random));
    default:
      return variable(random_variables()[below(random, random_variables().size())]);
  }
}

const std::vector<Op> &operations() {
  static const auto list = [] {
    std::vector<Op> ops;
    for (const Op op : all_operations())
      if (info(op).arity > 0 && info(op).kind != OpKind::internal && info(op).kind != OpKind::numeric)
        ops.push_back(op);
    // The operators are what parentheses are about.
    for (int i = 0; i < 6; ++i) ops.insert(ops.end(), {Op::add, Op::sub, Op::mul, Op::div, Op::neg, Op::pow});
    return ops;
  }();
  return list;
}

}  // namespace

const std::vector<std::string> &random_variables() {
  static const std::vector<std::string> names{"x", "y", "beta", "t1", "e1", "_k"};
  return names;
}

Rational random_rational(std::mt19937_64 &random) {
  const long sign = below(random, 3) == 0 ? -1 : 1;
  Rational value;
  switch (below(random, 5)) {
    case 0:
      value = static_cast<long>(below(random, 10));
      break;
    case 1:
      value = Rational(static_cast<long>(below(random, 100'000)), 1000);
      break;
    case 2:
      value = Rational(static_cast<long>(below(random, 50)), static_cast<long>(1 + below(random, 50)));
      break;
    case 3:
      value = Rational(std::ldexp(static_cast<double>(random()), static_cast<int>(below(random, 2000)) - 1100));
      break;
    default: {
      mpz_class power;
      mpz_ui_pow_ui(power.get_mpz_t(), 10, below(random, 600));
      value = below(random, 2) ? Rational(power) : Rational(1, power);
    }
  }
  value.canonicalize();
  return sign * value;
}

Expr random_expression(std::mt19937_64 &random, int steps) {
  std::vector<Expr> numbers{random_leaf(random)};
  std::vector<Expr> conditions;
  const auto pick = [&](const std::vector<Expr> &from) {
    // Mostly recent parts, so that the result is deep and still shares.
    return from[from.size() - 1 - std::min(below(random, from.size()), below(random, from.size()))];
  };
  for (int step = 0; step < steps; ++step) {
    if (below(random, 3) == 0) numbers.push_back(random_leaf(random));
    const Op op = operations()[below(random, operations().size())];
    std::vector<Expr> arguments;
    for (int i = 0; i < info(op).arity; ++i) arguments.push_back(pick(numbers));
    if (op == Op::select) {
      if (conditions.empty()) continue;
      arguments[0] = pick(conditions);
    }
    const Expr made = make(op, arguments);
    if (made.tree_size() < 200) (made.boolean() ? conditions : numbers).push_back(made);
  }
  return numbers.back();
}

}  // namespace actinide
