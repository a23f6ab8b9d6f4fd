// Every kernel at any length, alignment and in place gives each element the bits that it has anywhere else.
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <cstring>

namespace actinide::testing_support {
namespace {

class Shapes : public testing::TestWithParam<KernelCase> {
 protected:
  Kernel kernel() const {
    static const Compiler compiler;
    const KernelCase &c = GetParam();
    return compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  }

  template <typename F>
  void for_dtype(F &&test) const {
    with_element(GetParam().dtype, test);
  }
};

INSTANTIATE_TEST_SUITE_P(Table, Shapes, testing::ValuesIn(kernel_cases()),
                         [](const auto &info) { return info.param.name(); });

// What is left after the last whole vector has every length that one of 8 or fewer lanes leaves, and some that longer
// ones do.
constexpr std::size_t kLengths[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 13,  15,  16,
                                    17, 22, 31, 32, 33, 42, 52, 63, 64, 65, 85, 127, 129, 1003};

// Element i of a call on n elements has the bits of element i of the longest call, and nothing beyond n is written.
TEST_P(Shapes, EveryLengthAndOffset) {
  for_dtype([this](auto zero) {
    using T = decltype(zero);
    const Kernel kernel = this->kernel();
    const auto inputs = inputs_for<T>(kernel, 1003);
    const auto expected = run<T>(kernel, inputs);
    const T canary = T(-12345.5);
    for (std::size_t n : kLengths)
      for (std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        if (offset + n > 1003) continue;
        std::vector<std::vector<T>> outputs(expected.size(), std::vector<T>(1003 + 8, canary));
        std::vector<void *> buffers;
        for (const auto &input : inputs) buffers.push_back(const_cast<T *>(input.data()) + offset);
        for (auto &output : outputs) buffers.push_back(output.data() + offset);
        ASSERT_EQ(kernel.run(buffers.data(), n), 0);
        for (std::size_t k = 0; k < outputs.size(); ++k)
          for (std::size_t i = 0; i < outputs[k].size(); ++i) {
            const bool inside = i >= offset && i < offset + n;
            ASSERT_EQ(bits(outputs[k][i]), bits(inside ? expected[k][i] : canary))
                << "n " << n << ", offset " << offset << ", element " << i << ", x "
                << static_cast<double>(inputs.back()[std::min<std::size_t>(i, 1002)]);
          }
      }
  });
}

TEST_P(Shapes, PointersThatAreNotAlignedToTheElement) {
  for_dtype([this](auto zero) {
    using T = decltype(zero);
    const Kernel kernel = this->kernel();
    const std::size_t n = 257;
    const auto inputs = inputs_for<T>(kernel, n);
    const auto expected = run<T>(kernel, inputs);
    std::vector<std::vector<char>> memory(inputs.size() + expected.size(), std::vector<char>(n * sizeof(T) + 1));
    std::vector<void *> buffers;
    for (auto &bytes : memory) buffers.push_back(bytes.data() + 1);
    for (std::size_t i = 0; i < inputs.size(); ++i) std::memcpy(buffers[i], inputs[i].data(), n * sizeof(T));
    ASSERT_EQ(kernel.run(buffers.data(), n), 0);
    for (std::size_t k = 0; k < expected.size(); ++k)
      for (std::size_t i = 0; i < n; ++i) {
        T value;
        std::memcpy(&value, static_cast<char *>(buffers[inputs.size() + k]) + i * sizeof(T), sizeof(T));
        ASSERT_EQ(bits(value), bits(expected[k][i])) << "element " << i;
      }
  });
}

TEST_P(Shapes, EachOutputInPlaceOfEachInput) {
  for_dtype([this](auto zero) {
    using T = decltype(zero);
    const Kernel kernel = this->kernel();
    const auto inputs = inputs_for<T>(kernel, 1003);
    const auto expected = run<T>(kernel, inputs);
    for (std::size_t input = 0; input < inputs.size(); ++input)
      for (std::size_t output = 0; output < expected.size(); ++output) {
        auto tensors = inputs;
        tensors.resize(inputs.size() + expected.size(), std::vector<T>(1003));
        std::vector<void *> buffers;
        for (auto &tensor : tensors) buffers.push_back(tensor.data());
        buffers[inputs.size() + output] = buffers[input];
        ASSERT_EQ(kernel.run(buffers.data(), 1003), 0);
        for (std::size_t k = 0; k < expected.size(); ++k)
          for (std::size_t i = 0; i < 1003; ++i) {
            const T computed = static_cast<T *>(buffers[inputs.size() + k])[i];
            ASSERT_EQ(bits(computed), bits(expected[k][i])) << "output " << k << ", element " << i;
          }
      }
  });
}

}  // namespace
}  // namespace actinide::testing_support
