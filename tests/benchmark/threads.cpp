// f32 `standard` on one thread and on two. Time is what a clock on the wall shows.
#include "actinide/jit.h"
#include "bench/contenders.h"
#include "measure/copies.h"
#include "tests/benchmark/sweep.h"

#include <algorithm>
#include <thread>

namespace actinide::speed {
namespace {

// What each thread does before it is waited for: starting one takes some 0.05 ms.
constexpr double kAlone = 0.004;

using Buffers = std::vector<void *>;

void on_two_threads(const std::function<void()> &one, const std::function<void()> &other) {
  std::thread thread(other);
  one();
  thread.join();
}

// Each thread calls the kernel for tensors of its own, of kSmall elements, again and again.
std::vector<Contender> callers(const Kernel &kernel, const Buffers &mine, const Buffers &others, double seconds) {
  const auto calls = static_cast<int>(std::max(1.0, kAlone / seconds));
  const auto repeated = [calls, &kernel](const Buffers &buffers) {
    return [calls, run = bench::kernel_contender(kernel, buffers, {1, 1, kSmall}).run] {
      for (int call = 0; call < calls; ++call) run();
    };
  };
  const std::function<void()> one = repeated(mine), other = repeated(others);
  return {{kOneThread,
           [one] {
             one();
             one();
           }},
          {kTwoThreads, [one, other] { on_two_threads(one, other); }}};
}

// One call whose elements the runtime's threads share.
std::vector<Contender> shared(const Kernel &kernel, const Buffers &buffers, std::size_t n) {
  const auto with = [run = bench::kernel_contender(kernel, buffers, {1, 1, n}).run](unsigned threads) {
    return [run, threads] {
      actinide_set_threads(threads);
      run();
    };
  };
  return {{kOneThread, with(1)}, {kTwoThreads, with(2)}};
}

// What two threads that only copy reach.
Contender two_copies(const KernelInfo &info, const Buffers &buffers, std::size_t n) {
  const Copy copy = copy_of(info.inputs.size(), info.outputs.size(), true);
  const std::size_t half = n / 2 * size_of(DType::f32);
  Buffers rest = buffers;
  for (void *&buffer : rest) buffer = static_cast<char *>(buffer) + half;
  return {kTwoCopies, [=] { on_two_threads([&] { copy(buffers.data(), half); }, [&] { copy(rest.data(), half); }); }};
}

// Three inputs, two outputs: as many as any kernel has.
std::vector<TensorPlan> plans(std::size_t n) {
  std::vector<TensorPlan> list(3, {DType::f32, n, Distribution::normal});
  list.resize(5, {DType::f32, n, Distribution::zero});
  return list;
}

Buffers of_kernel(const KernelInfo &info, const Tensors &tensors) {
  const auto first = tensors.buffers().begin();
  Buffers buffers(first, first + static_cast<std::ptrdiff_t>(info.inputs.size()));
  buffers.insert(buffers.end(), tensors.buffers().end() - static_cast<std::ptrdiff_t>(info.outputs.size()),
                 tensors.buffers().end());
  return buffers;
}

}  // namespace

std::vector<Cell> measure_threads(const SweepOptions &options, const Sweep &alone) {
  if (std::thread::hardware_concurrency() < 2) return {};
  const Compiler compiler({.target = options.target});
  const Tensors mine(plans(kLarge)), others(plans(kSmall));
  std::vector<Cell> cells;
  for (const Activation *row : options.rows)
    for (const Pass pass : kPasses) {
      const std::string activation(row->name);
      const Kernel kernel = compiler.kernel(activation, pass, DType::f32);
      const KernelInfo &info = kernel.info();
      const Buffers buffers = of_kernel(info, mine);
      const double seconds = alone.find(activation, pass, kSmall)->timing(name_of(kStandard)).median();
      const auto add = [&](std::size_t n, const std::vector<Contender> &contenders) {
        const int rounds = (options.rounds + 2) / 3;
        cells.push_back(
            {.activation = activation,
             .pass = pass,
             .n = n,
             .elements = n,
             .inputs = info.inputs.size(),
             .outputs = info.outputs.size(),
             .timings = take_turns(contenders, {.seconds = 0.001, .rounds = rounds, .clock = Clock::wall})});
      };
      add(kSmall, callers(kernel, buffers, of_kernel(info, others), seconds));
      add(kShared, shared(kernel, buffers, kShared));
      std::vector<Contender> contenders = shared(kernel, buffers, kLarge);
      contenders.push_back(two_copies(info, buffers, kLarge));
      add(kLarge, contenders);
    }
  actinide_set_threads(1);
  return cells;
}

}  // namespace actinide::speed
