// Products with a function in the tier `exact`: small whole factors, times what the function is as good as next to 0
// and far out, are as often the middle of two numbers as not. Which one is nearest no pair of f64 shows.
#include "expression/reference.h"
#include "passes.h"
#include "tests/kernels/kernel_case.h"
#include "tests/kernels/number_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20261127;

struct ProductCase {
  std::string activation;
  Pass pass;

  KernelRequest request() const { return parse_kernel_request(activation, pass, DType::f32, Tier::exact); }
};

std::vector<ProductCase> products() {
  std::vector<ProductCase> cases;
  for (const Activation &row : all_activations()) {
    if (row.shape != ShapeClass::element || !definition_of(row).parameters.empty()) continue;
    const std::string name(row.name);
    const bool has_gate = definition_of(row).inputs.size() == 2;
    cases.push_back({has_gate ? name : "gated(" + name + ")", Pass::forward});
    if (has_gate) cases.push_back({name, Pass::derivative});
    if (!has_gate && !reason_undefined(row, Pass::backward)) cases.push_back({name, Pass::backward});
  }
  return cases;
}

class ExactProducts : public testing::TestWithParam<ProductCase> {};

INSTANTIATE_TEST_SUITE_P(Table, ExactProducts, testing::ValuesIn(products()),
                         [](const auto &info) { return signature_of(info.param.request()).base_name(); });

/// Where functions come near to numbers and lines.
std::vector<double> arguments() {
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> mantissa(1, 2), far(8, 40);
  std::uniform_int_distribution<int> least(-149, -50), near(-50, 3);
  std::vector<double> points;
  for (int i = 0; i < 100; ++i) {
    for (const double size : {std::ldexp(mantissa(random), least(random)), std::ldexp(mantissa(random), near(random)),
                              far(random), std::ldexp(std::floor(8 * mantissa(random)), least(random))}) {
      points.push_back(size);
      points.push_back(-size);
    }
  }
  return points;
}

/// Whether so many bits tell f from a short number: where they don't, no one decides on which side of it f lies.
bool is_long(const Reference &reference, std::size_t inputs, double at) {
  std::vector<double> ones(inputs, 1.0);
  ones.back() = at;
  mpfr_t value;
  mpfr_init2(value, 800);
  reference.evaluate(value, ones);
  const bool result = mpfr_min_prec(value) > 200;
  mpfr_clear(value);
  return result;
}

TEST_P(ExactProducts, AreTheNearestNumbersForWholeFactors) {
  const KernelRequest request = GetParam().request();
  const PassKernel exact = apply_pass(request);
  const NumberKernel kernel(
      request, compiler().kernel(GetParam().activation, request.pass, request.dtype, {.tier = Tier::exact}));
  const std::vector<std::string> &names = exact.symbols.inputs;
  constexpr std::size_t kTurns = 4;
  const std::vector<double> points = arguments();
  std::vector<std::vector<double>> inputs(names.size());
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<int> whole(0, 15), least(-149, -146);
  for (const double point : points) {
    for (std::size_t turn = 0; turn < kTurns; ++turn) {
      for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        const int exponent = turn == 0 ? least(random) : static_cast<int>(turn) * 20 - 40;
        const double factor = std::ldexp(2 * whole(random) + 1, exponent);
        inputs[i].push_back(random() % 2 == 0 ? factor : -factor);
      }
      inputs.back().push_back(kernel.nearest(point));
    }
  }
  const auto results = kernel.all_outputs(inputs, exact.symbols.outputs.size());
  for (std::size_t output = 0; output < results.size(); ++output) {
    const auto &[name, expression] = exact.symbols.outputs[output];
    const Reference reference(expression, names);
    const bool is_short = !is_long(reference, names.size(), 0.75);  // a rational function: every result is decided
    std::size_t wrong = 0, counted = 0;
    std::vector<double> at(names.size()), first;
    for (std::size_t point = 0; point < points.size(); ++point) {
      if (!is_short && !is_long(reference, names.size(), inputs.back()[kTurns * point])) continue;
      for (std::size_t i = kTurns * point; i < kTurns * (point + 1); ++i) {
        for (std::size_t k = 0; k < names.size(); ++k) at[k] = inputs[k][i];
        ++counted;
        if (reference.judge(results[output][i], at, request.dtype, true).correctly_rounded) continue;
        if (++wrong == 1) first = at;
      }
    }
    EXPECT_GT(counted, results[output].size() / 4);
    EXPECT_EQ(wrong, 0) << "of " << counted << " " << name << ", the first at " << std::hexfloat
                        << testing::PrintToString(first) << " of " << testing::PrintToString(names) << "\n";
  }
}

}  // namespace
}  // namespace actinide::testing_support
