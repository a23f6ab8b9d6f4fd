// compiler/swept_table.cpp holds what the sweeps of plain f32 arithmetic give, to the last exception.
#include "contract.h"

#include "expression/printer.h"
#include "expression/reference.h"
#include "row_text.h"
#include "tests/kernels/kernel_case.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace actinide::testing_support {
namespace {

struct Case {
  std::string activation;
  Pass pass;
  DType dtype;
  bool arguments;
};

/// The row's request, its parameters arguments or their default values compiled in.
KernelRequest request_of(const Case &c) {
  const auto &[activation, pass, dtype, arguments] = c;
  if (arguments) return parse_kernel_request(activation, pass, dtype, Tier::standard);
  const Activation &row = *find_activation(activation);
  std::vector<std::string> values;
  for (const Parameter &parameter : definition_of(row).parameters)
    values.push_back(fmt::format("{}={}", parameter.name, to_text(constant(parameter.default_value))));
  const std::string text = values.empty() ? activation : fmt::format("{}({})", activation, fmt::join(values, ", "));
  return parse_kernel_request(text, pass, dtype, Tier::standard);
}

/// The inputs at which plain f32 arithmetic doesn't give the exact result rounded to nearest.
std::vector<std::uint16_t> measured(const Case &c) {
  const DType dtype = c.dtype;
  const KernelRequest request = request_of(c);
  const Precision precision{Compute::f32, swept_bits(dtype)};
  const Stages stages = stages_in(request, precision);
  const Program program = build_program(stages.stable, dtype, precision, {.instead = off_ties(request)});
  std::vector<std::string> names = stages.exact.inputs;
  names.insert(names.end(), stages.exact.parameters.begin(), stages.exact.parameters.end());
  const Reference reference(stages.exact.outputs.at(0).second, names);
  const std::vector<double> parameters = default_parameters(request);
  std::vector<double> inputs = {0};
  inputs.insert(inputs.end(), parameters.begin(), parameters.end());
  std::vector<std::uint16_t> wrong;
  for (int i = 0; i < 1 << 16; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    inputs[0] = decode_16_bit(bits, dtype);
    const double y = interpret(program, std::span(inputs).first(1), parameters)[0];
    if (!reference.judge(y, inputs, dtype).correctly_rounded) wrong.push_back(bits);
  }
  return wrong;
}

/// As arguments, parameters can have values for which nothing was swept.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Activation &row : all_activations()) {
    if (row.shape != ShapeClass::element || definition_of(row).inputs.size() > 1) continue;
    for (Pass pass : {Pass::forward, Pass::derivative})
      for (DType dtype : {DType::f16, DType::bf16}) {
        const std::string name(row.name);
        cases.push_back({name, pass, dtype, false});
        const Case with_arguments{name, pass, dtype, true};
        if (!definition_of(row).parameters.empty() && rounds_once_in_plain(request_of(with_arguments)))
          cases.push_back(with_arguments);
      }
  }
  return cases;
}

class Swept : public testing::TestWithParam<SweptKernel> {};

TEST_P(Swept, LooksUpWhatItMust) {
  const SweptKernel &kernel = GetParam();
  EXPECT_EQ(kernel.exceptions, measured({std::string(kernel.activation), kernel.pass, kernel.dtype, kernel.arguments}))
      << "run tools/update_swept";
}

INSTANTIATE_TEST_SUITE_P(Table, Swept, testing::ValuesIn(swept_kernels().begin(), swept_kernels().end()),
                         [](const auto &test) {
                           return fmt::format("{}_{}_{}{}", test.param.activation, to_string(test.param.pass),
                                              to_string(test.param.dtype), test.param.arguments ? "_arguments" : "");
                         });

/// With any slope, not only the default: a product of f16 and f32 is exact in f64, from where the test rounds it once.
TEST(Products, OfF16AreTheNearestForAnySlope) {
  const KernelRequest request = parse_kernel_request("leaky_relu", Pass::forward, DType::f16, Tier::standard);
  const Stages stages = make_stages(request, parse_target("x86-64-v3"));
  ASSERT_EQ(stages.precision.compute, Compute::f32_odd);
  const Program &program = stages.kernel.steps.at(0).program;
  constexpr unsigned seed = 1;
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> exponents(-12, 4), mantissas(1, 2);
  for (int trial = 0; trial < 40; ++trial) {
    const float slope = std::copysign(std::exp2(std::floor(exponents(random))) * mantissas(random), trial % 2 - 0.5F);
    for (int i = 0; i < 1 << 16; ++i) {
      const double x = decode_16_bit(static_cast<std::uint16_t>(i), DType::f16);
      if (std::isnan(x)) continue;
      const double y = interpret(program, {{x}}, {{slope}})[0];
      ASSERT_EQ(encode_16_bit(y, DType::f16), encode_16_bit(x > 0 ? x : x * slope, DType::f16))
          << "slope " << slope << ", x " << x << ", seed " << seed;
    }
  }
}

/// The file's text. More exceptions than this cost more than f64 does.
std::string table_text() {
  constexpr std::size_t most = 16;
  std::string text =
      "// Written by tools/update_swept: don't edit.\n#include \"swept.h\"\n\nnamespace actinide {\n\n"
      "std::span<const SweptKernel> swept_kernels() {\n"
      "  static const std::vector<SweptKernel> table = {\n";
  for (const Case &c : all_cases()) {
    std::vector<std::string> exceptions;
    for (std::uint16_t bits : measured(c)) exceptions.push_back(fmt::format("{:#06x}", bits));
    if (exceptions.size() > most) continue;
    text += fmt::format("      {{\"{}\", Pass::{}, DType::{}, {}, {{{}}}}},\n", c.activation, to_string(c.pass),
                        to_string(c.dtype), c.arguments, fmt::join(exceptions, ", "));
  }
  return text + "  };\n  return table;\n}\n\n}  // namespace actinide\n";
}

TEST(Sweep, DISABLED_PrintsTheTable) {
  std::cout << table_text();
}

}  // namespace
}  // namespace actinide::testing_support
