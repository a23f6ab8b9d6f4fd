// dy f'(x) in 16 bits, for any dy: f' may stand for its limit only to more digits than the product shows.
#include "contract.h"
#include "expression/reference.h"
#include "passes.h"
#include "tests/kernels/kernel_case.h"
#include "tests/kernels/number_kernel.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

std::vector<KernelCase> backward_of_16_bits() {
  std::vector<KernelCase> cases = kernel_cases({Pass::backward});
  std::erase_if(cases, [](const KernelCase &c) {
    const Definition definition = c.request().definition;
    const bool is_never_but_0 = definition.name == "heaviside";
    return !is_16_bit(c.dtype) || definition.inputs.size() > 1 || is_never_but_0;
  });
  return cases;
}

class Products : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Products, testing::ValuesIn(backward_of_16_bits()),
                         [](const auto &info) { return info.param.name(); });

TEST_P(Products, KeepTheBoundForAnyFactor) {
  const KernelRequest request = GetParam().request();
  const DType dtype = request.dtype;
  const FloatFormat &format = float_format(dtype);
  const NumberKernel kernel(request, compiler().kernel(GetParam().activation, request.pass, dtype));
  const PassKernel exact = apply_pass(request);
  std::vector<std::string> names = exact.symbols.inputs;
  names.insert(names.end(), exact.symbols.parameters.begin(), exact.symbols.parameters.end());
  const Reference reference(exact.symbols.outputs.at(0).second, names);
  const auto values = [defaults = default_parameters(request)](double dy, double x) {
    std::vector<double> all = {dy, x};
    all.insert(all.end(), defaults.begin(), defaults.end());
    return all;
  };

  // Plain f32 keeps no more, see docs/accuracy.md.
  constexpr double least_slope = 0x1p-126, largest_slope = 0x1p127, largest_factor = 0x1p126;
  constexpr int stride = 5;  // of all inputs
  std::vector<double> dy, x;
  for (int bits = 0; bits < 1 << 16; bits += stride) {
    const double at = decode_16_bit(static_cast<std::uint16_t>(bits), dtype);
    const double slope = std::isfinite(at) ? std::fabs(reference.rounded(values(1, at), DType::f64)) : 0;
    if (slope < least_slope || slope > largest_slope) continue;
    for (const int exponent : {format.least + format.digits, 0, format.top - 2}) {
      const double just_below_two = 2 - std::ldexp(static_cast<double>(1 + x.size() % 5), 2 - format.digits);
      const double factor = kernel.nearest(std::ldexp(just_below_two, exponent) / slope);
      if (factor == 0 || std::isinf(factor) || factor > largest_factor) continue;
      dy.push_back(factor);
      x.push_back(at);
    }
  }
  const std::vector<double> dx = kernel.outputs(dy, x);
  double most = 0;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    const double ulp = reference.ulp_error(dx[i], values(dy[i], x[i]), dtype);
    if (ulp > most) most = ulp, worst = i;
  }
  ASSERT_GT(dx.size(), std::size_t{1} << 10);
  std::cout << dx.size() << " pairs, " << most << " ULP\n";
  EXPECT_LE(most, 0.501) << std::hexfloat << "dy = " << dy[worst] << ", x = " << x[worst] << ": got " << dx[worst];
}

}  // namespace
}  // namespace actinide::testing_support
