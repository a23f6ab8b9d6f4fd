// ptxas assembles every kernel of the table for every CUDA target, and keeps all of it in registers. Where there is no
// ptxas, the interpreter's reader at least knows every line.
#include "aot/ptxas.h"
#include "cuda_kernel.h"
#include "tests/kernels/shaped_cases.h"
#include "tests/ptx/support.h"

#include <gtest/gtest.h>

namespace actinide::ptx {
namespace {

const std::optional<aot::Ptxas> &assembler() {
  static const std::optional<aot::Ptxas> found = aot::Ptxas::find();
  return found;
}

std::vector<Target> cuda_targets() {
  std::vector<Target> chosen;
  std::ranges::copy_if(all_targets(), std::back_inserter(chosen), &Target::is_cuda);
  return chosen;
}

class Assembler : public testing::TestWithParam<KernelCase> {};

/// `read`: the entries that the reader finds.
void expect_nothing_spilled(const std::string &ptx, const Target &target, const std::vector<Kernel> &read) {
  const auto usage = assembler()->assemble(ptx, target);
  ASSERT_TRUE(usage) << "ptxas " << assembler()->version() << " doesn't know the target; take one that does";
  ASSERT_EQ(usage->size(), read.size());
  for (const aot::EntryUsage &entry : *usage) {
    SCOPED_TRACE(entry.entry);
    EXPECT_NE(std::ranges::find(read, entry.entry, &Kernel::name), read.end());
    EXPECT_GT(entry.registers, 0);
    EXPECT_LE(entry.registers, 255);
    EXPECT_EQ(entry.stack_bytes, 0);
    EXPECT_EQ(entry.spill_bytes, 0);
  }
}

void expect_everything_in_registers(const KernelRequest &request, const Target &target) {
  SCOPED_TRACE(target.name);
  const std::string ptx = cuda_ptx(request, target, "kernel");
  const std::vector<Kernel> read = read_module(ptx);
  EXPECT_EQ(read.size(), cuda_launch(request, {&target, 1}, "kernel").entries.size());
  if (assembler()) expect_nothing_spilled(ptx, target, read);
}

TEST_P(Assembler, KeepsEverythingInRegisters) {
  for (const Target &target : cuda_targets()) expect_everything_in_registers(GetParam().request(), target);
  if (!assembler()) GTEST_SKIP() << "no ptxas here: the reader alone has seen the PTX";
}

INSTANTIATE_TEST_SUITE_P(Table, Assembler, testing::ValuesIn(cuda_cases()),
                         [](const auto &info) { return info.param.name(); });

using testing_support::ShapedCase;
class ShapedAssembler : public testing::TestWithParam<ShapedCase> {};

TEST_P(ShapedAssembler, KeepsEverythingInRegisters) {
  expect_everything_in_registers(GetParam().request(), parse_target("cuda-sm90"));
  if (!assembler()) GTEST_SKIP() << "no ptxas here: the reader alone has seen the PTX";
}

INSTANTIATE_TEST_SUITE_P(Table, ShapedAssembler, testing::ValuesIn(testing_support::shaped_cases()),
                         [](const auto &info) { return info.param.name(); });

}  // namespace
}  // namespace actinide::ptx
