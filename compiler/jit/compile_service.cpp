// The compiler as a library of its own, opened when the first kernel must be compiled: a program that finds all of its
// kernels on disk loads neither it nor Halide nor LLVM.
#include "jit/compile_service.h"

#include "error.h"
#include "jit/build_identity.h"

#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

namespace actinide::jit {
namespace {

const CompileService &open_library() {
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

/// The compiler while the process lives. Its libraries' objects are destroyed at exit, whatever other threads do: so
/// the exit waits for what is being compiled, and nothing is begun after it. Never destroyed.
class UntilExit final : public CompileService {
 public:
  static UntilExit &instance() {
    static auto *const opened = new UntilExit(open_library());  // if that throws, the next call tries again
    return *opened;
  }

  std::string identity(const PackageRequest &request) const override {
    const Turn turn(*this);
    return service_.identity(request);
  }
  std::string package(const PackageRequest &request) const override {
    const Turn turn(*this);
    std::string bytes = service_.package(request);
    // What is destroyed first is what was made last, and any compile may have made something, the first one most of it.
    std::atexit([] { instance().end(); });
    return bytes;
  }

 private:
  explicit UntilExit(const CompileService &service) : service_(service) {}

  void end() {
    if (getpid() != process_) return;  // a child of fork hasn't the threads that were compiling
    std::unique_lock lock(mutex_);
    if (ending_) return;
    ending_ = std::this_thread::get_id();
    // Not for ever: a signal's handler may have called exit in the middle of a compile.
    idle_.wait_for(lock, std::chrono::seconds(5), [this] { return busy_ == 0; });
  }

  class Turn {
   public:
    explicit Turn(const UntilExit &all) : all_(all) {
      std::unique_lock lock(all.mutex_);
      if (all.ending_) {
        lock.unlock();
        all.refuse();
      }
      ++all.busy_;
    }
    ~Turn() {
      const std::lock_guard lock(all_.mutex_);
      --all_.busy_;
      all_.idle_.notify_all();
    }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;

   private:
    const UntilExit &all_;
  };

  [[noreturn]] void refuse() const {
    // Another thread may not expect an error: in all likelihood the process ends before it gets one. If the exit waits
    // for that thread, it gets it.
    if (*ending_ != std::this_thread::get_id()) std::this_thread::sleep_for(std::chrono::seconds(1));
    user_error("the process is exiting: nothing is compiled any more");
  }

  const CompileService &service_;
  const pid_t process_ = getpid();
  mutable std::mutex mutex_;
  mutable std::condition_variable idle_;
  mutable int busy_ = 0;
  std::optional<std::thread::id> ending_;
};

}  // namespace

const CompileService &compile_service() {
  return UntilExit::instance();
}

}  // namespace actinide::jit
