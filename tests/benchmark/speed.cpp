#include "tests/benchmark/speed.h"

#include "actinide/jit.h"
#include "error.h"
#include "measure/tensors.h"

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

// Inputs, then outputs, for every kernel of a dtype.
struct Memory {
  std::size_t inputs, outputs;
  Tensors tensors;

  std::vector<void *> buffers(const Result &result) const {
    const auto first = tensors.buffers().begin();
    std::vector<void *> list(first, first + static_cast<std::ptrdiff_t>(result.inputs));
    const auto first_output = first + static_cast<std::ptrdiff_t>(inputs);
    list.insert(list.end(), first_output, first_output + static_cast<std::ptrdiff_t>(result.outputs));
    return list;
  }
};

Memory memory_for(const std::vector<Case> &cases) {
  std::size_t inputs = 1, outputs = 1;
  for (const Case &one : cases) {
    inputs = std::max(inputs, one.result.inputs);
    outputs = std::max(outputs, one.result.outputs);
  }
  const DType dtype = cases.front().result.variant.dtype;
  std::vector<TensorPlan> plans(inputs, {dtype, std::ranges::max(kSizes), Distribution::normal});
  plans.resize(inputs + outputs, {dtype, std::ranges::max(kSizes), Distribution::zero});
  return {inputs, outputs, Tensors(plans)};
}

void measure(Case &one, const Memory &memory, int repetitions) {
  Result &result = one.result;
  const std::vector<void *> buffers = memory.buffers(result);
  const Extents extents{1, 1, result.n};
  // Whoever is to be compared with the kernels joins here; the tables get a column for each.
  std::vector<Contender> contenders = bench::copy_contenders(one.kernel.info(), buffers, extents);
  contenders.insert(contenders.begin(), bench::kernel_contender(one.kernel, buffers, extents));
  result.timings = take_turns(contenders, effort_of(repetitions));
}

// Marks the results whose control is off the median of their group.
std::vector<Case *> find_disturbed(std::vector<Case> &cases) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<Case *>> groups;
  for (Case &one : cases) groups[{one.result.n, one.result.inputs, one.result.outputs}].push_back(&one);
  std::vector<Case *> disturbed;
  for (const auto &[key, group] : groups) {
    std::vector<double> controls;
    for (const Case *one : group) controls.push_back(one->result.nanoseconds(bench::kCopy));
    const double middle = median(controls);
    for (Case *one : group) {
      one->result.disturbed = std::abs(one->result.nanoseconds(bench::kCopy) / middle - 1) > kControlTolerance;
      if (one->result.disturbed) disturbed.push_back(one);
    }
  }
  return disturbed;
}

void measure_all(std::vector<Case> &cases, const SpeedOptions &options, const Progress &progress) {
  const Memory memory = memory_for(cases);
  for (Case &one : cases) {
    measure(one, memory, options.repetitions);
    const Result &result = one.result;
    progress(fmt::format("{} {} x {}: {:.3f} ns/element, {:.2f} x copy", one.kernel.info().name,
                         to_string(result.variant.tier), result.n, result.nanoseconds(bench::kKernel), result.ratio()));
  }
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<Case *> disturbed = find_disturbed(cases);
    if (disturbed.empty()) return;
    progress(fmt::format("{} of {} controls are off: measuring those kernels again", disturbed.size(), cases.size()));
    for (Case *one : disturbed) {
      if (std::chrono::steady_clock::now() > options.deadline) break;
      measure(*one, memory, options.repetitions);
    }
  }
  find_disturbed(cases);
}

}  // namespace

double Result::nanoseconds(const std::string &contender) const {
  const auto found = std::ranges::find(timings, contender, &Timing::name);
  internal_check(found != timings.end(), "{} was not measured", contender);
  return found->median() * 1e9 / static_cast<double>(n);
}

double Result::copy_nanoseconds() const {
  return std::min(nanoseconds(bench::kCopy), nanoseconds(bench::kStreaming));
}

double Result::ratio() const {
  return nanoseconds(bench::kKernel) / copy_nanoseconds();
}

Effort effort_of(int repetitions) {
  return {.seconds = kRepetitionSeconds * repetitions, .rounds = repetitions};
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
