#include "tests/ptx/machine.h"

#include "tests/ptx/error.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace actinide::ptx {
namespace {

/// More than any kernel takes for the buffers of a test.
constexpr int most_branches = 1 << 24;

}  // namespace

Launch::Launch(const Kernel &kernel, const Grid &grid, const std::vector<Argument> &arguments, Memory &memory)
    : kernel_(kernel), grid_(grid), memory_(memory), slots_(kernel.first_constant()) {
  if (arguments.size() != kernel.parameters.size())
    fail("{} takes {} arguments, not {}", kernel.name, kernel.parameters.size(), arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].type != kernel.parameters[i])
      fail("parameter {} of {} is a .{}", i, kernel.name, to_string(kernel.parameters[i]));
    slots_[kernel.first_parameter() + i] = arguments[i].bits;
  }
  slots_.insert(slots_.end(), kernel.constants.begin(), kernel.constants.end());
}

void Launch::start(Thread &thread, std::uint32_t number) const {
  thread.number = number;
  const std::uint32_t special[] = {number % grid_.block_threads, grid_.block_threads, number / grid_.block_threads,
                                   grid_.blocks};
  std::copy(std::begin(special), std::end(special), thread.slots.begin() + std::ptrdiff_t(kernel_.first_special()));
  thread.step = kernel_.steps.data();
  thread.branches = 0;
}

void Launch::run_all() {
  std::vector<std::uint32_t> threads(grid_.threads());
  std::iota(threads.begin(), threads.end(), 0);
  run_warps(threads);
}

void Launch::run_shuffled(std::uint64_t seed) {
  std::vector<std::uint32_t> threads(grid_.threads());
  std::iota(threads.begin(), threads.end(), 0);
  std::mt19937_64 random(seed);
  if (!kernel_.joins_threads) {
    std::shuffle(threads.begin(), threads.end(), random);
    return run_warps(threads);
  }
  std::vector<std::uint32_t> warps((threads.size() + warp_threads - 1) / warp_threads), shuffled;
  std::iota(warps.begin(), warps.end(), 0);
  std::shuffle(warps.begin(), warps.end(), random);
  for (std::uint32_t warp : warps) {
    const std::size_t first = warp * warp_threads, end = std::min<std::size_t>(first + warp_threads, threads.size());
    std::shuffle(threads.begin() + long(first), threads.begin() + long(end), random);
    shuffled.insert(shuffled.end(), threads.begin() + long(first), threads.begin() + long(end));
  }
  run_warps(shuffled);
}

/// Those of a warp follow each other, unless the kernel joins none.
void Launch::run_warps(std::span<const std::uint32_t> threads) {
  if (kernel_.joins_threads && grid_.block_threads % warp_threads != 0)
    fail("{} takes whole warps, not blocks of {} threads", kernel_.name, grid_.block_threads);
  // A thread finds its registers as the last left them: the reader refuses to read one that hasn't been written.
  std::vector<Thread> warp(kernel_.joins_threads ? warp_threads : 1, Thread{.slots = slots_});
  for (std::size_t first = 0; first < threads.size(); first += warp.size()) {
    for (std::size_t i = 0; i < warp.size(); ++i) start(warp[i], threads[first + i]);
    run_warp(warp);
  }
}

void Launch::run_warp(std::span<Thread> warp) {
  for (;;) {
    for (Thread &thread : warp)
      if (thread.step) run(thread);
    if (std::ranges::none_of(warp, [](const Thread &thread) { return thread.step != nullptr; })) return;
    join(warp);
  }
}

/// All of them wait at one step.
void Launch::join(std::span<Thread> warp) {
  const Step *step = warp[0].step;
  for (const Thread &thread : warp)
    if (thread.step != step || !step)
      fail("threads {} and {} of a warp wait for each other at different steps", warp[0].number, thread.number);
  if (step->kind == Kind::synchronize) {
    memory_.synchronize(warp[0].number / warp_threads);
  } else {
    std::uint64_t given[warp_threads];
    for (const Thread &thread : warp) given[thread.number % warp_threads] = thread.slots[step->operands[1]];
    for (Thread &thread : warp) thread.slots[step->operands[0]] = given[thread.slots[step->operands[2]] % warp_threads];
  }
  for (Thread &thread : warp) ++thread.step;
}

void Launch::run(Thread &thread) {
  try {
    run_on(thread);
  } catch (const Error &error) {
    fail("{}: thread {}: {}", location(kernel_.lines, thread.step->line), thread.number, error.what());
  }
}

/// To its end, or to a step that needs the whole warp.
void Launch::run_on(Thread &thread) {
  std::uint64_t *slots = thread.slots.data();
  std::uint64_t elements[4];
  for (;; ++thread.step) {
    const Step &step = *thread.step;
    switch (step.kind) {
      case Kind::compute:
        step.compute(slots, step.operands.data());
        break;
      case Kind::load:
        memory_.load(thread.number, slots[step.slot] + static_cast<std::uint64_t>(step.offset), step.bytes,
                     {elements, step.count});
        for (std::size_t i = 0; i < step.count; ++i) slots[step.operands[i]] = elements[i];
        break;
      case Kind::store:
        for (std::size_t i = 0; i < step.count; ++i) elements[i] = slots[step.operands[i]];
        memory_.store(thread.number, slots[step.slot] + static_cast<std::uint64_t>(step.offset), step.bytes,
                      {elements, step.count});
        break;
      case Kind::branch:
        if (++thread.branches > most_branches) fail("the thread doesn't end");
        if ((slots[step.slot] != 0) == step.taken_if) thread.step = kernel_.steps.data() + step.target - 1;
        break;
      case Kind::shuffle:
      case Kind::synchronize:
        return;
      case Kind::ret:
        thread.step = nullptr;
        return;
    }
  }
}

}  // namespace actinide::ptx
