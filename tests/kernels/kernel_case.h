// Every kernel of the table as a test parameter, and the inputs that broke real systems.
#pragma once

#include "actinide/jit.h"
#include "activations.h"
#include "pipeline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace actinide::testing_support {

/// One row of the table in one pass, dtype and tier.
struct KernelCase {
  std::string activation;
  Pass pass;
  DType dtype;
  Tier tier;

  KernelRequest request() const { return parse_kernel_request(activation, pass, dtype, tier); }
  std::string name() const {
    return activation + "_" + std::string(to_string(pass)) + "_" + std::string(to_string(dtype)) + "_" +
           std::string(to_string(tier));
  }
};

/// f64 has one tier so far.
inline std::vector<Tier> tiers_of(DType dtype) {
  return dtype == DType::f64 ? std::vector<Tier>{Tier::standard} : std::vector<Tier>{Tier::standard, Tier::faithful};
}

/// All rows x the given passes x all dtypes x their tiers.
inline std::vector<KernelCase> kernel_cases(const std::vector<Pass> &passes) {
  std::vector<KernelCase> cases;
  for (const Activation &row : all_activations())
    for (Pass pass : passes)
      for (DType dtype : all_dtypes())
        for (Tier tier : tiers_of(dtype)) cases.push_back({std::string(row.name), pass, dtype, tier});
  return cases;
}

/// Zeros, subnormals, extremes, infinities, NaN, and the points at which frameworks have lost tails or returned NaN.
template <typename T>
std::vector<T> danger_points() {
  using Limits = std::numeric_limits<T>;
  std::vector<double> points = {
      0,        5.5,     6,       9.01,    10.06,   10.5,           11,   13.05,  13.24, 14.3, 17.33,
      22.18,    40.3,    44.36,   87.3,    88.72,   103.97,         1e12, 1.8e19, 0.5,   1,    1.27846,
      0.751792, 1.19243, 2.39936, 1.49057, 2.25638, std::sqrt(2.0), 38.4, 708.4,  745.2};
  std::vector<T> list;
  for (double point : points)
    for (T x : {static_cast<T>(point), std::nextafter(static_cast<T>(point), T(0)),
                std::nextafter(static_cast<T>(point), Limits::infinity())}) {
      list.push_back(x);
      list.push_back(-x);
    }
  for (T x : {Limits::denorm_min(), Limits::min(), Limits::max(), Limits::infinity(), Limits::epsilon(),
              std::nextafter(Limits::min(), T(0))}) {
    list.push_back(x);
    list.push_back(-x);
  }
  list.push_back(Limits::quiet_NaN());
  return list;
}

/// Danger points, then random bit patterns (all exponents, both signs, NaN and infinities as they come).
template <typename T>
std::vector<T> points(std::size_t count, std::uint64_t seed) {
  std::vector<T> list = danger_points<T>();
  std::mt19937_64 random(seed);
  while (list.size() < count) {
    const std::uint64_t bits = random();
    if constexpr (sizeof(T) == 4) {
      list.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    } else {
      list.push_back(std::bit_cast<double>(bits));
    }
  }
  list.resize(count);
  return list;
}

/// The representation, with every NaN the same: which NaN comes out isn't promised.
template <typename T>
std::uint64_t bits(T value) {
  if (std::isnan(value)) return ~std::uint64_t{0};
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    return std::bit_cast<std::uint64_t>(value);
  }
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
