// ptxas assembles every shaped kernel of the table, and keeps all of it in registers. Where there is no ptxas, the
// interpreter's reader at least knows every line. Element-wise kernels: kernels_test.cpp, which makes their PTX anyway.
#include "tests/ptx/assembler.h"

#include "cuda_kernel.h"
#include "tests/kernels/shaped_cases.h"
#include "tests/ptx/reader.h"

#include <gtest/gtest.h>

namespace actinide::ptx {
namespace {

using testing_support::ShapedCase;
class ShapedAssembler : public testing::TestWithParam<ShapedCase> {};

TEST_P(ShapedAssembler, KeepsEverythingInRegisters) {
  const KernelRequest request = GetParam().request();
  const Target target = parse_target("cuda-sm90");
  const std::string ptx = cuda_ptx(request, target, "kernel");
  std::vector<std::string> entries;
  for (const Kernel &kernel : read_module(ptx)) entries.push_back(kernel.name);
  EXPECT_EQ(entries.size(), cuda_launch(request, {&target, 1}, "kernel").entries.size());
  expect_everything_in_registers(ptx, target, entries);
  if (!assembler()) GTEST_SKIP() << "no ptxas here: the reader alone has seen the PTX, here and in ptx.kernels";
}

INSTANTIATE_TEST_SUITE_P(Table, ShapedAssembler, testing::ValuesIn(testing_support::shaped_cases()),
                         [](const auto &info) { return info.param.name(); });

}  // namespace
}  // namespace actinide::ptx
