// What a kernel's numerics decide beside its bits: what it costs, and how it is scheduled.
#include "cost.h"
#include "pipeline.h"
#include "schedules/database.h"

#include <algorithm>
#include <bit>

namespace actinide {
namespace {

// True if the kernel may have a function that writes past the caches: one row of elements, to be stored one by one.
bool can_stream(const NumericKernel &kernel, const Target &target) {
  const auto dense = [&](const View &view) {
    const KernelBuffer &buffer = kernel.buffers[view.buffer];
    return buffer.along == Along::element && buffer.members == 1;
  };
  return target.architecture == Architecture::x86_64 && has_one_extent(kernel.shape) &&
         std::ranges::all_of(kernel.outputs, dense);
}

// True if a statement covers a power of two of vectors: then they part the lanes of a state evenly, and LLVM can divide
// what is as long as the machine says.
bool goes_by_powers_of_two(const NumericKernel &kernel, const Target &target) {
  const auto reduces = [](const Step &step) { return step.kind == Step::Kind::reduce; };
  return target.scalable || std::ranges::any_of(kernel.steps, reduces);
}

int vector_registers(const Target &target) {
  constexpr int bytes_of_avx512 = 64;
  return target.architecture == Architecture::x86_64 && target.vector_bytes < bytes_of_avx512 ? 16 : 32;
}

std::uint64_t element_bytes(const NumericKernel &kernel) {
  std::uint64_t bytes = 0;
  for (const KernelBuffer &buffer : kernel.buffers)
    bytes += static_cast<std::uint64_t>(buffer.members) * size_of(buffer.dtype);
  return bytes;
}

// The schedule of a kernel for a CPU that nobody has tuned, an element of which takes so many nanoseconds on one core.
Schedule untuned_schedule(const KernelRequest &request, const Target &target, const Stages &stages,
                          double nanoseconds) {
  const Compute compute = first_of(stages.precision.compute);
  const bool f32 = compute == Compute::f32 || compute == Compute::f32_odd || compute == Compute::f32_pair;
  const std::size_t bytes = f32 ? 4 : 8;
  ScheduleFacts facts{.width = static_cast<int>(bytes / widest_size(request.dtypes)),
                      .numbers = compute == Compute::f64_pair ? 2 : 1,
                      .registers = vector_registers(target),
                      .can_stream = can_stream(stages.kernel, target),
                      .nanoseconds = nanoseconds,
                      .element_bytes = element_bytes(stages.kernel)};
  return default_schedule(facts);
}

Schedule untuned_cuda_schedule(const KernelRequest &request, const Stages &stages) {
  ScheduleFacts facts{.cuda = true,
                      .inputs = static_cast<int>(stages.kernel.inputs.size()),
                      .widest_bytes = static_cast<int>(widest_size(request.dtypes)),
                      .element_bytes = element_bytes(stages.kernel)};
  // Teams take turns in other shapes, and what they reduce waits for itself.
  if (has_one_extent(stages.kernel.shape))
    for (const Step &step : stages.kernel.steps) facts.cuda_slots += cuda_slots(step.program);
  return default_schedule(facts);
}

}  // namespace

KernelFacts facts_of(const KernelRequest &request, const Target &target, const Stages &stages, bool tuned) {
  KernelFacts facts;
  for (const Step &step : stages.kernel.steps)
    if (step.kind != Step::Kind::derive) facts.cost += cost_of(step.program, target);
  if (target.is_cuda()) {
    facts.schedule = with_changes(untuned_cuda_schedule(request, stages), request.schedule);
    return facts;
  }
  facts.schedule = untuned_schedule(request, target, stages, facts.cost / 1024.0);
  const TunedKernel *known = tuned ? tuned_kernel(target.name, identity_of(request)) : nullptr;
  if (known) facts.schedule = with_changes(facts.schedule, known->schedule);
  facts.schedule = with_changes(facts.schedule, request.schedule);
  facts.schedule.block_threads = 0;
  facts.schedule.multiprocessor_blocks = -1;
  if (!can_stream(stages.kernel, target)) facts.schedule.stream = 0;
  if (goes_by_powers_of_two(stages.kernel, target))
    facts.schedule.vectors = static_cast<int>(std::bit_floor(static_cast<unsigned>(facts.schedule.vectors)));
  return facts;
}

}  // namespace actinide
