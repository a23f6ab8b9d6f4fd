#include "expression/expression.h"

#include "error.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <limits>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace actinide {
namespace {

const Expr x = variable("x");
const Expr y = variable("y");

TEST(Expression, EqualStructureIsTheSameNode) {
  EXPECT_EQ(x * make(Op::sigmoid, {x}), variable("x") * make(Op::sigmoid, {variable("x")}));
  EXPECT_EQ((x + y).identity(), (variable("x") + variable("y")).identity());
  EXPECT_NE(x + y, y + x) << "the structure is kept as written";
  EXPECT_NE(variable("x"), variable("y"));
  EXPECT_NE(constant(1), make(Op::pi, {}));
}

TEST(Expression, ConstantsAreExactAndCanonical) {
  EXPECT_EQ(constant(Rational(2, 4)), constant(Rational(1, 2)));
  EXPECT_NE(constant(Rational(1, 3)), constant(Rational(0.1 / 0.3)));
  EXPECT_TRUE(constant(-3).is_value(-3));
  EXPECT_FALSE(x.is_value(0));
  Rational impossible;
  mpz_set_ui(mpq_denref(impossible.get_mpq_t()), 0);
  EXPECT_THROW(constant(impossible), InternalError);
}

TEST(Expression, PartsAreReadable) {
  const Expr sum = x + constant(2);
  EXPECT_EQ(sum.op(), Op::add);
  ASSERT_EQ(sum.arguments().size(), 2u);
  EXPECT_EQ(sum[0].name(), "x");
  EXPECT_EQ(sum[1].value(), 2);
  EXPECT_EQ(sum.depth(), 2u);
  EXPECT_EQ(sum.tree_size(), 3u);
  EXPECT_FALSE(Expr().is(Op::add));
  EXPECT_FALSE(static_cast<bool>(Expr()));
}

TEST(Expression, WrongArgumentsAreInternalErrors) {
  const Expr condition = make(Op::less, {x, y});
  EXPECT_TRUE(condition.boolean());
  EXPECT_THROW(make(Op::exp, {x, y}), InternalError);
  EXPECT_THROW(make(Op::add, {x}), InternalError);
  EXPECT_THROW(make(Op::add, {x, Expr()}), InternalError);
  EXPECT_THROW(make(Op::add, {x, condition}), InternalError);
  EXPECT_THROW(make(Op::select, {x, x, y}), InternalError);
  EXPECT_THROW(make(Op::select, {condition, condition, y}), InternalError);
  EXPECT_THROW(make(Op::variable, {}), InternalError);
  EXPECT_THROW(make(Op::constant, {}), InternalError);
  EXPECT_NO_THROW(make(Op::select, {condition, x, y}));
}

TEST(Expression, SubstitutionIsAllAtOnceAndKeepsSharing) {
  const std::pair<Expr, Expr> swap[] = {{x, y}, {y, x}};
  EXPECT_EQ(substitute(x / (y + x), swap), y / (x + y));
  const std::pair<Expr, Expr> part[] = {{x + y, constant(3)}};
  EXPECT_EQ(substitute((x + y) * (x + y) - x, part), constant(3) * constant(3) - x);
  EXPECT_EQ(substitute(make(Op::pi, {}), swap), make(Op::pi, {}));
  Expr doubled = x;
  for (int i = 0; i < 100; ++i) doubled = doubled + doubled;
  EXPECT_EQ(node_count(doubled), 101u);
  const std::pair<Expr, Expr> rename[] = {{x, y}};
  EXPECT_EQ(node_count(substitute(doubled, rename)), 101u);
  EXPECT_EQ(doubled.tree_size(), std::numeric_limits<std::uint64_t>::max()) << "2^101 saturates";
}

TEST(Expression, PostOrderHasArgumentsFirstAndEachNodeOnce) {
  const Expr shared = x + y;
  const Expr root = make(Op::select, {make(Op::less, {shared, x}), shared * shared, shared - y});
  const std::vector<Expr> order = post_order(root);
  std::set<Expr> seen;
  for (const Expr &node : order) {
    for (const Expr &argument : node.arguments()) EXPECT_TRUE(seen.contains(argument));
    EXPECT_TRUE(seen.insert(node).second);
  }
  EXPECT_EQ(order.back(), root);
  EXPECT_EQ(node_count(root), 7u);
  EXPECT_EQ(variables(root), (std::set<std::string>{"x", "y"}));
}

// The values are pinned: keys of kernels on disk must mean the same in every process.
TEST(Expression, HashesAreTheSameInEveryProcess) {
  EXPECT_EQ(x.hash(), 0x4aa063245fd25eebu);
  EXPECT_EQ((x * make(Op::sigmoid, {x})).hash(), 0x127be55f91bc10c7u);
  EXPECT_EQ(constant(Rational(-1, 3)).hash(), 0x31fd718b0763a4e3u);
}

TEST(Expression, LongChainsAreBuiltWalkedAndDroppedWithoutTheStack) {
  Expr chain = x;
  for (int i = 0; i < 200'000; ++i) chain = -(chain + y);
  EXPECT_EQ(node_count(chain), 400'002u);
  EXPECT_EQ(variables(chain).size(), 2u);
  const std::pair<Expr, Expr> rename[] = {{x, y}};
  EXPECT_EQ(substitute(chain, rename).depth(), 400'001u);
}

TEST(Expression, NodesLiveAsLongAsAHandle) {
  const auto make_and_drop = [] {
    Expr sum = x;
    for (int i = 0; i < 30'000; ++i) sum = sum + constant(Rational(i, 7));
    return sum.depth();
  };
  make_and_drop();
  const std::size_t before = mallinfo2().uordblks;
  for (int round = 0; round < 5; ++round) make_and_drop();
  EXPECT_LT(mallinfo2().uordblks, before + 500'000) << "nodes without handles stay in memory";
}

// Threads that build, share and drop the same expressions all the time must see one node for each.
TEST(Expression, ThreadsAgreeOnNodes) {
  constexpr int threads = 4, rounds = 200, steps = 300;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Expr> results(threads);
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([&results, round, i] {
        std::mt19937 random(round);  // the same sequence in every thread
        std::vector<Expr> pool{variable("x"), constant(round)};
        for (int step = 0; step < steps; ++step) {
          const Expr a = pool[random() % pool.size()], b = pool[random() % pool.size()];
          const Expr made = random() % 2 ? a + b : a * constant(Rational(static_cast<long>(random() % 9), 7));
          if (pool.size() < 20)
            pool.push_back(made);
          else
            pool[random() % pool.size()] = made;  // drops what nothing else holds
        }
        for (const Expr &part : pool) results[i] = results[i] ? results[i] + part : part;
      });
    for (std::thread &worker : workers) worker.join();
    for (const Expr &result : results) ASSERT_EQ(result, results[0]) << "seed " << round;
  }
}

}  // namespace
}  // namespace actinide
