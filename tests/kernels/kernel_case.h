// Every kernel of the table as a test parameter, and the inputs that broke real systems.
#pragma once

#include "accuracy/points.h"
#include "actinide/jit.h"
#include "activations.h"
#include "passes.h"
#include "pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace actinide::testing_support {

inline const Compiler &compiler() {
  static const Compiler instance;
  return instance;
}

/// One row of the table in one pass, dtype and tier.
struct KernelCase {
  std::string activation;
  Pass pass;
  DType dtype;
  Tier tier;
  bool serves_standard = false;  ///< `faithful`, and the tier `standard` has the very same kernel

  bool is_standard() const { return tier == Tier::standard || serves_standard; }
  KernelRequest request() const { return parse_kernel_request(activation, pass, dtype, tier); }
  std::string name() const {
    return activation + "_" + std::string(to_string(pass)) + "_" + std::string(to_string(dtype)) + "_" +
           std::string(to_string(tier));
  }
};

/// 16 bits promise the same in both tiers; `relaxed` and `exact` have tests of their own (tiers_test.cpp).
inline std::span<const Tier> common_tiers(DType dtype) {
  static constexpr Tier tiers[] = {Tier::standard, Tier::faithful};
  return std::span(tiers).first(is_16_bit(dtype) ? 1 : 2);
}

/// True if the tier `faithful` computes what `standard` does, step by step.
inline bool has_one_kernel_in_both_tiers(const KernelCase &standard) {
  static std::map<std::string, bool> known;
  const auto [place, is_new] = known.emplace(standard.name(), false);
  if (is_new) {
    const Target target = parse_target("x86-64-v3");
    KernelRequest request = standard.request();
    const NumericKernel kernel = make_stages(request, target).kernel;
    request.tier = Tier::faithful;
    place->second = make_stages(request, target).kernel == kernel;
  }
  return place->second;
}

/// All element-wise rows x the given element-wise passes, as far as a row has them, x all dtypes x their tiers. Tiers
/// that have the same kernel are one case, that of the stricter tier.
inline std::vector<KernelCase> kernel_cases(std::span<const Pass> passes) {
  std::vector<KernelCase> cases;
  for (const Activation &row : all_activations())
    for (Pass pass : passes) {
      if (row.shape != ShapeClass::element || pass == Pass::parameter_gradient) continue;
      if (reason_undefined(row, pass)) continue;
      for (DType dtype : all_dtypes())
        for (Tier tier : common_tiers(dtype)) {
          const KernelCase standard{std::string(row.name), pass, dtype, Tier::standard};
          const bool shared = common_tiers(dtype).size() > 1 && has_one_kernel_in_both_tiers(standard);
          if (!shared || tier == Tier::faithful) cases.push_back({standard.activation, pass, dtype, tier, shared});
        }
    }
  return cases;
}
inline std::vector<KernelCase> kernel_cases(const std::vector<Pass> &passes) {
  return kernel_cases(std::span<const Pass>(passes));
}

/// What is tried of everything: forward, derivative and backward in every dtype and tier; the other passes, which are
/// made of the same parts, in f32 `standard`.
inline std::vector<KernelCase> kernel_cases() {
  std::vector<KernelCase> cases = kernel_cases(all_passes());
  std::erase_if(cases, [](const KernelCase &one) {
    if (one.pass == Pass::forward || one.pass == Pass::derivative || one.pass == Pass::backward) return false;
    return one.dtype != DType::f32 || !one.is_standard();
  });
  return cases;
}

/// Zeros, subnormals, extremes, infinities, NaN, and the points at which frameworks have lost tails or returned NaN.
template <typename T>
std::vector<T> danger_points() {
  constexpr DType dtype = dtype_of<T>;
  const std::vector<double> points = {
      0,        5.5,     6,       9.01,    10.06,   10.5,           11,   13.05,  13.24, 14.3, 17.33,
      22.18,    40.3,    44.36,   87.3,    88.72,   103.97,         1e12, 1.8e19, 0.5,   1,    1.27846,
      0.751792, 1.19243, 2.39936, 1.49057, 2.25638, std::sqrt(2.0), 38.4, 708.4,  745.2};
  std::vector<T> list;
  for (double point : points) {
    const std::int64_t middle = std::min(ordinal(point, dtype), last_ordinal(dtype) - 1);
    for (std::int64_t i : {middle, std::abs(middle - 1), middle + 1})
      for (double sign : {1.0, -1.0}) list.push_back(static_cast<T>(sign * from_ordinal(i, dtype)));
  }
  for (double x : special_values(dtype)) list.push_back(static_cast<T>(x));
  for (double x : {1.0, -1.0}) list.push_back(static_cast<T>(x * std::ldexp(1, 1 - float_format(dtype).digits)));
  return list;
}

/// The element whose bits are the low ones of `bits`.
template <typename T>
T element_of(std::uint64_t bits) {
  T element;
  std::memcpy(&element, &bits, sizeof element);  // little endian
  return element;
}

/// Danger points, then random bit patterns (all exponents, both signs, NaN and infinities as they come).
template <typename T>
std::vector<T> points(std::size_t count, std::uint64_t seed) {
  std::vector<T> list = danger_points<T>();
  std::mt19937_64 random(seed);
  while (list.size() < count) list.push_back(element_of<T>(random()));
  list.resize(count);
  return list;
}

/// The representation, with every NaN the same: which NaN comes out isn't promised.
template <typename T>
std::uint64_t bits(T value) {
  if (std::isnan(static_cast<double>(value))) return ~std::uint64_t{0};
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

/// Runs a kernel on input tensors of equal length; returns its outputs.
template <typename T>
std::vector<std::vector<T>> run(const Kernel &kernel, const std::vector<std::vector<T>> &inputs) {
  const std::size_t n = inputs.empty() ? 0 : inputs.front().size();
  std::vector<std::vector<T>> outputs(kernel.info().outputs.size(), std::vector<T>(n));
  std::vector<void *> buffers;
  for (const auto &input : inputs) buffers.push_back(const_cast<T *>(input.data()));
  for (auto &output : outputs) buffers.push_back(output.data());
  if (kernel.run(buffers.data(), n) != 0) throw std::runtime_error(kernel.info().name + " returned an error");
  return outputs;
}

/// Inputs for any kernel: each tensor gets points of its own.
template <typename T>
std::vector<std::vector<T>> inputs_for(const Kernel &kernel, std::size_t count) {
  std::vector<std::vector<T>> inputs;
  for (std::size_t i = 0; i < kernel.info().inputs.size(); ++i) inputs.push_back(points<T>(count, 1000 + i));
  // A gradient's dy must not always meet the same x: rotate it.
  if (inputs.size() > 1)
    std::rotate(inputs[0].begin(), inputs[0].begin() + static_cast<long>(count / 3), inputs[0].end());
  return inputs;
}

}  // namespace actinide::testing_support
