// x f(gate) in plain f32, for pairs of numbers of f32 and of 16 bits. The product may have a mantissa just below 2
// where f's is just above 1: then f's relative error counts twice. And x may be so large that the smallest f matters.
#include "expression/reference.h"
#include "tests/kernels/gated_cases.h"
#include "tests/kernels/number_kernel.h"

#include <gtest/gtest.h>

#include <iostream>
#include <limits>
#include <set>

namespace actinide::testing_support {
namespace {

std::string case_name(const testing::TestParamInfo<GatedCase> &info) {
  return signature_of(info.param.request()).base_name();
}

class Gated : public testing::TestWithParam<GatedCase> {
 protected:
  Gated()
      : request(GetParam().request()),
        reference(request.definition.body, request.definition.inputs),
        kernel(request, compiler().kernel(GetParam().activation, request.pass, request.dtype)),
        format(float_format(request.dtype)) {}

  Judgement judge(double y, double x, double gate) const {
    const std::array<double, 2> inputs{x, gate};
    return reference.judge(y, inputs, request.dtype);
  }

  const KernelRequest request;
  const Reference reference;
  const NumberKernel kernel;
  const FloatFormat &format;
};

INSTANTIATE_TEST_SUITE_P(Table, Gated, testing::ValuesIn(gated_in_f32(Pass::forward)), case_name);

/// All exponents; where functions bend; next to what decides how a kernel scales; and from where on nothing is left of
/// the largest x.
std::vector<double> gates() {
  std::vector<double> points(1 << 11);
  log_uniform(DType::f32, points.size(), 20240229).fill(0, points);
  constexpr int steps = 1 << 12;
  for (int i = 0; i < steps; ++i) {
    points.push_back(-20 + 25.0 * i / steps);
    points.push_back(-215 + 200.0 * i / steps);
  }
  const std::vector<double> edges = {-80, -88.03, -88.25, 18.75, -5.3, 0x1p-70, -0x1p-70, 0x1p-126, -0x1p-149};
  const std::vector<double> near = neighbourhoods(edges, DType::f32, 16);
  points.insert(points.end(), near.begin(), near.end());
  return points;
}

TEST_P(Gated, KeepsTheBoundForAnyPair) {
  const bool rounds_once = is_16_bit(request.dtype);
  const int least = format.least + format.digits;  // 2^least and more are normal
  std::vector<double> x, gate;
  std::set<double> known;  // many points are the same number of 16 bits
  for (const double point : gates()) {
    const double g = kernel.nearest(point);
    if (std::isinf(g) || !known.insert(g).second) continue;
    const double factor = std::fabs(reference.rounded({{1.0, g}}, DType::f64));
    if (factor == 0 || !std::isfinite(factor)) continue;
    for (const int exponent : {least - 3, least, least / 2, 0, format.top / 2, format.top - 1}) {
      const double just_below_two = 2 - 0x1p-22 * static_cast<double>(1 + gate.size() % 5);
      const double wanted = kernel.nearest(std::ldexp(just_below_two, exponent) / factor);
      if (wanted == 0 || std::isinf(wanted)) continue;
      x.push_back(gate.size() % 2 == 0 ? wanted : -wanted);
      gate.push_back(g);
    }
  }
  const std::vector<double> y = kernel.outputs(x, gate);
  std::size_t worst = 0, counted = 0;
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Judgement judgement = judge(y[i], x[i], gate[i]);
    if (!rounds_once && std::fabs(judgement.nearest) < format.least_normal()) continue;
    ++counted;
    if (judgement.ulp > most) most = judgement.ulp, worst = i;
  }
  std::cout << counted << " pairs, " << most << " ULP at x = " << x[worst] << ", gate = " << gate[worst] << "\n";
  EXPECT_GT(counted, std::size_t{1} << 10);
  EXPECT_LE(most, rounds_once ? 0.501 : 4) << std::hexfloat << x[worst] << " " << gate[worst] << ": got " << y[worst];
}

TEST_P(Gated, IsInfiniteWhereOneInputIs) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double largest = format.largest();
  std::vector<double> x, gate;
  for (const double g : {-largest, -300.0, -190.0, -85.0, -1.0, -1e-30, -1e-42, 1e-45, 1.0, 30.0, largest, infinity})
    for (const double sign : {-1.0, 1.0}) {
      x.push_back(sign * infinity);
      gate.push_back(kernel.nearest(g));
      x.push_back(sign * 3);
      gate.push_back(infinity);
    }
  const std::vector<double> y = kernel.outputs(x, gate);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = reference.rounded({{x[i], gate[i]}}, request.dtype);
    if (exact == 0 || std::isnan(exact)) continue;  // infinity times an exact 0 is NaN, as in IEEE arithmetic
    EXPECT_EQ(y[i], exact) << x[i] << ", " << gate[i];
  }
}

}  // namespace
}  // namespace actinide::testing_support
