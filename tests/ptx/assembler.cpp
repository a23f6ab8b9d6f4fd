#include "tests/ptx/assembler.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace actinide::ptx {

const std::optional<aot::Ptxas> &assembler() {
  static const std::optional<aot::Ptxas> found = aot::Ptxas::find();
  return found;
}

void expect_everything_in_registers(const std::string &ptx, const Target &target,
                                    const std::vector<std::string> &entries) {
  if (!assembler()) return;
  const auto usage = assembler()->assemble(ptx, target);
  ASSERT_TRUE(usage) << "ptxas " << assembler()->version() << " doesn't know the target; take one that does";
  ASSERT_EQ(usage->size(), entries.size());
  for (const aot::EntryUsage &entry : *usage) {
    SCOPED_TRACE(entry.entry);
    EXPECT_NE(std::ranges::find(entries, entry.entry), entries.end());
    EXPECT_GT(entry.registers, 0);
    EXPECT_LE(entry.registers, 255);
    EXPECT_EQ(entry.stack_bytes, 0);
    EXPECT_EQ(entry.spill_bytes, 0);
  }
}

}  // namespace actinide::ptx
