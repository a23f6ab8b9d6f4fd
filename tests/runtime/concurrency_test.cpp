// Several user threads call kernels at once. Also built with ThreadSanitizer, see tests.cmake.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace {

constexpr unsigned users = 8;

class Concurrency : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override { ASSERT_EQ(actinide_set_threads(GetParam()), ACTINIDE_OK); }
  void TearDown() override { actinide_set_threads(0); }
};

/// Calls the kernel `calls` times on n elements; how many results were wrong.
int wrong_results(actinide_kernel &kernel, std::size_t n, unsigned user, int calls) {
  std::vector<float> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i % 1000 + user);
  int wrong = 0;
  for (int call = 0; call < calls; ++call) {
    const double parameter = call;
    void *buffers[] = {x.data(), y.data()};
    wrong += actinide_kernel_run(&kernel, buffers, n, &parameter) != ACTINIDE_OK;
    for (std::size_t i = 0; i < n; ++i) wrong += y[i] != 3 * x[i] + static_cast<float>(call);
  }
  return wrong;
}

int wrong_results_of_all(actinide_kernel &kernel, std::size_t n, int calls) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned user = 0; user < users; ++user) {
    threads.emplace_back([&, user] { wrong += wrong_results(kernel, n, user, calls); });
  }
  for (std::thread &thread : threads) thread.join();
  return wrong;
}

TEST_P(Concurrency, OfSmallCallsThatSelectTheVariantTogether) {
  for (int round = 0; round < 20; ++round) {
    actinide_kernel kernel = fake::affine_kernel(1);
    EXPECT_EQ(wrong_results_of_all(kernel, 33, 20), 0) << "round " << round;
  }
}

TEST_P(Concurrency, OfLargeCallsThatShareThePool) {
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  EXPECT_EQ(wrong_results_of_all(kernel, 20'000, 100), 0);
}

TEST_P(Concurrency, OfCallsAndChangesOfTheThreadCount) {
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  std::atomic<bool> stop = false;
  std::thread changer([&] {
    for (unsigned threads = 1; !stop; threads = threads % 7 + 1) {
      EXPECT_EQ(actinide_set_threads(threads), ACTINIDE_OK);
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(wrong_results_of_all(kernel, 20'000, 50), 0);
  stop = true;
  changer.join();
}

TEST_P(Concurrency, OfOneUserWithPausesThatLetTheWorkersSleep) {
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(wrong_results(kernel, 5'000, 0, 2), 0);
    std::this_thread::sleep_for(std::chrono::microseconds(i * 20));
  }
}

INSTANTIATE_TEST_SUITE_P(Runtime, Concurrency, testing::Values(2, 3, 8), testing::PrintToStringParamName());

}  // namespace
