// What the literature says of the rectifier family, shown on compiled kernels.
#include "actinide/jit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace actinide {
namespace {

using Values = std::vector<double>;

Values run(const std::string &activation, const Values &x, Pass pass = Pass::forward) {
  static const Compiler compiler;
  Values y(x.size());
  const auto kernel = compiler.elementwise<double>(activation, pass);
  if (pass == Pass::backward)
    kernel(Values(x.size(), 1.0), x, y);
  else
    kernel(x, y);
  return y;
}

// Steps of 1/64 over [low, high].
Values grid(double low, double high) {
  Values x;
  for (double at = low; at <= high; at += 0x1p-6) x.push_back(at);
  return x;
}

void expect_near(const Values &a, const Values &b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * std::abs(b[i])) << "element " << i;
}

TEST(Relu, IsSparseOnSymmetricInput) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  Values x(100'000);
  for (double &value : x) value = normal(random);
  const Values y = run("relu", x);
  const auto zeros = static_cast<double>(std::ranges::count(y, 0.0)) / static_cast<double>(y.size());
  EXPECT_NEAR(zeros, 0.5, 0.005);  // three standard deviations of a fair coin
}

TEST(Relu, ADeadUnitGetsNoGradientWhereItsRelativesDo) {
  const Values x = grid(-5, -1.0 / 64);
  for (const double slope : run("relu", x, Pass::backward)) EXPECT_EQ(slope, 0);
  for (const char *relative : {"leaky_relu", "elu", "softplus", "squareplus", "sigmoid"})
    for (const double slope : run(relative, x, Pass::backward)) EXPECT_GT(slope, 0) << relative;
}

TEST(Relu, IsScaleEquivariant) {
  const Values x = grid(-4, 4);
  for (const double scale : {0.125, 3.7, 1024.0}) {
    Values scaled = x, expected = run("relu", x);
    for (double &value : scaled) value *= scale;
    for (double &value : expected) value *= scale;
    EXPECT_EQ(run("relu", scaled), expected);
  }
}

TEST(LeakyRelu, IsAMaxoutForSlopesUpToOne) {
  const Values x = grid(-4, 4), y = run("leaky_relu(slope=0.25)", x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], std::max(x[i], 0.25 * x[i]));
}

TEST(Softplus, IsConvexAndAboveRelu) {
  const Values x = grid(-30, 30), y = run("softplus", x), relu = run("relu", x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_GT(y[i], relu[i]) << x[i];
  const Values slope = run("softplus", x, Pass::derivative);
  for (std::size_t i = 1; i < x.size(); ++i) EXPECT_GT(slope[i], slope[i - 1]) << x[i];
}

TEST(Softplus, HasTheLogisticFunctionAsDerivative) {
  const Values x = grid(-40, 40);
  expect_near(run("softplus", x, Pass::derivative), run("sigmoid", x), 0x1p-51);
}

TEST(Softplus, TendsToReluAsItSharpens) {
  const Values x = grid(-4, 4), relu = run("relu", x);
  for (const char *k : {"4", "64", "1024"}) {
    const Values y = run("softplus(k=" + std::string(k) + ")", x);
    // Furthest at 0, by ln(2)/k.
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_LE(y[i] - relu[i], std::log(2.0) / std::stod(k) * (1 + 0x1p-50));
  }
}

TEST(Softplus, DiffersFromItsMirrorImageByItsArgument) {
  const Values x = grid(-20, 20);
  Values mirrored = x;
  for (double &value : mirrored) value = -value;
  const Values y = run("softplus", x), z = run("softplus", mirrored);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i] - z[i], x[i], 0x1p-48);
}

TEST(Limits, OfParametersAreRelu) {
  const Values x = grid(-8, 8), relu = run("relu", x);
  EXPECT_EQ(run("elu(a=0)", x), relu);
  EXPECT_EQ(run("squareplus(b=0)", x), relu);
}

TEST(Squareplus, ApproachesReluAtBothEnds) {
  const Values x = {-1e9, -1e6, -1e3, 1e3, 1e6, 1e9}, y = run("squareplus", x), relu = run("relu", x);
  // (x + sqrt(x^2 + 4))/2 = relu(x) + 1/|x| - ...
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_LE(y[i] - relu[i], 1.0001 / std::abs(x[i])) << x[i];
}

TEST(Bumps, GeluSiluAndMishAreNegativeLeftOfZeroAndNotMonotone) {
  const Values x = grid(-8, -1.0 / 64);
  for (const char *activation : {"gelu", "silu", "mish"}) {
    const Values y = run(activation, x);
    const auto lowest = std::ranges::min_element(y);
    EXPECT_LT(*lowest, -0.1) << activation;
    EXPECT_GT(y.front(), *lowest) << activation;
    EXPECT_GT(y.back(), *lowest) << activation;
    for (const double value : y) EXPECT_LT(value, 0) << activation;
  }
}

TEST(GeluTanh, IsNearGelu) {
  const Values x = grid(-8, 8), exact = run("gelu", x), approximation = run("gelu_tanh", x);
  double furthest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) furthest = std::max(furthest, std::abs(exact[i] - approximation[i]));
  EXPECT_NEAR(furthest, 4.73e-4, 1e-6);
}

}  // namespace
}  // namespace actinide
