// A process that exits while it compiles, or compiles while it exits.
#include "actinide/jit.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace actinide {
namespace {

float compiled(const std::string &name) {
  const Compiler compiler({.disk_cache = false});
  float x = 2;
  compiler.elementwise<float>(name + "(x; a = 1) = x * tanh(a * x) + x")(&x, &x, 1);
  return x;
}

/// The status of a child that runs this.
template <typename Run>
int status_of(const Run &run) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    run();
    std::exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(Exit, WaitsForWhatOtherThreadsCompile) {
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(status_of([&] {
                compiled("first");
                for (int thread = 0; thread < 3; ++thread)
                  std::thread([thread] {
                    for (int k = 0;; ++k) compiled("f" + std::to_string(thread) + "_" + std::to_string(k));
                  }).detach();
                std::this_thread::sleep_for(std::chrono::milliseconds(15 * i));
              }),
              0)
        << "run " << i;
}

// Destructors that run late, after the compiler's own.
TEST(Exit, RefusesToCompile) {
  const auto late = [] {
    std::string_view message = "compiled";
    std::string text;
    try {
      compiled("late");
    } catch (const UserError &error) {
      message = text = error.what();
    }
    if (message != "the process is exiting: nothing is compiled any more") _exit(1);
  };
  EXPECT_EQ(status_of([&] {
              std::atexit(late);
              compiled("early");
            }),
            0);
}

}  // namespace
}  // namespace actinide
