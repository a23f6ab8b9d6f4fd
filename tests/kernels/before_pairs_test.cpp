// The tier `exact` of f32 computes in f64 first, and relies on what that may be off by. Here all of it is measured:
// at any input f64 is as near as is claimed, unless it says that it isn't, or nothing is left of the difference.
#include "approximation/chain.h"
#include "contract.h"
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

std::vector<KernelCase> computed_in_f64_first() {
  std::vector<KernelCase> cases;
  for (const Activation &row : all_activations())
    for (const Pass pass : {Pass::forward, Pass::derivative}) {
      const KernelCase one{std::string(row.name), pass, DType::f32, Tier::exact};
      if (row.shape != ShapeClass::element || reason_undefined(row, pass)) continue;
      if (precision_of(one.request(), parse_target("x86-64-v3")).compute == Compute::f64_then_pair)
        cases.push_back(one);
    }
  return cases;
}

class BeforePairs : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, BeforePairs, testing::ValuesIn(computed_in_f64_first()),
                         [](const auto &info) { return info.param.name(); });

/// Everywhere, densely where functions bend, and next to roots and to 0, from far to near.
std::vector<double> points() {
  std::vector<double> x(1 << 12);
  log_uniform(DType::f32, x.size(), 20261127).fill(0, x);
  constexpr int steps = 1 << 12;
  for (int i = 0; i < steps; ++i) x.push_back(-20 + 40.0 * i / steps);
  for (const double root : {0.0, -1.2784645, -0.7517915, -0.7524614, -1.1924, -0.7511, -3.0, -1.5, 2.0, 0.5})
    for (int step = 0; step <= 75; ++step)
      for (const double side : {-1.0, 1.0}) x.push_back(root + side * 0x1p-24 * std::exp2(step / 3.0));
  for (double &number : x) number = static_cast<float>(number);
  return x;
}

struct Counted {
  std::size_t all = 0, open = 0;
};

/// Of an output of a row, by each input, others being between 1/2 and 2, at these parameters.
void expect_near(const Stages &stages, const Program &program, std::size_t output,
                 const std::vector<double> &parameters, Counted &counted) {
  const std::vector<std::string> &inputs = stages.exact.inputs;
  std::vector<std::string> names = inputs;
  names.insert(names.end(), stages.exact.parameters.begin(), stages.exact.parameters.end());
  const auto &[name, expression] = stages.exact.outputs[output];
  const Reference reference(expression, names);
  std::mt19937_64 random(20261127);
  std::uniform_real_distribution<double> other(0.5, 2);
  for (std::size_t varying = 0; varying < inputs.size(); ++varying) {
    for (const double x : points()) {
      std::vector<double> at(inputs.size());
      for (double &number : at) number = static_cast<float>(other(random));
      at[varying] = x;
      const std::vector<double> results = interpret(program, at, parameters);
      ++counted.all;
      const bool is_open = program.outputs.back().name == kOpen && results.back() != 0;
      counted.open += is_open ? 1 : 0;
      if (is_open) continue;
      at.insert(at.end(), parameters.begin(), parameters.end());
      const double exact = reference.rounded(at, DType::f64), computed = results[output];
      constexpr double nothing = 0x1p-151;  // a quarter of the smallest number
      if (std::isnan(exact) ? std::isnan(computed) : computed == exact) continue;
      if (std::fabs(exact) < nothing && std::fabs(computed) < nothing) continue;
      if (std::fabs(computed - exact) <= std::ldexp(std::fabs(exact), -kSureBits)) continue;
      // A number of f32 that f tends to, or x that f differs from by less and less: more of them isn't computed.
      const double nearest = reference.rounded(at, DType::f32), quarter = std::ldexp(1, std::ilogb(exact) - 25);
      const bool is_seen = std::fmax(std::fabs(computed - nearest), std::fabs(exact - nearest)) > quarter;
      ASSERT_FALSE(is_seen) << name << " at " << testing::PrintToString(at) << ": " << std::hexfloat << computed
                            << ", exactly " << exact;
    }
  }
}

/// With the defaults of the parameters, and with others, as far as they are allowed.
TEST_P(BeforePairs, NumbersAreAsNearAsClaimed) {
  const KernelRequest request = GetParam().request();
  const Stages stages = make_stages(request, parse_target("x86-64-v3"));
  const Program program = program_before_pairs(stages.stable, DType::f32);
  const std::vector<double> defaults = default_parameters(request);
  Counted counted;
  for (const double scale : {1.0, 0.3, 3.1}) {
    if (scale != 1 && defaults.empty()) continue;
    std::vector<double> parameters;
    bool allowed = true;
    for (std::size_t i = 0; i < defaults.size(); ++i) {
      parameters.push_back(static_cast<float>(scale * defaults[i]));
      const Constraint *const constraint = find_constraint(*request.row, request.definition.parameters[i].name);
      allowed &= !constraint || constraint->allows(Rational(parameters.back()));
    }
    for (std::size_t output = 0; allowed && output < stages.exact.outputs.size(); ++output)
      expect_near(stages, program, output, parameters, counted);
  }
  std::cout << counted.open << " of " << counted.all << " are left open\n";
  EXPECT_LT(counted.open, counted.all / 2);
}

}  // namespace
}  // namespace actinide::testing_support
