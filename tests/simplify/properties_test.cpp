// Properties over random expressions: the rewriter ends, keeps the value, and has nothing left to do the second time;
// and its cost.
#include "derivative/derivative.h"
#include "expression/definition.h"
#include "expression/printer.h"
#include "simplify/simplify.h"
#include "tests/simplify/exact.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace actinide {
namespace {

using test::Exact;

constexpr unsigned first_seed = 1000;

class RandomExpression {
 public:
  explicit RandomExpression(unsigned seed) : random_(seed) {}

  Expr draw(int depth) {
    if (depth == 0 || pick(8) == 0) return leaf();
    switch (pick(14)) {
      case 0:
      case 1:
        return draw(depth - 1) + draw(depth - 1);
      case 2:
        return draw(depth - 1) - draw(depth - 1);
      case 3:
      case 4:
        return draw(depth - 1) * draw(depth - 1);
      case 5:
        return draw(depth - 1) / draw(depth - 1);
      case 6:
        return -draw(depth - 1);
      case 7:
        return make(Op::pow, {draw(depth - 1), constant(static_cast<long>(pick(5)) - 2)});
      case 8:
        return make(Op::select, {make(Op::less, {draw(depth - 1), leaf()}), draw(depth - 1), draw(depth - 1)});
      case 9:
        return make(pick(2) ? Op::max : Op::min, {draw(depth - 1), draw(depth - 1)});
      default:
        return make(function(), {draw(depth - 1)});
    }
  }

 private:
  unsigned pick(unsigned count) { return std::uniform_int_distribution<unsigned>(0, count - 1)(random_); }
  Expr leaf() {
    if (pick(3) != 0) return variable("x");
    return constant(Rational(static_cast<long>(pick(9)) - 4, static_cast<long>(pick(3)) + 1));
  }
  Op function() {
    static const std::vector<Op> functions = [] {
      std::vector<Op> list;
      for (const Op op : all_operations())
        if (is_function(info(op).kind) && info(op).arity == 1) list.push_back(op);
      return list;
    }();
    return functions[pick(static_cast<unsigned>(functions.size()))];
  }
  std::mt19937 random_;
};

/// A value that the original has is kept; where it has none (or only an infinite one), a rule may define one.
void expect_same_value(const Expr &original, const Expr &rewritten, const char *what) {
  const Reference before(original, {"x"}), after(rewritten, {"x"});
  for (const double x : {-2.75, -0.6, 0.375, 1.9}) {
    const Exact a(before, {x}), b(after, {x});
    if (!a.is_finite()) continue;
    ASSERT_LE(b.distance_to(a), 0x1p-90) << what << " at x = " << x << ": " << a.get() << " became " << b.get() << "\n"
                                         << to_text(original) << "\n"
                                         << to_text(rewritten);
  }
}

class EachSeed : public testing::TestWithParam<unsigned> {};

TEST_P(EachSeed, RewritingKeepsTheValueAndSettles) {
  for (unsigned i = 0; i < 50; ++i) {
    SCOPED_TRACE("seed " + std::to_string(GetParam() + i));
    const Expr e = RandomExpression(GetParam() + i).draw(5);
    const Expr simple = simplify(e).expression;
    expect_same_value(e, simple, "simplify");
    expect_same_value(e, stabilize(e).expression, "stabilize");
    EXPECT_EQ(simplify(simple).expression, simple) << to_text(e) << "\n" << to_text(simple);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Simplify, EachSeed, testing::Range(first_seed, first_seed + 1000, 50u));

TEST(Cost, StaysProportionateOnALongChain) {
  Expr sum = constant(0), x = variable("x");
  for (int i = 1; i <= 400; ++i) sum = sum + make(Op::sin, {constant(i) * x}) * x;
  EXPECT_LT(node_count(simplify(sum).expression), 2 * node_count(sum));
}

TEST(Cost, SharedPartsAreRewrittenOnce) {
  Expr f = variable("x");
  for (int level = 0; level < 60; ++level) f = make(Op::tanh, {f + make(Op::sin, {f})});
  EXPECT_LT(node_count(stabilize(f).expression), 4 * node_count(f));
}

TEST(Cost, NestedSelectionsDontMultiply) {
  Expr f = variable("x");
  for (int level = 0; level < 40; ++level) {
    const Expr condition = make(Op::less, {variable("x"), constant(level)});
    f = make(Op::select, {condition, f, make(Op::sin, {constant(level + 2) * variable("x")}) * f});
  }
  EXPECT_LT(node_count(simplify(f).expression), 10000u);
}

TEST(Cost, AKernelTakesLessThanFiveMilliseconds) {
  const Expr mish = parse_expression("x*tanh(log(1 + exp(x)))", {"x"});
  const Expr backward = variable("dy") * differentiate(mish, "x");
  stabilize(backward);
  double fastest = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto start = std::chrono::steady_clock::now();
    stabilize(backward);
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    fastest = std::min(fastest, spent.count());
  }
  EXPECT_LT(fastest, 5.0);
}

}  // namespace
}  // namespace actinide
