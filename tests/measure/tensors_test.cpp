// What is in the tensors that kernels are measured with, and where they lie.
#include "element.h"
#include "measure/tensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>

namespace actinide::speed {
namespace {

class OfEachDType : public testing::TestWithParam<DType> {
 protected:
  static std::vector<double> numbers(Distribution distribution, std::size_t n = 100'000) {
    const TensorPlan plan{GetParam(), n, distribution};
    const Tensors tensors({&plan, 1});
    std::vector<double> values(n);
    with_element(GetParam(), [&]<typename T>(T) {
      for (std::size_t i = 0; i < n; ++i)
        values[i] = static_cast<double>(static_cast<const T *>(tensors.buffers()[0])[i]);
    });
    return values;
  }
  // Within six standard errors of both moments, and what rounding to bf16 adds.
  static void expect_normal(Distribution distribution, double deviation) {
    const std::vector<double> values = numbers(distribution);
    double sum = 0, squares = 0;
    for (const double value : values) {
      sum += value;
      squares += value * value;
    }
    const auto n = static_cast<double>(values.size());
    EXPECT_NEAR(sum / n, 0, 6 * deviation / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), deviation, 6 * deviation / std::sqrt(2 * n) + 1e-4 * deviation);
  }
};

TEST_P(OfEachDType, Normal) {
  expect_normal(Distribution::normal, 1);
  expect_normal(Distribution::wide, 3);
}

TEST_P(OfEachDType, AllHasEveryExponentAndSignAndOnlyFiniteNumbers) {
  std::set<int> exponents;
  bool negative = false, positive = false;
  for (const double value : numbers(Distribution::all)) {
    ASSERT_TRUE(std::isfinite(value));
    (value < 0 ? negative : positive) = true;
    if (std::fabs(value) >= float_format(GetParam()).least_normal()) exponents.insert(std::ilogb(value));
  }
  const FloatFormat &format = float_format(GetParam());
  const int all = format.top - std::ilogb(format.least_normal());
  EXPECT_EQ(exponents.size(), static_cast<std::size_t>(all));
  EXPECT_TRUE(negative && positive);
}

TEST_P(OfEachDType, ZerosAreZeroAndEveryRunIsTheSame) {
  for (const double value : numbers(Distribution::zero, 1000)) ASSERT_EQ(value, 0);
  EXPECT_EQ(numbers(Distribution::normal, 1000), numbers(Distribution::normal, 1000));
}

INSTANTIATE_TEST_SUITE_P(Tensors, OfEachDType, testing::ValuesIn(all_dtypes()),
                         [](const auto &info) { return std::string(to_string(info.param)); });

TEST(Tensors, AreAlignedApartAndHaveRoomAfterThem) {
  const TensorPlan plans[] = {{DType::f32, 1000, Distribution::normal},
                              {DType::f64, 3, Distribution::normal},
                              {DType::bf16, 1'100'000, Distribution::zero}};
  const Tensors tensors(plans);
  std::uintptr_t end = 0;
  for (std::size_t i = 0; i < std::size(plans); ++i) {
    const auto begin = reinterpret_cast<std::uintptr_t>(tensors.buffers()[i]);
    EXPECT_EQ(begin % Tensors::kAlignment, 0u);
    EXPECT_GE(begin, end);
    end = begin + plans[i].elements * size_of(plans[i].dtype) + Tensors::kRoomAfter;
    *reinterpret_cast<char *>(end - 1) = 1;
  }
  const auto page_offset = [&](std::size_t i) { return reinterpret_cast<std::uintptr_t>(tensors.buffers()[i]) % 4096; };
  EXPECT_NE(page_offset(0), page_offset(1));
  EXPECT_NE(page_offset(1), page_offset(2));
}

}  // namespace
}  // namespace actinide::speed
