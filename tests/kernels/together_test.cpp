// forward_backward beside forward and derivative: the same bits wherever the same digits are computed.
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

class Together : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Together, testing::ValuesIn(kernel_cases({Pass::forward_backward})),
                         [](const auto &info) { return info.param.name(); });

// Kernels of f32 and narrower that compute in f64 take more digits where the other output has a root. Those of 16 bits
// that have one output look up what plain f32 gives next to the middle of two numbers.
bool same_digits(const KernelCase &c, Pass single) {
  const Target target = host_target();
  const Precision both = precision_of(c.request(), target);
  const Precision alone = precision_of(KernelCase{c.activation, single, c.dtype, c.tier}.request(), target);
  const bool digits_vary = c.dtype != DType::f64 && both.compute == Compute::f64;
  return both == alone && !digits_vary && !is_16_bit(c.dtype);
}

template <typename T>
void expect_bits_of_single_passes(const KernelCase &c) {
  static const Compiler compiler;
  const auto outputs = [&](Pass pass, const std::vector<std::vector<T>> &inputs) {
    return run<T>(compiler.kernel(c.activation, pass, c.dtype, {.tier = c.tier}), inputs);
  };
  const Kernel kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  const auto inputs = inputs_for<T>(kernel, 1 << 14);
  const auto both = run<T>(kernel, inputs);
  auto apart = outputs(Pass::forward, inputs);
  for (auto &derivative : outputs(Pass::derivative, inputs)) apart.push_back(std::move(derivative));
  ASSERT_EQ(both.size(), apart.size());
  for (std::size_t k = 0; k < both.size(); ++k) {
    const Pass single = k == 0 ? Pass::forward : Pass::derivative;
    std::size_t different = 0;
    for (std::size_t i = 0; i < both[k].size(); ++i) different += bits(both[k][i]) != bits(apart[k][i]) ? 1 : 0;
    std::cout << c.name() << ", " << kernel.info().outputs[k] << ": " << different << " of " << both[k].size()
              << " differ from " << to_string(single) << "\n";
    if (same_digits(c, single)) {
      EXPECT_EQ(different, 0) << kernel.info().outputs[k];
    }
  }
}

TEST_P(Together, HasTheBitsOfTheSinglePasses) {
  with_element(GetParam().dtype, [&]<typename T>(T) { expect_bits_of_single_passes<T>(GetParam()); });
}

}  // namespace
}  // namespace actinide::testing_support
