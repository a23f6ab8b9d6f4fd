// Division without a branch gives the bits of division, from any reciprocal that CUDA may give.
#include "codegen/module.h"
#include "lowering/lower.h"
#include "tests/ptx/support.h"

#include <cmath>
#include <random>

namespace actinide::ptx {
namespace {

/// q = a / b, moderate.
Kernel compile_division() {
  Program program;
  program.inputs = {{"a", DType::f32}, {"b", DType::f32}};
  program.instructions = {{Code::tensor, actinide::Type::f32, {}, 0},
                          {Code::tensor, actinide::Type::f32, {}, 1},
                          {Code::div, actinide::Type::f32, {0, 1}, 1}};
  program.outputs = {{"q", DType::f32, 2}};
  Module module(parse_target("cuda-sm80"), "division");
  module.add_kernel("kernel", lower(program, default_schedule({.cuda = true}), 1));
  module.optimize();
  const std::string text = module.assembly();
  EXPECT_EQ(text.find("div."), std::string::npos) << "it is no division that the branch has been saved of";
  return read_kernel(text, "kernel");
}

void expect_the_quotients(const std::vector<float> &a, const std::vector<float> &b) {
  static const Kernel kernel = compile_division();
  std::vector<float> expected;
  for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(a[i] / b[i]);
  expect_same_bits(run(kernel, Tensors<float>{a, b}, 1, {}, {}), {expected}, {a, b});
}

/// The magnitudes that instructions.def promises.
bool is_moderate(float x) {
  return std::abs(x) >= 0x1p-100f && std::abs(x) <= 0x1p100f;
}

TEST(Division, OfRandomNumbersIsRoundedOnce) {
  constexpr std::uint64_t seed = 20261126;
  std::mt19937_64 random(seed);
  const auto number = [&] {
    const double mantissa = static_cast<double>(0x800000 | (random() & 0x7fffff)) * 0x1p-23;
    const int exponent = static_cast<int>(random() % 200) - 100;
    return static_cast<float>(std::ldexp(random() % 2 == 0 ? mantissa : -mantissa, exponent));
  };
  std::vector<float> a, b;
  while (a.size() < 1 << 20) {
    const float x = number(), y = number();
    if (!is_moderate(x / y)) continue;
    a.push_back(x);
    b.push_back(y);
  }
  expect_the_quotients(a, b);
}

/// Quotients next to a tie: q + half of the last place, times b, rounded, for divisors with every mantissa's last bits
/// and for the largest mantissas, whose reciprocals are the hardest (Markstein 1990).
TEST(Division, OfQuotientsNearTiesIsRoundedOnce) {
  std::mt19937_64 random(20261127);
  std::vector<float> a, b;
  for (std::uint32_t i = 0; i < 1 << 18; ++i) {
    const auto mantissa = static_cast<std::uint32_t>(i < 1 << 12 ? 0x7fffff - i : random() & 0x7fffff);
    const float divisor = std::bit_cast<float>(0x3f800000 | mantissa);
    const double tie = 1 + static_cast<double>(2 * (random() & 0x7fffff) + 1) * 0x1p-24;
    const auto near = static_cast<float>(tie * divisor);
    for (const float dividend : {near, std::nextafter(near, 0.0f), std::nextafter(near, 8.0f)}) {
      a.push_back(dividend);
      b.push_back(divisor);
    }
  }
  expect_the_quotients(a, b);
}

TEST(Division, AtTheLimitsIsRoundedOnce) {
  const float limits[] = {0x1p-100f, 0x1.fffffep-100f, 0x1p-50f, 1, 0x1.fffffep0f, 0x1p50f, 0x1.fffffep99f, 0x1p100f};
  std::vector<float> a, b;
  for (const float x : limits)
    for (const float y : limits)
      for (const float sign : {1.0f, -1.0f})
        if (is_moderate(x / y)) {
          a.push_back(x);
          b.push_back(sign * y);
        }
  expect_the_quotients(a, b);
}

TEST(Division, OfPositiveZeroKeepsTheSignAndOfNanIsNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_the_quotients({0, 0, nan, 1}, {3, -3, 3, nan});
}

}  // namespace
}  // namespace actinide::ptx
