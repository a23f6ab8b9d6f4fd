// A kernel of f32 or 16 bits, at numbers that are given and read as doubles.
#pragma once

#include "actinide/jit.h"
#include "element.h"
#include "pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace actinide::testing_support {

class NumberKernel {
 public:
  NumberKernel(const KernelRequest &request, Kernel kernel) : dtype_(request.dtype), kernel_(std::move(kernel)) {}

  double nearest(double x) const {
    return is_16_bit(dtype_) ? decode_16_bit(encode_16_bit(x, dtype_), dtype_)
                             : static_cast<double>(static_cast<float>(x));
  }

  /// The only output, of two inputs.
  std::vector<double> outputs(const std::vector<double> &a, const std::vector<double> &b) const {
    return all_outputs({a, b}, 1)[0];
  }

  std::vector<std::vector<double>> all_outputs(const std::vector<std::vector<double>> &inputs,
                                               std::size_t outputs) const {
    if (!is_16_bit(dtype_))
      return outputs_of<float>(
          inputs, outputs, [](double x) { return static_cast<float>(x); },
          [](float x) { return static_cast<double>(x); });
    return outputs_of<std::uint16_t>(
        inputs, outputs, [&](double x) { return encode_16_bit(x, dtype_); },
        [&](std::uint16_t bits) { return decode_16_bit(bits, dtype_); });
  }

 private:
  template <typename T>
  std::vector<std::vector<double>> outputs_of(const std::vector<std::vector<double>> &inputs, std::size_t outputs,
                                              const auto &stored, const auto &read) const {
    const std::size_t n = inputs[0].size();
    std::vector<std::vector<T>> tensors(inputs.size() + outputs, std::vector<T>(n));
    for (std::size_t i = 0; i < inputs.size(); ++i) std::ranges::transform(inputs[i], tensors[i].begin(), stored);
    std::vector<void *> buffers;
    for (std::vector<T> &tensor : tensors) buffers.push_back(tensor.data());
    EXPECT_EQ(kernel_.run(buffers.data(), n, nullptr), 0);
    std::vector<std::vector<double>> results(outputs, std::vector<double>(n));
    for (std::size_t i = 0; i < outputs; ++i)
      std::ranges::transform(tensors[inputs.size() + i], results[i].begin(), read);
    return results;
  }

  DType dtype_;
  Kernel kernel_;
};

}  // namespace actinide::testing_support
