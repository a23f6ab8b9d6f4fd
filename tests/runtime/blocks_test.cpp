// Sums over all elements: how they are cut, and that the result doesn't depend on who sums what. Also built with
// ThreadSanitizer, see tests.cmake.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <thread>

namespace {

/// The state of a block of x: the sum of its elements, one after the other, and their number.
void sum_blocks(void *const *buffers, const int64_t *sizes, const double *) {
  const auto *x = static_cast<const float *>(buffers[0]);
  auto *sums = static_cast<double *>(buffers[1]), *counts = static_cast<double *>(buffers[2]);
  for (int64_t row = 0; row < sizes[ACTINIDE_SIZE_OUTER]; ++row) {
    sums[row] = 0;
    counts[row] = static_cast<double>(sizes[ACTINIDE_SIZE_INNER]);
    for (int64_t i = 0; i < sizes[ACTINIDE_SIZE_INNER]; ++i) sums[row] += x[row * sizes[ACTINIDE_SIZE_STRIDES] + i];
  }
}

/// y: the sum; z: the number of elements, which tells if one was summed twice or never.
void merge_blocks(void *const *buffers, const int64_t *sizes, const double *) {
  const auto *sums = static_cast<const double *>(buffers[0]), *counts = static_cast<const double *>(buffers[1]);
  auto *y = static_cast<double *>(buffers[2]), *z = static_cast<double *>(buffers[3]);
  *y = *z = 0;
  for (int64_t block = 0; block < sizes[ACTINIDE_SIZE_INNER]; ++block) {
    *y += sums[block];
    *z += counts[block];
  }
}

const std::vector<actinide_variant> variants = {{"any", 0, sum_blocks, merge_blocks, 0}};

actinide_kernel sum_kernel() {
  actinide_kernel kernel = fake::describe({4}, {8, 8}, variants, fake::costly);
  kernel.gathers = 1;
  kernel.sum_words = 2;
  kernel.layouts[0] = {ACTINIDE_ALONG_ELEMENTS, 1};
  kernel.layouts[1] = kernel.layouts[2] = {ACTINIDE_ALONG_NOTHING, 1};
  return kernel;
}

struct Sum {
  double sum = -1, count = -1;
  friend bool operator==(const Sum &, const Sum &) = default;
};

Sum sum_of(actinide_kernel &kernel, std::vector<float> &x) {
  Sum result;
  void *buffers[] = {x.data(), &result.sum, &result.count};
  const actinide_shape shape = {1, 1, x.size()};
  EXPECT_EQ(actinide_shaped_kernel_run(&kernel, buffers, &shape, nullptr, nullptr), ACTINIDE_OK);
  return result;
}

/// Numbers of all sizes, whose sum depends on the order.
std::vector<float> numbers(std::size_t n) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = std::ldexp(std::sin(static_cast<float>(i)), static_cast<int>(i % 61) - 30);
  return x;
}

class Blocks : public testing::TestWithParam<std::size_t> {
 protected:
  void TearDown() override { actinide_set_threads(0); }
};

TEST_P(Blocks, GiveTheSameBitsForAnyNumberOfThreads) {
  std::vector<float> x = numbers(GetParam());
  actinide_kernel kernel = sum_kernel();
  actinide_set_threads(1);
  const Sum alone = sum_of(kernel, x);
  EXPECT_EQ(alone.count, static_cast<double>(x.size()));
  for (const unsigned threads : {2U, 3U, 8U, 1024U}) {
    actinide_set_threads(threads);
    EXPECT_EQ(sum_of(kernel, x), alone) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Runtime, Blocks,
                         testing::Values(0, 1, 4095, 4096, 4097, 8192, 100'003, 128 * 4096 - 1, 128 * 4096,
                                         128 * 4096 + 1, 1'000'003, 256 * 4096),
                         [](const auto &info) { return "n" + std::to_string(info.param); });

TEST(BlocksOfSeveralCallers, ShareThePool) {
  actinide_set_threads(4);
  std::vector<float> x = numbers(200'000);
  actinide_kernel kernel = sum_kernel();
  std::vector<Sum> sums(8);
  std::vector<std::thread> callers;
  for (Sum &sum : sums) callers.emplace_back([&] { sum = sum_of(kernel, x); });
  for (std::thread &caller : callers) caller.join();
  for (const Sum &sum : sums) EXPECT_EQ(sum, sums[0]);
  actinide_set_threads(0);
}

TEST(BlocksOfRows, AreRefused) {
  std::vector<float> x = numbers(8);
  Sum result;
  actinide_kernel kernel = sum_kernel();
  void *buffers[] = {x.data(), &result.sum, &result.count};
  for (const actinide_shape &shape : {actinide_shape{2, 1, 4}, actinide_shape{1, 2, 4}})
    EXPECT_EQ(actinide_shaped_kernel_run(&kernel, buffers, &shape, nullptr, nullptr), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(result, Sum());
}

}  // namespace
