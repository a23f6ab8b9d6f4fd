// A kernel's code doesn't depend on the floating-point environment of the thread that asks for it.
#include "actinide/jit.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cfenv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace actinide {
namespace {

void flush_subnormal_numbers() {
#if defined(__SSE__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#elif defined(__aarch64__)
  std::uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("msr fpcr, %0" : : "r"(control | std::uint64_t{1} << 24));
#endif
}

/// Told by what it computes, so that every machine's register is seen.
bool flushes() {
  volatile float least = 0x1p-149F;
  return least * 1 == 0;
}

struct Environment {
  const char *name;
  void (*enter)();
};

class FloatingPoint : public testing::TestWithParam<Environment> {};

/// What the disk cache holds when `enter` and then all of these have been compiled, in a process of its own: what is
/// computed once for a process is computed there.
std::map<std::string, std::string> compiled_after(const std::filesystem::path &directory, void (*enter)()) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // what once didn't end
    enter();
    const bool flushed = flushes();
    const int rounding = std::fegetround();
    const Compiler compiler({.cache_directory = directory});
    for (const char *activation : {"softplus", "celu", "sigmoid", "mish", "mine(x) = x*exp(-x/3) + 0.1"})
      for (const Pass pass : {Pass::forward, Pass::backward})
        for (const Tier tier : {Tier::standard, Tier::faithful})
          if (!compiler.try_kernel(activation, pass, DType::f32, {.tier = tier})) _exit(1);
    _exit(flushes() == flushed && std::fegetround() == rounding ? 0 : 2);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1: a kernel was refused; 2: the caller's environment isn't back";
  std::map<std::string, std::string> entries;
  for (const auto &entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    entries[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return entries;
}

TEST_P(FloatingPoint, OfTheCallerChangesNoKernel) {
  const ScratchDirectory plain, other;
  const auto expected = compiled_after(plain.path(), [] {});
  EXPECT_EQ(expected.size(), 20U);
  EXPECT_TRUE(compiled_after(other.path(), GetParam().enter) == expected);
}

INSTANTIATE_TEST_SUITE_P(Jit, FloatingPoint,
                         testing::Values(Environment{"flushing", flush_subnormal_numbers},
                                         Environment{"upward", [] { std::fesetround(FE_UPWARD); }}),
                         [](const auto &test) { return test.param.name; });

}  // namespace
}  // namespace actinide
