// A kernel of two inputs and one output, of f32 or 16 bits, at numbers that are given and read as doubles.
#pragma once

#include "actinide/jit.h"
#include "element.h"
#include "pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace actinide::testing_support {

class PairKernel {
 public:
  PairKernel(const KernelRequest &request, Kernel kernel) : dtype_(request.dtype), kernel_(std::move(kernel)) {}

  double nearest(double x) const {
    return is_16_bit(dtype_) ? decode_16_bit(encode_16_bit(x, dtype_), dtype_)
                             : static_cast<double>(static_cast<float>(x));
  }

  std::vector<double> outputs(const std::vector<double> &a, const std::vector<double> &b) const {
    if (!is_16_bit(dtype_))
      return outputs_of<float>(
          a, b, [](double x) { return static_cast<float>(x); }, [](float x) { return static_cast<double>(x); });
    return outputs_of<std::uint16_t>(
        a, b, [&](double x) { return encode_16_bit(x, dtype_); },
        [&](std::uint16_t bits) { return decode_16_bit(bits, dtype_); });
  }

 private:
  template <typename T>
  std::vector<double> outputs_of(const std::vector<double> &a, const std::vector<double> &b, const auto &stored,
                                 const auto &read) const {
    std::vector<T> first(a.size()), second(a.size()), y(a.size());
    std::ranges::transform(a, first.begin(), stored);
    std::ranges::transform(b, second.begin(), stored);
    void *buffers[] = {first.data(), second.data(), y.data()};
    EXPECT_EQ(kernel_.run(buffers, y.size(), nullptr), 0);
    std::vector<double> results(y.size());
    std::ranges::transform(y, results.begin(), read);
    return results;
  }

  DType dtype_;
  Kernel kernel_;
};

}  // namespace actinide::testing_support
