#include "tests/benchmark/together.h"

#include "actinide/jit.h"
#include "bench/contenders.h"
#include "error.h"
#include "measure/tensors.h"

#include <algorithm>

namespace actinide::speed {
namespace {

constexpr double kRoundSeconds = 0.0015;  // of each contender

Together measure(const Activation &row, const Variant &variant, int rounds) {
  const Compiler compiler;
  const auto kernel = [&](Pass pass) { return compiler.kernel(row.name, pass, variant.dtype, {.tier = variant.tier}); };
  const Kernel both = kernel(Pass::forward_backward), forward = kernel(Pass::forward),
               derivative = kernel(Pass::derivative);
  const std::size_t inputs = both.info().inputs.size(), outputs = both.info().outputs.size();
  std::vector<TensorPlan> plans(inputs, {variant.dtype, kSmall, Distribution::normal});
  plans.resize(inputs + outputs, {variant.dtype, kSmall, Distribution::zero});
  const Tensors tensors(plans);
  const std::vector<void *> &buffers = tensors.buffers();
  std::vector<void *> for_forward = buffers, for_derivative = buffers;
  for_forward.resize(inputs + 1);
  for_derivative.erase(for_derivative.begin() + static_cast<long>(inputs));
  const Extents extents{1, 1, kSmall};
  const Contender both_at_once = bench::kernel_contender(both, buffers, extents);
  const Contender first = bench::kernel_contender(forward, for_forward, extents);
  const Contender second = bench::kernel_contender(derivative, for_derivative, extents);
  const Contender contenders[] = {both_at_once, {"apart", [&] {
                                                   first.run();
                                                   second.run();
                                                 }}};
  const std::vector<Timing> timings = take_turns(contenders, {.seconds = kRoundSeconds * rounds, .rounds = rounds});
  return {&row, variant, paired_ratio(timings[0], timings[1])};
}

}  // namespace

std::vector<Together> measure_together(std::span<const Activation *const> rows, int rounds) {
  std::vector<Together> results;
  for (const Variant &variant : kAnalysed)
    for (const Activation *row : rows) results.push_back(measure(*row, variant, rounds));
  return results;
}

}  // namespace actinide::speed
