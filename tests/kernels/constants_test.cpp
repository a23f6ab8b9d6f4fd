// Numbers in a definition, or compiled in for a parameter, that the dtype doesn't hold.
#include "tests/kernels/kernel_case.h"
#include "tests/kernels/number_kernel.h"

#include <gtest/gtest.h>

#include <limits>

namespace actinide::testing_support {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double value_at(const std::string &activation, DType dtype, double x, Pass pass = Pass::forward) {
  const KernelRequest request = parse_kernel_request(activation, pass, dtype, Tier::standard);
  const NumberKernel kernel(request, compiler().kernel(activation, pass, dtype));
  return kernel.all_outputs({{x}}, 1)[0][0];
}

TEST(Constants, BeyondTheDtypeAreComputedAsTheyAre) {
  EXPECT_EQ(value_at("f(x) = 1e39*x", DType::f32, 1), infinity);
  EXPECT_EQ(value_at("f(x) = 1e39*x", DType::f32, 0x1p-20), static_cast<float>(0x1p-20 * 1e39));
  EXPECT_EQ(value_at("f(x) = x*4e38/2", DType::f32, 1), static_cast<float>(2e38));
  EXPECT_EQ(value_at("f(x) = select(x < 1e39, x, 0)", DType::f32, 3), 3);
  EXPECT_EQ(value_at("f(x) = min(x, 3.5e38)", DType::f32, infinity), infinity);
}

TEST(Constants, BeyondTheDtypeAreTakenAsValuesOfParameters) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    EXPECT_EQ(value_at("identity(a=1e39)", dtype, -1), -infinity);
    EXPECT_EQ(value_at("leaky_relu(slope=1e39)", dtype, -1), -infinity);
    EXPECT_EQ(value_at("leaky_relu(slope=1e39)", dtype, -1, Pass::derivative), infinity);
    EXPECT_EQ(value_at("threshold(value=1e39)", dtype, -1), infinity);
    EXPECT_EQ(value_at("clip(high=1e39)", dtype, 5), 5);
  }
}

// `high` has a default below this `low`, but is an argument.
TEST(Constants, LeaveTheOtherParametersToTheCall) {
  std::vector<float> x = {1, 5, 7}, y(x.size());
  void *buffers[] = {x.data(), y.data()};
  const double high = 6;
  ASSERT_EQ(compiler().kernel("clip(low=2)", Pass::forward, DType::f32).run(buffers, x.size(), &high), 0);
  EXPECT_EQ(y, (std::vector<float>{2, 5, 6}));
}

TEST(Constants, BeyondF64AreInfiniteInF64) {
  const std::vector<double> x = {1};
  std::vector<double> y(1);
  compiler().elementwise<double>("f(x) = x + 1e400")(x, y);
  EXPECT_EQ(y[0], infinity);
  compiler().elementwise<double>("f(x) = min(x, 1e400)")(x, y);
  EXPECT_EQ(y[0], 1);
}

}  // namespace
}  // namespace actinide::testing_support
