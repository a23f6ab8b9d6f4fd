// The same bits on every target with fma, and the interpreter's; without fma, the same function.
#include "approximation/program.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <iostream>

namespace actinide::testing_support {
namespace {

class Targets : public testing::TestWithParam<KernelCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Targets, testing::ValuesIn(kernel_cases()),
                         [](const auto &info) { return info.param.name(); });

template <typename T>
void expect_bits_of_the_program(const KernelCase &c, const Target &target) {
  const Compiler compiler({.target = target.name});
  const Kernel kernel = compiler.kernel(c.activation, c.pass, c.dtype, {.tier = c.tier});
  constexpr std::size_t kCount = 4096;
  const auto inputs = inputs_for<T>(kernel, kCount);
  const auto outputs = run<T>(kernel, inputs);
  const Program program = make_stages(c.request(), target).program;
  std::vector<double> defaults;
  for (const KernelParameter &parameter : kernel.info().parameters) defaults.push_back(parameter.default_value);
  for (std::size_t i = 0; i < kCount; ++i) {
    std::vector<double> element;
    for (const auto &input : inputs) element.push_back(static_cast<double>(input[i]));
    const std::vector<double> expected = interpret(program, element, defaults);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      ASSERT_EQ(bits(outputs[k][i]), bits(static_cast<T>(expected[k])))
          << target.name << ", x = " << element.back() << ": got " << static_cast<double>(outputs[k][i])
          << ", the program gives " << expected[k];
  }
}

TEST_P(Targets, GiveTheBitsOfTheProgram) {
  const KernelCase &c = GetParam();
  for (const Target &target : all_targets()) {
    if (!target.has_fma) continue;
    if (target.architecture != host_target().architecture) continue;  // tests/aarch64
    if (!runs_here(target)) {
      std::cout << "SKIPPED: this CPU doesn't run " << target.name << "; tests/codegen checks what is emitted for it\n";
      continue;
    }
    with_element(c.dtype, [&]<typename T>(T) { expect_bits_of_the_program<T>(c, target); });
  }
}

}  // namespace
}  // namespace actinide::testing_support
