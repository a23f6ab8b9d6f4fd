#include "cli/same_bits.h"

#include "codegen/target.h"
#include "element.h"
#include "error.h"
#include "schedules/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace actinide::cli {
namespace {

constexpr std::size_t call = 65521;     // elements: full blocks of every schedule, and a rest
constexpr std::size_t alignments = 16;  // elements that tensors begin after a boundary of vectors

template <typename T>
using Tensors = std::vector<std::vector<T>>;

// The elements from `first` on; the inputs but the first are taken from other places of the set.
template <typename T>
Tensors<T> inputs_at(const PointSet &points, std::uint64_t first, std::size_t count, std::size_t inputs) {
  constexpr std::uint64_t apart = 1'000'003;
  Tensors<T> tensors;
  std::vector<double> x(count);
  for (std::size_t input = 0; input < inputs; ++input) {
    const std::uint64_t begin = points.size < count ? 0 : (first + input * apart) % (points.size - count + 1);
    points.fill(begin, x);
    std::vector<T> &tensor = tensors.emplace_back();
    std::ranges::transform(x, std::back_inserter(tensor), [](double value) { return static_cast<T>(value); });
  }
  return tensors;
}

template <typename T>
Tensors<T> outputs_of(const Kernel &kernel, Tensors<T> &inputs, std::size_t offset) {
  const KernelInfo &info = kernel.info();
  const std::size_t count = inputs[0].size() - offset;
  Tensors<T> outputs(info.outputs.size(), std::vector<T>(count + offset));
  std::vector<void *> buffers;
  for (std::vector<T> &tensor : inputs) buffers.push_back(tensor.data() + offset);
  for (std::vector<T> &tensor : outputs) buffers.push_back(tensor.data() + offset);
  const int status = kernel.run(buffers.data(), count);
  internal_check(status == ACTINIDE_OK, "{}: {}", info.name, actinide_status_string(status));
  return outputs;
}

template <typename T>
bool same(T a, T b) {
  const auto x = static_cast<double>(a), y = static_cast<double>(b);
  return std::isnan(x) ? std::isnan(y) : x == y && std::signbit(x) == std::signbit(y);
}

template <typename T>
void compare(const NamedKernel &kernel, const NamedKernel &with, const Tensors<T> &inputs, const Tensors<T> &computed,
             const Tensors<T> &expected, BitComparison &result) {
  const KernelInfo &info = kernel.kernel.info();
  for (std::size_t k = 0; k < expected.size(); ++k)
    for (std::size_t i = 0; i < expected[k].size(); ++i) {
      if (same(computed[k][i], expected[k][i])) continue;
      if (result.different++ > 0) continue;
      std::string place;
      for (std::size_t input = 0; input < inputs.size(); ++input)
        place +=
            fmt::format("{}{} = {:a}", input ? ", " : "", info.inputs[input], static_cast<double>(inputs[input][i]));
      result.first_difference =
          fmt::format("at {} {} gives {:a}, {} {:a}", place, kernel.name, static_cast<double>(computed[k][i]),
                      with.name, static_cast<double>(expected[k][i]));
    }
}

template <typename T>
BitComparison compare_all(std::span<const NamedKernel> kernels, const PointSet &points) {
  BitComparison result;
  const std::size_t inputs = kernels[0].kernel.info().inputs.size();
  for (std::uint64_t first = 0; first < points.size; first += call) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(call, points.size - first));
    const std::size_t offset = first / call % std::min(alignments, count);
    Tensors<T> tensors = inputs_at<T>(points, first, count, inputs);
    const Tensors<T> expected = outputs_of(kernels[0].kernel, tensors, 0);
    for (const NamedKernel &kernel : kernels.subspan(1)) {
      Tensors<T> computed = outputs_of(kernel.kernel, tensors, offset);
      for (std::size_t k = 0; k < computed.size(); ++k)  // what lies before the offset was not asked for
        std::copy_n(expected[k].begin(), offset, computed[k].begin());
      compare(kernel, kernels[0], tensors, computed, expected, result);
    }
    result.points += count;
  }
  return result;
}

}  // namespace

std::vector<NamedKernel> kernels_of_same_bits(const std::string &activation, Pass pass, DTypes dtypes, Tier tier) {
  std::vector<Target> targets;
  std::ranges::copy_if(all_targets(), std::back_inserter(targets),
                       [](const Target &target) { return target.has_fma && runs_here(target); });
  if (targets.empty()) targets.push_back(host_target());
  const Compiler best({.target = targets.back().name});
  std::vector<NamedKernel> kernels = {{best.target(), best.kernel(activation, pass, dtypes, {.tier = tier})}};
  for (const Target &target : targets) {
    const Compiler compiler({.target = target.name});
    for (const Schedule &schedule : candidates_in_cache({})) {
      const std::string text = to_text(schedule);
      kernels.push_back({fmt::format("{}, {}", target.name, text),
                         compiler.kernel(activation, pass, dtypes, {.tier = tier, .schedule = text})});
    }
  }
  return kernels;
}

BitComparison compare_bits(std::span<const NamedKernel> kernels, const PointSet &points) {
  return with_element(kernels[0].kernel.info().dtypes.outputs,
                      [&]<typename T>(T) { return compare_all<T>(kernels, points); });
}

}  // namespace actinide::cli
