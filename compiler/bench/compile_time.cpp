#include "bench/compile_time.h"

#include "codegen/image.h"
#include "codegen/module.h"
#include "jit/executable_memory.h"
#include "pipeline.h"

#include <time.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace actinide::bench {
namespace {

// Milliseconds of the thread since the last call.
class Lap {
 public:
  double operator()() {
    const double now = milliseconds();
    return now - std::exchange(last_, now);
  }

 private:
  static double milliseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
  }
  double last_ = milliseconds();
};

}  // namespace

double CompileTime::total() const {
  return std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0);
}

CompileTime compile_time(const CompileRequest &request, const Target &target) {
  CompileTime time{};
  Lap lap;
  const KernelRequest parsed =
      parse_kernel_request(request.activation, request.pass, request.dtypes, request.tier, request.schedule);
  const KernelSignature signature = signature_of(parsed);
  Module module(target, signature.base_name());
  compile_kernel(parsed, target, module, signature.base_name(), [&](std::string_view stage, const auto &) {
    if (stage == kNumerics) time.milliseconds[0] += lap();
    if (stage == kHalide) time.milliseconds[1] += lap();
  });
  time.milliseconds[2] = lap();
  module.optimize();
  time.milliseconds[3] = lap();
  const std::vector<char> object = module.object();
  time.milliseconds[4] = lap();
  const jit::ExecutableMemory code(make_image(object, cpu_symbols(signature, signature.base_name())).bytes);
  time.milliseconds[5] = lap();
  return time;
}

CompileTime middle_compile_time(const CompileRequest &request, const Target &target) {
  std::array<CompileTime, kCompilations> times;
  for (CompileTime &time : times) time = compile_time(request, target);
  std::ranges::sort(times, {}, &CompileTime::total);
  return times[kCompilations / 2];
}

}  // namespace actinide::bench
