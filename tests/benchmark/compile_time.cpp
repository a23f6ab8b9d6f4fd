#include "tests/benchmark/compile_time.h"

#include "codegen/image.h"
#include "codegen/module.h"
#include "error.h"
#include "jit/executable_memory.h"
#include "lowering/lower.h"
#include "passes.h"
#include "pipeline.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace actinide::speed {
namespace {

// Milliseconds since the last call.
class Lap {
 public:
  double operator()() {
    const Clock::time_point now = Clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

// The steps of compile_kernel and of the JIT, with the time of each.
CompileTime compile(std::string_view row, Pass pass, const Variant &variant) {
  CompileTime time{fmt::format("{} {}", row, to_string(pass)), variant, {}};
  Lap lap;
  const Target target = host_target();
  const KernelRequest request = parse_kernel_request(std::string(row), pass, variant.dtype, variant.tier);
  const std::string symbol = signature_of(request).base_name();
  const Stages stages = make_stages(request, target);
  time.milliseconds[0] = lap();
  const Schedule schedule = facts_of(request, target, stages).schedule;
  const LoweredKernel lowered = lower(stages.kernel, schedule, target.lanes(static_cast<int>(size_of(request.dtype))));
  time.milliseconds[1] = lap();
  Module module(target, symbol);
  module.add_kernel(symbol, lowered);
  module.optimize();
  time.milliseconds[2] = lap();
  const std::vector<char> object = module.object();
  time.milliseconds[3] = lap();
  const jit::ExecutableMemory code(make_image(object, {symbol}).bytes);
  time.milliseconds[4] = lap();
  return time;
}

// The middle one of a few, so that a single interruption doesn't make a kernel the worst.
CompileTime middle_compile(std::string_view row, Pass pass, const Variant &variant) {
  std::array<CompileTime, kCompilations> times;
  for (CompileTime &time : times) time = compile(row, pass, variant);
  std::ranges::sort(times, {}, &CompileTime::total);
  return times[kCompilations / 2];
}

}  // namespace

double CompileTime::total() const {
  return std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0);
}

CompileTime first_compile() {
  return compile(all_activations().front().name, Pass::forward, kVariants[0]);
}

std::vector<CompileTime> compile_times(std::span<const Activation *const> rows) {
  std::vector<CompileTime> times;
  for (const Variant &variant : kVariants)
    for (const Pass pass : all_passes())
      for (const Activation *row : rows)
        if (!reason_undefined(*row, pass) && pass != Pass::parameter_gradient)  // two functions: the JIT's own way
          times.push_back(middle_compile(row->name, pass, variant));
  return times;
}

}  // namespace actinide::speed
