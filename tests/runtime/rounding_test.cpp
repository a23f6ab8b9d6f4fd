// How the caller computes in floating point, the threads that help it do, too: a result doesn't depend on their number.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <thread>

namespace {

/// y = x / 3, which every rounding makes another number of.
void third(void *const *buffers, const int64_t *sizes, const double *) {
  const auto *x = static_cast<const volatile float *>(buffers[0]);
  auto *y = static_cast<float *>(buffers[1]);
  for (int64_t i = 0; i < sizes[ACTINIDE_SIZE_ELEMENTS]; ++i) y[i] = x[i] / 3;
}

std::vector<float> thirds(unsigned threads) {
  static const std::vector<actinide_variant> variants = {{"any", 0, third, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4}, {4}, variants, fake::costly);
  std::vector<float> x(20'000, 1), y(x.size());
  void *buffers[] = {x.data(), y.data()};
  actinide_set_threads(threads);
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, x.size(), nullptr), ACTINIDE_OK);
  actinide_set_threads(0);
  return y;
}

class Rounding : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { std::fesetround(GetParam()); }
  void TearDown() override {
    std::fesetround(FE_TONEAREST);
    actinide_set_parallel_for(nullptr, nullptr);
  }
};

TEST_P(Rounding, IsTheCallersInThePool) {
  const std::vector<float> alone = thirds(1);
  for (int turn = 0; turn < 20; ++turn) ASSERT_EQ(thirds(4), alone);
}

/// Every task in a thread of its own, whose rounding must be as before when the task is done.
void in_new_threads(actinide_task task, void *context, std::size_t count, void *changed) {
  for (std::size_t i = 0; i < count; ++i) {
    std::thread([&] {
      std::fesetround(FE_TOWARDZERO);
      task(context, i);
      if (std::fegetround() != FE_TOWARDZERO) *static_cast<bool *>(changed) = true;
    }).join();
  }
}

TEST_P(Rounding, IsTheCallersInThreadsOfTheHost) {
  const std::vector<float> alone = thirds(1);
  bool changed = false;
  actinide_set_parallel_for(in_new_threads, &changed);
  EXPECT_EQ(thirds(4), alone);
  EXPECT_FALSE(changed);
}

INSTANTIATE_TEST_SUITE_P(Runtime, Rounding, testing::Values(FE_TONEAREST, FE_UPWARD, FE_DOWNWARD));

}  // namespace
