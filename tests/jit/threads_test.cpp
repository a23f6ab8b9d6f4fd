// Many threads at once: each kernel is compiled once, and all get the right values.
#include "actinide/jit.h"
#include "jit/once_cache.h"
#include "tests/jit/soak.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace actinide {
namespace {

constexpr int kThreads = 8;

// Runs `body(thread)` in all threads, started together.
void in_threads(const std::function<void(int)> &body) {
  std::barrier start(kThreads);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      start.arrive_and_wait();
      body(thread);
    });
}

TEST(OnceCache, MakesEachValueOnce) {
  jit::OnceCache<int> cache;
  std::atomic<int> made = 0;
  in_threads([&](int) {
    for (int key = 0; key < 20; ++key) {
      const int value = cache.get(std::to_string(key), [&] {
        ++made;
        std::this_thread::yield();
        return 10 * key;
      });
      EXPECT_EQ(value, 10 * key);
    }
  });
  EXPECT_EQ(made, 20);
}

TEST(OnceCache, FindsEachAmongThousandsWhileTheyAreMade) {
  jit::OnceCache<std::string> cache;
  EXPECT_EQ(cache.find("0"), nullptr);
  constexpr int count = 5000;
  in_threads([&](int thread) {
    for (int i = 0; i < count; ++i) {
      const std::string key = std::to_string((i + thread * count / kThreads) % count);
      const std::string &made = cache.get(key, [&] { return "value of " + key; });
      EXPECT_EQ(made, "value of " + key);
      EXPECT_EQ(cache.find(key), &made) << "a value has moved";
    }
  });
  for (int i = 0; i < count; ++i) ASSERT_NE(cache.find(std::to_string(i)), nullptr) << i;
  EXPECT_EQ(cache.find(std::to_string(count)), nullptr);
}

TEST(OnceCache, AFailureIsEachCallersOwn) {
  jit::OnceCache<int> cache;
  std::atomic<int> failures = 0;
  in_threads([&](int) {
    try {
      cache.get("key", []() -> int {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        throw std::runtime_error("no");
      });
    } catch (const std::runtime_error &) {
      ++failures;
    }
  });
  EXPECT_EQ(failures, kThreads);
  EXPECT_EQ(cache.get("key", [] { return 5; }), 5);
}

TEST(Compiler, OneKernelForAllThreadsAndCompilers) {
  std::vector<const KernelInfo *> infos(kThreads);
  in_threads(
      [&](int thread) { infos[static_cast<std::size_t>(thread)] = &Compiler().elementwise<float>("mish").info(); });
  for (const KernelInfo *info : infos) EXPECT_EQ(info, infos[0]) << "the same kernel was compiled twice";
}

TEST(Compiler, TheSameRequestInOtherWordsIsTheSameKernel) {
  const Compiler compiler;
  const auto address = [&](const char *text, const KernelOptions &options = {}) {
    return &compiler.elementwise<float>(text, Pass::derivative, options).info();
  };
  EXPECT_EQ(address("sigmoid"), address("logistic"));
  EXPECT_EQ(address("leaky_relu(slope=0.5)"), address("leaky_relu( slope = 5e-1 )"));
  EXPECT_EQ(address("f(x) = x * sin(x)"), address("f(x)=x*sin( x )"));
  EXPECT_NE(address("leaky_relu(slope=0.5)"), address("leaky_relu(slope=0.25)"));
  EXPECT_NE(address("relu(gradient_at_zero=0)"), address("relu(gradient_at_zero=1)"));
  EXPECT_NE(address("silu"), address("silu", {.tier = Tier::faithful}));
  EXPECT_NE(address("f(x) = x * sin(x)"), address("f(x) = x * cos(x)"));
}

TEST(Compiler, DifferentKernelsAtTheSameTime) {
  in_threads([](int thread) {
    const std::string text = "f" + std::to_string(thread) + "(x) = " + std::to_string(thread) + " + x * x";
    const auto kernel = Compiler().elementwise<double>(text);
    const std::vector<double> x = {-2, 0.5, 3};
    std::vector<double> y(3);
    for (int repeat = 0; repeat < 100; ++repeat) {
      kernel(x, y);
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], thread + x[i] * x[i]);
    }
  });
}

TEST(Compiler, LosesNothingInASoak) {
  std::atomic<int> calls = 0;
  soak({.disk_cache = false}, kThreads, 200, 40, [&](const Kernel &kernel, unsigned number) {
    float x[] = {1, -2}, y[2];
    void *buffers[] = {x, y};
    EXPECT_EQ(kernel.run(buffers, 2), ACTINIDE_OK);
    EXPECT_EQ(y[0], 1 + static_cast<float>(number));
    EXPECT_EQ(y[1], -2 + static_cast<float>(number));
    ++calls;
  });
  EXPECT_GT(calls, 1000);
}

TEST(Kernel, OneKernelInManyThreads) {
  const auto kernel = Compiler().elementwise<float>("softplus");
  std::vector<float> x(100'003), expected(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) / 1000 - 50;
  kernel(x, expected);
  in_threads([&](int) {
    std::vector<float> y(x.size());
    kernel(x, y);
    EXPECT_EQ(y, expected);
  });
}

}  // namespace
}  // namespace actinide
