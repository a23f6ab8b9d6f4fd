// Runs kernels, one thread after the other: the kernels have no barriers, and Memory refuses what depends on the order.
#pragma once

#include "tests/ptx/kernel.h"
#include "tests/ptx/memory.h"

#include <cstdint>
#include <span>
#include <vector>

namespace actinide::ptx {

struct Grid {
  std::uint32_t blocks = 1;
  std::uint32_t block_threads = 1;

  std::uint32_t threads() const { return blocks * block_threads; }
};

/// An argument of a kernel: its bits, and the type that its parameter must have.
struct Argument {
  Type type;
  std::uint64_t bits;
};
template <typename T>
Argument argument(T value) {
  return {type_of<T>(), to_slot(value)};
}

/// A kernel with its arguments on a grid, ready to run its threads. All of it must outlive the launch.
class Launch {
 public:
  /// Throws Error if the arguments don't fit the kernel.
  Launch(const Kernel &kernel, const Grid &grid, const std::vector<Argument> &arguments, Memory &memory);

  /// Runs thread `thread` % block_threads of block `thread` / block_threads. Throws Error, naming line and thread,
  /// where Memory does, and if the thread doesn't end.
  void run_thread(std::uint32_t thread);
  void run_all();
  /// In an order of `seed`'s choice.
  void run_shuffled(std::uint64_t seed);

 private:
  void run(std::uint32_t thread);

  const Kernel &kernel_;
  Grid grid_;
  Memory &memory_;
  std::vector<std::uint64_t> slots_;
  const Step *step_ = nullptr;  ///< that runs
};

}  // namespace actinide::ptx
