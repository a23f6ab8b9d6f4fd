// The compiler as a library of its own, opened when the first kernel must be compiled: a program that finds all of its
// kernels on disk loads neither it nor Halide nor LLVM.
#include "jit/compile_service.h"

#include "error.h"
#include "jit/build_identity.h"

#include <dlfcn.h>

namespace actinide::jit {
namespace {

const CompileService &open_service() {
  void *library = dlopen(ACTINIDE_COMPILER_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library)
    user_error(
        "the kernel isn't on disk, and the compiler can't be loaded: {}; install it where the program looks for "
        "libraries, or name its folder in LD_LIBRARY_PATH",
        dlerror());
  const auto entry = reinterpret_cast<decltype(&actinide_compile_service)>(dlsym(library, "actinide_compile_service"));
  const CompileService *service = entry ? entry(build_identity()) : nullptr;
  if (!service) user_error("{} is of another build than this program; build both together", ACTINIDE_COMPILER_LIBRARY);
  return *service;
}

}  // namespace

const CompileService &compile_service() {
  static const CompileService &service = open_service();  // if it throws, the next call tries again
  return service;
}

}  // namespace actinide::jit
