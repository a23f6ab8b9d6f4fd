// compiler/swept_table.cpp holds what the sweeps of plain f32 arithmetic give, to the last exception.
#include "swept.h"

#include "expression/printer.h"
#include "expression/reference.h"
#include "row_text.h"
#include "tests/kernels/kernel_case.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace actinide::testing_support {
namespace {

/// The row's request with the default values of its parameters compiled in.
KernelRequest request_of(const std::string &activation, Pass pass, DType dtype) {
  const Activation &row = *find_activation(activation);
  std::vector<std::string> values;
  for (const Parameter &parameter : definition_of(row).parameters)
    values.push_back(fmt::format("{}={}", parameter.name, to_text(constant(parameter.default_value))));
  const std::string text = values.empty() ? activation : fmt::format("{}({})", activation, fmt::join(values, ", "));
  return parse_kernel_request(text, pass, dtype, Tier::standard);
}

/// The inputs at which plain f32 arithmetic doesn't give the exact result rounded to nearest.
std::vector<std::uint16_t> measured(const std::string &activation, Pass pass, DType dtype) {
  const KernelRequest request = request_of(activation, pass, dtype);
  const Stages stages = make_stages(request, parse_target("x86-64-v3"));
  const Program program = build_program(off_ties(request, stages.stable), dtype, {Compute::f32, swept_bits(dtype)});
  const Reference reference(stages.exact.outputs.at(0).second, stages.exact.inputs);
  std::vector<std::uint16_t> wrong;
  for (int i = 0; i < 1 << 16; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const double x = decode_16_bit(bits, dtype);
    const double y = interpret(program, {&x, 1}, {})[0];
    if (!reference.judge(y, {&x, 1}, dtype).correctly_rounded) wrong.push_back(bits);
  }
  return wrong;
}

struct Case {
  std::string activation;
  Pass pass;
  DType dtype;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Activation &row : all_activations()) {
    if (row.shape != ShapeClass::element || definition_of(row).inputs.size() > 1) continue;
    for (Pass pass : {Pass::forward, Pass::derivative})
      for (DType dtype : {DType::f16, DType::bf16}) cases.push_back({std::string(row.name), pass, dtype});
  }
  return cases;
}

class Swept : public testing::TestWithParam<SweptKernel> {};

TEST_P(Swept, LooksUpWhatItMust) {
  const SweptKernel &kernel = GetParam();
  EXPECT_EQ(kernel.exceptions, measured(std::string(kernel.activation), kernel.pass, kernel.dtype))
      << "run tools/update_swept";
}

INSTANTIATE_TEST_SUITE_P(Table, Swept, testing::ValuesIn(swept_kernels().begin(), swept_kernels().end()),
                         [](const auto &test) {
                           return fmt::format("{}_{}_{}", test.param.activation, to_string(test.param.pass),
                                              to_string(test.param.dtype));
                         });

/// The file's text. More exceptions than this cost more than f64 does.
std::string table_text() {
  constexpr std::size_t most = 16;
  std::string text =
      "// Written by tools/update_swept: don't edit.\n#include \"swept.h\"\n\nnamespace actinide {\n\n"
      "std::span<const SweptKernel> swept_kernels() {\n"
      "  static const std::vector<SweptKernel> table = {\n";
  for (const Case &c : all_cases()) {
    std::vector<std::string> exceptions;
    for (std::uint16_t bits : measured(c.activation, c.pass, c.dtype))
      exceptions.push_back(fmt::format("{:#06x}", bits));
    if (exceptions.size() > most) continue;
    text += fmt::format("      {{\"{}\", Pass::{}, DType::{}, {{{}}}}},\n", c.activation, to_string(c.pass),
                        to_string(c.dtype), fmt::join(exceptions, ", "));
  }
  return text + "  };\n  return table;\n}\n\n}  // namespace actinide\n";
}

TEST(Sweep, DISABLED_PrintsTheTable) {
  std::cout << table_text();
}

}  // namespace
}  // namespace actinide::testing_support
