// Threads change speed only: the same bits with any number of them, by the pool or by a replacement, after fork, at
// exit.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

namespace {

constexpr std::size_t n = 100'003;

std::vector<float> random_input() {
  std::mt19937 generator(20240611);
  std::uniform_real_distribution<float> distribution(-100, 100);
  std::vector<float> x(n);
  for (float &value : x) value = distribution(generator);
  return x;
}

std::vector<float> run_affine(const std::vector<float> &x) {
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  std::vector<float> y(x.size() + 2, -1);  // canaries at both ends
  const double parameter = 0.25;
  void *buffers[] = {const_cast<float *>(x.data()), y.data() + 1};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, x.size(), &parameter), ACTINIDE_OK);
  EXPECT_EQ(y.front(), -1);
  EXPECT_EQ(y.back(), -1);
  return {y.begin() + 1, y.end() - 1};
}

std::vector<float> expected_of(const std::vector<float> &x) {
  std::vector<float> y;
  for (const float value : x) y.push_back(3 * value + 0.25f);
  return y;
}

class Threads : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override { ASSERT_EQ(actinide_set_threads(GetParam()), ACTINIDE_OK); }
  void TearDown() override { actinide_set_threads(0); }
};

TEST_P(Threads, GiveTheSameBits) {
  const std::vector<float> x = random_input();
  for (int repetition = 0; repetition < 200; ++repetition) ASSERT_EQ(run_affine(x), expected_of(x)) << repetition;
}

TEST_P(Threads, ComputeInPlace) {
  const std::vector<float> x = random_input();
  std::vector<float> y = x;
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  const double parameter = 0.25;
  void *buffers[] = {y.data(), y.data()};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, n, &parameter), ACTINIDE_OK);
  EXPECT_EQ(y, expected_of(x));
}

INSTANTIATE_TEST_SUITE_P(Runtime, Threads, testing::Values(1, 2, 3, 8, 64), testing::PrintToStringParamName());

TEST(ThreadCount, FollowsTheSetting) {
  EXPECT_EQ(actinide_set_threads(5), ACTINIDE_OK);
  EXPECT_EQ(actinide_threads(), 5u);
  EXPECT_EQ(actinide_set_threads(1024), ACTINIDE_OK);
  EXPECT_EQ(actinide_set_threads(1025), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(actinide_set_threads(UINT32_MAX), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(actinide_threads(), 1024u) << "a refused setting changes nothing";
  EXPECT_EQ(actinide_set_threads(0), ACTINIDE_OK);
  EXPECT_GE(actinide_threads(), 1u);
}

class ThreadsOfEnvironment : public testing::TestWithParam<const char *> {};

// The variable is read once in a process, so each value gets its own.
TEST_P(ThreadsOfEnvironment, AreTakenIfTheyAreANumber) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string text = GetParam();
  setenv("ACTINIDE_THREADS", text.c_str(), 1);
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  const bool valid = text == "1" || text == "3" || text == "1024";
  const unsigned expected = valid ? static_cast<unsigned>(std::stoul(text)) : static_cast<unsigned>(CPU_COUNT(&set));
  EXPECT_EXIT(std::_Exit(actinide_threads() == expected ? 0 : 1), testing::ExitedWithCode(0), "");
  unsetenv("ACTINIDE_THREADS");
}

INSTANTIATE_TEST_SUITE_P(Runtime, ThreadsOfEnvironment,
                         testing::Values("1", "3", "1024", "0", "-1", "1025", "", " 2", "2x", "many",
                                         "99999999999999999999999"));

// --- a replacement of the pool

struct Replacement {
  std::atomic<int> calls = 0, tasks = 0;
  bool backwards = false;
};

void run_on_new_threads(actinide_task task, void *context, size_t count, void *user) {
  auto &self = *static_cast<Replacement *>(user);
  ++self.calls;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < count; ++i) {
    const size_t index = self.backwards ? count - 1 - i : i;
    threads.emplace_back([&self, task, context, index] {
      task(context, index);
      ++self.tasks;
    });
  }
  for (std::thread &thread : threads) thread.join();
}

TEST(ParallelFor, IsReplacedAndRestored) {
  actinide_set_threads(3);
  const std::vector<float> x = random_input();
  Replacement replacement;
  actinide_set_parallel_for(run_on_new_threads, &replacement);
  EXPECT_EQ(run_affine(x), expected_of(x));
  EXPECT_EQ(replacement.calls, 1);
  EXPECT_GT(replacement.tasks, 1);
  replacement.backwards = true;
  EXPECT_EQ(run_affine(x), expected_of(x));
  EXPECT_EQ(replacement.calls, 2);
  actinide_set_parallel_for(nullptr, nullptr);
  EXPECT_EQ(run_affine(x), expected_of(x));
  EXPECT_EQ(replacement.calls, 2) << "the pool is back";
  actinide_set_threads(0);
}

TEST(ParallelFor, MayItselfCallKernels) {
  actinide_set_threads(3);
  static const std::vector<float> x = random_input();
  static std::atomic<int> right;
  right = 0;
  actinide_set_parallel_for(
      [](actinide_task task, void *context, size_t count, void *) {
        actinide_set_parallel_for(nullptr, nullptr);  // the inner calls use the pool
        for (size_t i = 0; i < count; ++i) task(context, i);
        right += run_affine(x) == expected_of(x);
      },
      nullptr);
  EXPECT_EQ(run_affine(x), expected_of(x));
  EXPECT_EQ(right, 1);
  actinide_set_threads(0);
}

// --- fork

int status_of_child(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(Fork, ChildAndParentGoOnInParallel) {
  actinide_set_threads(4);
  const std::vector<float> x = random_input(), expected = expected_of(x);
  ASSERT_EQ(run_affine(x), expected) << "starts the pool";
  for (int generation = 0; generation < 5; ++generation) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);  // a child that waits for threads it doesn't have is a failure, not a hang
      for (int i = 0; i < 10; ++i) {
        if (run_affine(x) != expected) _exit(1);
      }
      std::exit(0);  // stops the child's own pool
    }
    EXPECT_EQ(run_affine(x), expected);
    EXPECT_EQ(status_of_child(child), 0);
  }
  actinide_set_threads(0);
}

TEST(Fork, WorksWhileOtherThreadsRunKernels) {
  actinide_set_threads(4);
  const std::vector<float> x = random_input(), expected = expected_of(x);
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) EXPECT_EQ(run_affine(x), expected);
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);
      _exit(run_affine(x) == expected ? 0 : 1);
    }
    EXPECT_EQ(status_of_child(child), 0) << "fork " << i;
  }
  stop = true;
  other.join();
  actinide_set_threads(0);
}

}  // namespace
