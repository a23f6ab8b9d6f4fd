#include "tests/benchmark/together.h"

#include "actinide/jit.h"
#include "error.h"
#include "tests/benchmark/tensors.h"

#include <algorithm>

namespace actinide::speed {
namespace {

void run(const Kernel &kernel, const std::vector<void *> &buffers, std::size_t n) {
  const int status = kernel.run(buffers.data(), n);
  internal_check(status == ACTINIDE_OK, "{}: {}", kernel.info().name, actinide_status_string(status));
}

Together measure(const Activation &row, const Variant &variant, std::size_t n, int repetitions) {
  const Compiler compiler;
  const auto kernel = [&](Pass pass) { return compiler.kernel(row.name, pass, variant.dtype, {.tier = variant.tier}); };
  const Kernel both = kernel(Pass::forward_backward), forward = kernel(Pass::forward),
               derivative = kernel(Pass::derivative);
  const std::size_t inputs = both.info().inputs.size(), outputs = both.info().outputs.size();
  const Tensors tensors(variant.dtype, n, inputs, outputs);
  const std::vector<void *> buffers = tensors.buffers(inputs, outputs);
  std::vector<void *> for_forward = buffers, for_derivative = buffers;
  for_forward.resize(inputs + 1);
  for_derivative.erase(for_derivative.begin() + static_cast<long>(inputs));
  const auto timings = medians({{"together", [&](void *const *, std::size_t size) { run(both, buffers, size); }},
                                {"apart",
                                 [&](void *const *, std::size_t size) {
                                   run(forward, for_forward, size);
                                   run(derivative, for_derivative, size);
                                 }}},
                               buffers.data(), n, repetitions);
  return {&row, variant, n, timings[0].nanoseconds, timings[1].nanoseconds};
}

}  // namespace

std::vector<Together> measure_together(std::span<const Activation *const> rows, int repetitions) {
  std::vector<Together> results;
  for (const Variant &variant : kVariants)
    for (const std::size_t n : kSizes)
      for (const Activation *row : rows) results.push_back(measure(*row, variant, n, repetitions));
  return results;
}

}  // namespace actinide::speed
