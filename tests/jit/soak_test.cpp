// The host's side under ThreadSanitizer: its caches, its memory, its files. In the place of the compiler, which isn't
// instrumented, stands one that makes kernels of a single instruction.
#include "error.h"
#include "jit/compile_service.h"
#include "jit/package.h"
#include "tests/jit/soak.h"
#include "tests/scratch_directory.h"

#include <atomic>
#include <map>

namespace actinide {
namespace {

std::atomic<int> compiled = 0;

// The kernel's function does nothing but return.
std::string return_instruction() {
#if defined(__x86_64__)
  return "\xc3";
#elif defined(__aarch64__)
  return "\xc0\x03\x5f\xd6";
#endif
}

class Quick final : public jit::CompileService {
  std::string identity(const jit::PackageRequest &request) const override {
    if (request.activation.ends_with("= ")) user_error("nothing to compute");
    return std::string(request.activation);
  }
  std::string package(const jit::PackageRequest &request) const override {
    ++compiled;
    std::this_thread::yield();
    KernelInfo info;
    info.name = request.activation;
    info.target = request.target;
    info.inputs = {"x"};
    info.outputs = {"y"};
    info.layouts.resize(2);
    return to_bytes(jit::KernelPackage{identity(request), info, 1, 0, 0, {return_instruction(), {0}}});
  }
};

TEST(Soak, TheHostsSide) {
  constexpr unsigned definitions = 60;
  const ScratchDirectory scratch;
  const CompilerOptions options{.cache_directory = (scratch.path() / "cache").string(), .cache_bytes = 20'000};
  std::atomic<int> calls = 0;
  soak(options, 8, 200, definitions, [&](const Kernel &kernel, unsigned number) {
    float x[] = {1}, y[] = {2};
    void *buffers[] = {x, y};
    EXPECT_EQ(kernel.run(buffers, 1), ACTINIDE_OK);
    EXPECT_EQ(kernel.info().name, "soak(x) = x + " + std::to_string(number));
    ++calls;
  });
  EXPECT_GT(calls, 1000);
  EXPECT_LE(compiled, static_cast<int>(definitions)) << "each at most once";
}

}  // namespace

const jit::CompileService &jit::compile_service() {
  static const Quick quick;
  return quick;
}

}  // namespace actinide
