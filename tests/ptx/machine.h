// Runs kernels, one thread after the other as far as they can go alone, and warp after warp: Memory refuses what
// depends on the order.
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

constexpr std::uint32_t warp_threads = 32;

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

  /// Throws Error, naming line and thread, where Memory does, if a thread doesn't end, and if threads of a warp wait
  /// for each other at different steps.
  void run_all();
  /// In an order of `seed`'s choice.
  void run_shuffled(std::uint64_t seed);

 private:
  /// A thread that is under way.
  struct Thread {
    std::uint32_t number = 0;
    std::vector<std::uint64_t> slots;
    const Step *step = nullptr;  ///< the next; null at the end
    int branches = 0;
  };

  void start(Thread &thread, std::uint32_t number) const;
  void run_warps(std::span<const std::uint32_t> threads);
  void run_warp(std::span<Thread> warp);
  void run(Thread &thread);
  void run_on(Thread &thread);
  void join(std::span<Thread> warp);

  const Kernel &kernel_;
  Grid grid_;
  Memory &memory_;
  std::vector<std::uint64_t> slots_;  ///< of every thread at its start, but for its special registers
};

}  // namespace actinide::ptx
