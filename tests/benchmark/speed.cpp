#include "tests/benchmark/speed.h"

#include "actinide/jit.h"
#include "error.h"
#include "tests/benchmark/copies.h"
#include "tests/benchmark/tensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace actinide::speed {
namespace {

struct Case {
  Kernel kernel;
  Result result;
};

std::vector<Case> cases_of(DType dtype, const SpeedOptions &options) {
  const Compiler compiler;
  std::vector<Case> cases;
  for (const Variant &variant : kVariants) {
    if (variant.dtype != dtype) continue;
    for (const Pass pass : kPasses)
      for (const std::size_t n : kSizes)
        for (const Activation *row : options.rows) {
          Kernel kernel = compiler.kernel(row->name, pass, dtype, {.tier = variant.tier});
          const std::size_t inputs = kernel.info().inputs.size(), outputs = kernel.info().outputs.size();
          cases.push_back({std::move(kernel), {row, variant, pass, n, inputs, outputs, {}}});
        }
  }
  return cases;
}

// Whoever is to be compared with the kernels joins here; the tables get a column for each.
std::vector<Contender> contenders_of(const Case &one) {
  const std::size_t element = size_of(one.result.variant.dtype);
  const auto copying = [&](bool streaming) {
    return [copy = copy_of(one.result.inputs, one.result.outputs, streaming), element](
               void *const *buffers, std::size_t n) { copy(buffers, n * element); };
  };
  const auto kernel = [&one](void *const *buffers, std::size_t n) {
    const int status = one.kernel.run(buffers, n);
    internal_check(status == ACTINIDE_OK, "{}: {}", one.kernel.info().name, actinide_status_string(status));
  };
  return {{kKernel, kernel}, {kCopy, copying(false)}, {kStreaming, copying(true)}};
}

void measure(Case &one, const Tensors &tensors, int repetitions) {
  Result &result = one.result;
  result.timings =
      medians(contenders_of(one), tensors.buffers(result.inputs, result.outputs).data(), result.n, repetitions);
}

// Marks the results whose control is off the median of their group.
std::vector<Case *> find_disturbed(std::vector<Case> &cases) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<Case *>> groups;
  for (Case &one : cases) groups[{one.result.n, one.result.inputs, one.result.outputs}].push_back(&one);
  std::vector<Case *> disturbed;
  for (const auto &[key, group] : groups) {
    std::vector<double> controls;
    for (const Case *one : group) controls.push_back(one->result.nanoseconds(kCopy));
    const double middle = median(controls);
    for (Case *one : group) {
      one->result.disturbed = std::abs(one->result.nanoseconds(kCopy) / middle - 1) > kControlTolerance;
      if (one->result.disturbed) disturbed.push_back(one);
    }
  }
  return disturbed;
}

void measure_all(std::vector<Case> &cases, const SpeedOptions &options, const Progress &progress) {
  std::size_t inputs = 1, outputs = 1;
  for (const Case &one : cases) {
    inputs = std::max(inputs, one.result.inputs);
    outputs = std::max(outputs, one.result.outputs);
  }
  const Tensors tensors(cases.front().result.variant.dtype, std::ranges::max(kSizes), inputs, outputs);
  for (Case &one : cases) {
    measure(one, tensors, options.repetitions);
    const Result &result = one.result;
    progress(fmt::format("{} {} x {}: {:.3f} ns/element, {:.2f} x copy", one.kernel.info().name,
                         to_string(result.variant.tier), result.n, result.nanoseconds(kKernel), result.ratio()));
  }
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<Case *> disturbed = find_disturbed(cases);
    if (disturbed.empty()) return;
    progress(fmt::format("{} of {} controls are off: measuring those kernels again", disturbed.size(), cases.size()));
    for (Case *one : disturbed) {
      if (std::chrono::steady_clock::now() > options.deadline) break;
      measure(*one, tensors, options.repetitions);
    }
  }
  find_disturbed(cases);
}

}  // namespace

double Result::nanoseconds(const std::string &contender) const {
  const auto found = std::ranges::find(timings, contender, &Timing::name);
  internal_check(found != timings.end(), "{} was not measured", contender);
  return found->nanoseconds;
}

double Result::copy_nanoseconds() const {
  return std::min(nanoseconds(kCopy), nanoseconds(kStreaming));
}

double Result::ratio() const {
  return nanoseconds(kKernel) / copy_nanoseconds();
}

std::vector<Result> measure_speed(const SpeedOptions &options, const Progress &progress) {
  std::vector<Result> results;
  for (const DType dtype : all_dtypes()) {
    std::vector<Case> cases = cases_of(dtype, options);
    if (cases.empty()) continue;
    measure_all(cases, options, progress);
    for (const Case &one : cases) results.push_back(one.result);
  }
  return results;
}

}  // namespace actinide::speed
