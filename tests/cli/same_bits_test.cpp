// A comparison of bits finds what differs, and kernels of all schedules and targets don't.
#include "cli/same_bits.h"

#include <gtest/gtest.h>

#include <cmath>

namespace actinide::cli {
namespace {

NamedKernel kernel_of(const char *activation, Tier tier, DType dtype = DType::f32, Pass pass = Pass::forward) {
  return {std::string(activation), Compiler().kernel(activation, pass, dtype, {.tier = tier})};
}

TEST(CompareBits, FindsWhatDiffers) {
  const NamedKernel kernels[] = {kernel_of("silu", Tier::standard), kernel_of("silu", Tier::faithful)};
  const PointSet points = log_uniform(DType::f32, 200'000, 5);
  const BitComparison result = compare_bits(kernels, points);
  EXPECT_EQ(result.points, points.size);
  EXPECT_GT(result.different, 100u);
  EXPECT_LT(result.different, points.size / 2);
  EXPECT_TRUE(result.first_difference.starts_with("at x = ")) << result.first_difference;
}

TEST(CompareBits, TellsTheSignsOfZerosApart) {
  const NamedKernel kernels[] = {kernel_of("identity", Tier::standard), kernel_of("f(x) = x + 0", Tier::standard),
                                 kernel_of("f(x) = max(x, 0) + min(x, 0)", Tier::standard)};
  const BitComparison numbers = compare_bits(kernels, listed("some", {1, -1, 0.5, INFINITY, NAN}));
  EXPECT_EQ(numbers.different, 0u) << numbers.first_difference;
  const NamedKernel signs[] = {kernel_of("relu", Tier::standard), kernel_of("gelu", Tier::standard)};
  EXPECT_EQ(compare_bits(signs, listed("zeros", {-0.0, 0.0})).different, 1u);
}

struct Case {
  const char *activation;
  Pass pass;
  DType dtype;
};
class SameBits : public ::testing::TestWithParam<Case> {};
const Case cases[] = {{"gelu", Pass::forward, DType::f32},         {"mish", Pass::derivative, DType::f32},
                      {"softplus", Pass::forward, DType::f64},     {"silu", Pass::backward, DType::bf16},
                      {"sin", Pass::forward_backward, DType::f32}, {"tanh", Pass::forward, DType::f16},
                      {"geglu", Pass::backward, DType::f64}};
INSTANTIATE_TEST_SUITE_P(Kernels, SameBits, ::testing::ValuesIn(cases), [](const auto &test) {
  return std::string(test.param.activation) + "_" + std::string(to_string(test.param.pass)) + "_" +
         std::string(to_string(test.param.dtype));
});

TEST_P(SameBits, WhateverTheTargetAndTheSchedule) {
  const auto &[activation, pass, dtype] = GetParam();
  const std::vector<NamedKernel> kernels = kernels_of_same_bits(activation, pass, dtype, Tier::standard);
  EXPECT_GT(kernels.size(), 3u);
  const BitComparison result = compare_bits(kernels, standard_points(dtype, 100'000, 7));
  EXPECT_EQ(result.different, 0u) << result.first_difference;
}

}  // namespace
}  // namespace actinide::cli
