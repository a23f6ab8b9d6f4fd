// A program whose kernels are on disk loads no compiler. This program links the host's side alone.
#include "actinide/jit.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace actinide {
namespace {

// What of the compiler this process has loaded.
std::string loaded() {
  std::string found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    for (const char *library : {"libLLVM", "libHalide", "libactinide_compiler"})
      if (line.find(library) != std::string::npos && found.find(library) == std::string::npos)
        found.append(library).append(" ");
  return found;
}

float value_at(const Compiler &compiler, const char *definition, float x) {
  compiler.elementwise<float>(definition)(&x, &x, 1);
  return x;
}

TEST(WithoutCompiler, KernelsOnDiskNeedNeitherHalideNorLlvm) {
  const ScratchDirectory scratch;
  const CompilerOptions options{.cache_directory = (scratch.path() / "cache").string()};
  const pid_t child = fork();
  if (child == 0) _exit(value_at(Compiler(options), "f(x) = x * tanh(x) + 1", 0) == 1 ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0) << "the process that compiled";

  const Compiler compiler(options);
  EXPECT_EQ(value_at(compiler, "f(x) = x * tanh(x) + 1", 0), 1);
  EXPECT_EQ(loaded(), "");
  EXPECT_EQ(value_at(compiler, "g(x) = x + 3", 1), 4);
  EXPECT_NE(loaded().find("libLLVM"), std::string::npos) << "now something had to be compiled";
}

}  // namespace
}  // namespace actinide
