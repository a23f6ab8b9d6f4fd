// x f(gate) in plain f32, for pairs of numbers. The product may have a mantissa just below 2 where f's is just above 1:
// then f's relative error counts twice. And x may be so large that the smallest f matters.
#include "contract.h"
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>
#include <limits>

namespace actinide::testing_support {
namespace {

KernelRequest request_of(const std::string &name) {
  return parse_kernel_request(name, Pass::forward, DType::f32, Tier::standard);
}

/// All of two inputs, without parameters, whose kernels compute in f32.
std::vector<std::string> gated_in_f32() {
  std::vector<std::string> names;
  for (const Activation &row : all_activations()) {
    if (row.shape != ShapeClass::element || !definition_of(row).parameters.empty()) continue;
    const bool has_gate = definition_of(row).inputs.size() == 2;
    const std::string name = has_gate ? std::string(row.name) : "gated(" + std::string(row.name) + ")";
    if (precision_of(request_of(name), parse_target("x86-64-v3")).compute == Compute::f32) names.push_back(name);
  }
  return names;
}

std::string case_name(const testing::TestParamInfo<std::string> &info) {
  return signature_of(request_of(info.param)).base_name();
}

class Gated : public testing::TestWithParam<std::string> {
 protected:
  Gated()
      : request(request_of(GetParam())),
        reference(request.definition.body, request.definition.inputs),
        kernel(compiler().kernel(GetParam(), Pass::forward, DType::f32)) {}

  std::vector<float> outputs(const std::vector<float> &x, const std::vector<float> &gate) const {
    std::vector<float> a = x, b = gate, y(x.size());
    void *buffers[] = {a.data(), b.data(), y.data()};
    EXPECT_EQ(kernel.run(buffers, y.size(), nullptr), 0);
    return y;
  }

  Judgement judge(float y, float x, float gate) const {
    const std::array<double, 2> inputs{x, gate};
    return reference.judge(y, inputs, DType::f32);
  }

  const KernelRequest request;
  const Reference reference;
  const Kernel kernel;
};

INSTANTIATE_TEST_SUITE_P(Table, Gated, testing::ValuesIn(gated_in_f32()), case_name);

/// All exponents; where functions bend; next to what decides how a kernel scales; and from where on nothing is left of
/// the largest x.
std::vector<double> gates() {
  std::vector<double> points(1 << 13);
  log_uniform(DType::f32, points.size(), 20240229).fill(0, points);
  constexpr int steps = 1 << 14;
  for (int i = 0; i < steps; ++i) {
    points.push_back(static_cast<float>(-20 + 25.0 * i / steps));
    points.push_back(static_cast<float>(-215 + 200.0 * i / steps));
  }
  const std::vector<double> edges = {-80, -88.03, -88.25, 18.75, -5.3, 0x1p-70, -0x1p-70, 0x1p-126, -0x1p-149};
  const std::vector<double> near = neighbourhoods(edges, DType::f32, 16);
  points.insert(points.end(), near.begin(), near.end());
  return points;
}

TEST_P(Gated, KeepsFourUlpForAnyPair) {
  std::vector<float> x, gate;
  for (const double g : gates()) {
    const double factor = std::fabs(reference.rounded({{1.0, g}}, DType::f64));
    if (factor == 0 || !std::isfinite(factor)) continue;
    for (const int exponent : {-125, -64, 0, 64, 127}) {
      const double just_below_two = 2 - 0x1p-22 * static_cast<double>(1 + gate.size() % 5);
      const double wanted = std::ldexp(just_below_two, exponent) / factor;
      if (wanted < std::numeric_limits<float>::denorm_min() || wanted > std::numeric_limits<float>::max()) continue;
      x.push_back(static_cast<float>(gate.size() % 2 == 0 ? wanted : -wanted));
      gate.push_back(static_cast<float>(g));
    }
  }
  const std::vector<float> y = outputs(x, gate);
  std::size_t worst = 0, normal = 0;
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Judgement judgement = judge(y[i], x[i], gate[i]);
    if (std::fabs(judgement.nearest) < std::numeric_limits<float>::min()) continue;
    ++normal;
    if (judgement.ulp > most) most = judgement.ulp, worst = i;
  }
  std::cout << normal << " pairs, " << most << " ULP at x = " << x[worst] << ", gate = " << gate[worst] << "\n";
  EXPECT_GT(normal, std::size_t{1} << 14);
  EXPECT_LE(most, 4) << std::hexfloat << x[worst] << " " << gate[worst] << ": got " << y[worst];
}

TEST_P(Gated, IsInfiniteWhereOneInputIs) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
  std::vector<float> x, gate;
  for (const float g :
       {-largest, -300.0f, -190.0f, -85.0f, -1.0f, -1e-30f, -1e-42f, 1e-45f, 1.0f, 30.0f, largest, infinity})
    for (const float sign : {-1.0f, 1.0f}) {
      x.push_back(sign * infinity);
      gate.push_back(g);
      x.push_back(sign * 3);
      gate.push_back(infinity);
    }
  const std::vector<float> y = outputs(x, gate);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = reference.rounded({{x[i], gate[i]}}, DType::f32);
    if (exact == 0 || std::isnan(exact)) continue;  // infinity times an exact 0 is NaN, as in IEEE arithmetic
    EXPECT_EQ(static_cast<double>(y[i]), exact) << x[i] << ", " << gate[i];
  }
}

}  // namespace
}  // namespace actinide::testing_support
