// dx = dy f(gate) and dgate = dy x f'(gate) for any dy, x and gate, or y and both derivatives together: where f32 lacks
// the range for one of the factors, f64 computes them, lane by lane.
#include "expression/reference.h"
#include "passes.h"
#include "tests/kernels/gated_cases.h"
#include "tests/kernels/number_kernel.h"

#include <gtest/gtest.h>

#include <iostream>
#include <set>

namespace actinide::testing_support {
namespace {

class GatedGradients : public testing::TestWithParam<GatedCase> {
 protected:
  GatedGradients()
      : request(GetParam().request()),
        exact(apply_pass(request)),
        kernel(request, compiler().kernel(GetParam().activation, request.pass, request.dtype)),
        format(float_format(request.dtype)) {}

  const KernelRequest request;
  const PassKernel exact;
  const NumberKernel kernel;
  const FloatFormat &format;
};

/// dx and dgate, or y and the derivatives by both.
std::vector<GatedCase> gradients_in_f32() {
  std::vector<GatedCase> cases = gated_in_f32(Pass::backward), together = gated_in_f32(Pass::forward_backward);
  cases.insert(cases.end(), together.begin(), together.end());
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Table, GatedGradients, testing::ValuesIn(gradients_in_f32()),
                         [](const auto &info) { return signature_of(info.param.request()).base_name(); });

/// Where functions bend, where f32 is left, next to roots of derivatives, and everywhere.
std::vector<double> gates(DType dtype) {
  std::vector<double> points(1 << 9);
  log_uniform(dtype, points.size(), 20261127).fill(0, points);
  constexpr int steps = 1 << 10;
  for (int i = 0; i < steps; ++i) {
    points.push_back(-20 + 25.0 * i / steps);
    points.push_back(-120 + 200.0 * i / steps);
  }
  const std::vector<double> edges = {-45.254834, 45.254834,  -32,    -22.627417, -11.313708, -8,        -1.2784645,
                                     -0.7517915, -0.7524614, -1e-30, 1e-30,      0x1p-126,   -0x1p-149, 0};
  const std::vector<double> near = neighbourhoods(edges, dtype, 16);
  points.insert(points.end(), near.begin(), near.end());
  return points;
}

TEST_P(GatedGradients, KeepTheBoundForAnyFactors) {
  const bool rounds_once = is_16_bit(request.dtype);
  const std::vector<std::string> &names = exact.symbols.inputs;
  std::vector<std::vector<double>> inputs(names.size());
  std::mt19937_64 random(20261127);
  // The largest numbers of f32 itself are a debt of plain arithmetic, see docs/accuracy.md.
  std::uniform_int_distribution<int> any_exponent(format.least, std::min(format.top - 1, 125)), moderate(-8, 8);
  std::uniform_real_distribution<double> mantissa(1, 2);
  const auto factor = [&](bool any) {
    const double size = std::ldexp(mantissa(random), any ? any_exponent(random) : moderate(random));
    return kernel.nearest(random() % 2 == 0 ? size : -size);
  };
  std::set<double> known;  // many points are the same number of 16 bits
  for (const double point : gates(request.dtype)) {
    const double gate = kernel.nearest(point);
    if (std::isinf(gate) || !known.insert(gate).second) continue;
    for (const auto &[dy, x] : {std::pair(false, false), {true, false}, {false, true}, {true, true}}) {
      for (std::size_t i = 0; i < names.size(); ++i)
        inputs[i].push_back(names[i] == "gate" ? gate : factor(names[i] == "dy" ? dy : x));
    }
  }
  const auto results = kernel.all_outputs(inputs, exact.symbols.outputs.size());
  for (std::size_t output = 0; output < results.size(); ++output) {
    const auto &[name, expression] = exact.symbols.outputs[output];
    const Reference reference(expression, names);
    double most = 0;
    std::size_t counted = 0;
    std::vector<double> at(names.size()), worst = at;
    for (std::size_t i = 0; i < results[output].size(); ++i) {
      for (std::size_t k = 0; k < names.size(); ++k) at[k] = inputs[k][i];
      const Judgement judgement = reference.judge(results[output][i], at, request.dtype);
      if (!rounds_once && std::fabs(judgement.nearest) < format.least_normal()) continue;
      ++counted;
      if (judgement.ulp > most) most = judgement.ulp, worst = at;
    }
    std::cout << name << ": " << counted << " results, " << most << " ULP\n";
    EXPECT_GT(counted, std::size_t{1} << 11);
    const double products_of_dy = request.pass == Pass::backward ? 0.5 : 0;
    EXPECT_LE(most, rounds_once ? 0.501 : 4 + products_of_dy)
        << name << " at " << std::hexfloat << testing::PrintToString(worst) << " of " << testing::PrintToString(names);
  }
}

TEST_P(GatedGradients, HaveTheirLimitsWhereTheGateIsInfinite) {
  const std::vector<std::string> &names = exact.symbols.inputs;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::size_t n = 64;
  const double some[] = {-infinity, infinity, -format.largest(), format.largest()};
  std::vector<std::vector<double>> inputs(names.size(), std::vector<double>(n, 1.5));
  const auto gate = static_cast<std::size_t>(std::ranges::find(names, "gate") - names.begin());
  for (std::size_t i = 0; i < n; ++i) inputs[gate][i] = some[i % std::size(some)];
  const auto results = kernel.all_outputs(inputs, exact.symbols.outputs.size());
  for (std::size_t output = 0; output < results.size(); ++output) {
    const auto &[name, expression] = exact.symbols.outputs[output];
    const Reference reference(expression, names);
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> at(names.size(), 1.5);
      at[gate] = inputs[gate][i];
      if (std::isnan(reference.rounded(at, request.dtype))) continue;  // no limit
      const double ulp = reference.ulp_error(results[output][i], at, request.dtype);
      EXPECT_LE(ulp, is_16_bit(request.dtype) ? 0.501 : 4.5)
          << name << " at a gate of " << at[gate] << ": " << results[output][i];
    }
  }
}

TEST_P(GatedGradients, AreNaNWhereAnInputIs) {
  const std::vector<std::string> &names = exact.symbols.inputs;
  for (std::size_t nan = 0; nan < names.size(); ++nan) {
    std::vector<std::vector<double>> inputs(names.size(), std::vector<double>(100, 0.5));
    inputs[nan][37] = std::numeric_limits<double>::quiet_NaN();
    const auto results = kernel.all_outputs(inputs, exact.symbols.outputs.size());
    for (std::size_t output = 0; output < results.size(); ++output) {
      const bool reads = variables(exact.symbols.outputs[output].second).contains(names[nan]);
      EXPECT_EQ(std::isnan(results[output][37]), reads) << exact.symbols.outputs[output].first << " by " << names[nan];
      EXPECT_FALSE(std::isnan(results[output][36]));
    }
  }
}

}  // namespace
}  // namespace actinide::testing_support
