// Threads that compile, look up and call at random.
#pragma once

#include "actinide/jit.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace actinide {

/// `threads` threads ask `rounds` times each for one of `definitions` definitions or for a wrong one, by compilers of
/// their own or a common one, at once or in the background, and give each kernel to `check` with the number that its
/// definition adds.
template <typename Check>
void soak(const CompilerOptions &options, unsigned threads, int rounds, unsigned definitions, const Check &check) {
  const Compiler common(options);
  std::vector<std::jthread> running;
  for (unsigned thread = 0; thread < threads; ++thread)
    running.emplace_back([&, thread] {
      std::mt19937 random(thread);
      for (int round = 0; round < rounds; ++round) {
        const Compiler compiler = random() % 4 ? common : Compiler(options);
        const unsigned number = static_cast<unsigned>(random()) % definitions;
        const std::string text = "soak(x) = x + " + std::to_string(number);
        switch (random() % 8) {
          case 0:
            EXPECT_FALSE(compiler.try_kernel("soak(x) = ", Pass::forward, DType::f32));
            break;
          case 1:
            check(compiler.kernel_async(text, Pass::forward, DType::f32).get(), number);
            break;
          case 2:
            if (const auto found = compiler.find(text, Pass::forward, DType::f32)) check(*found, number);
            break;
          default:
            check(compiler.kernel(text, Pass::forward, DType::f32), number);
        }
      }
    });
}

}  // namespace actinide
