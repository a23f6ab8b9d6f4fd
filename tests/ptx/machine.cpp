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

void Launch::run_thread(std::uint32_t thread) {
  try {
    run(thread);
  } catch (const Error &error) {
    fail("{}: thread {}: {}", location(kernel_.lines, step_->line), thread, error.what());
  }
}

void Launch::run_all() {
  for (std::uint32_t thread = 0; thread < grid_.threads(); ++thread) run_thread(thread);
}

void Launch::run_shuffled(std::uint64_t seed) {
  std::vector<std::uint32_t> threads(grid_.threads());
  std::iota(threads.begin(), threads.end(), 0);
  std::shuffle(threads.begin(), threads.end(), std::mt19937_64(seed));
  for (std::uint32_t thread : threads) run_thread(thread);
}

void Launch::run(std::uint32_t thread) {
  std::uint64_t *slots = slots_.data();
  const std::uint32_t special[] = {thread % grid_.block_threads, grid_.block_threads, thread / grid_.block_threads,
                                   grid_.blocks};
  std::copy(std::begin(special), std::end(special), slots + kernel_.first_special());
  std::uint64_t elements[4];
  int branches = 0;
  for (step_ = kernel_.steps.data();; ++step_) {
    const Step &step = *step_;
    switch (step.kind) {
      case Kind::compute:
        step.compute(slots, step.operands.data());
        break;
      case Kind::load:
        memory_.load(thread, slots[step.slot] + static_cast<std::uint64_t>(step.offset), step.bytes,
                     {elements, step.count});
        for (std::size_t i = 0; i < step.count; ++i) slots[step.operands[i]] = elements[i];
        break;
      case Kind::store:
        for (std::size_t i = 0; i < step.count; ++i) elements[i] = slots[step.operands[i]];
        memory_.store(thread, slots[step.slot] + static_cast<std::uint64_t>(step.offset), step.bytes,
                      {elements, step.count});
        break;
      case Kind::branch:
        if (++branches > most_branches) fail("the thread doesn't end");
        if ((slots[step.slot] != 0) == step.taken_if) step_ = kernel_.steps.data() + step.target - 1;
        break;
      case Kind::ret:
        return;
    }
  }
}

}  // namespace actinide::ptx
