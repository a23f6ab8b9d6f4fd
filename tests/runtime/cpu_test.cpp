// Detection against the Linux kernel's own list of flags, which accounts for what the operating system enables.
#include "actinide/kernel.h"
#include "actinide/runtime.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Level {
  const char *name;
  uint64_t bit;
  std::vector<std::string> flags;  // of /proc/cpuinfo, beyond the level before
};

// The names of /proc/cpuinfo: pni is SSE3, abm is LZCNT.
const std::vector<Level> levels = {
    {"v2", ACTINIDE_CPU_X86_64_V2, {"pni", "ssse3", "cx16", "sse4_1", "sse4_2", "popcnt", "lahf_lm"}},
    {"v3", ACTINIDE_CPU_X86_64_V3, {"avx", "avx2", "fma", "f16c", "bmi1", "bmi2", "movbe", "abm"}},
    {"v4", ACTINIDE_CPU_X86_64_V4, {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
};

std::set<std::string> flags_of_kernel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

class CpuLevel : public testing::TestWithParam<std::size_t> {};

TEST_P(CpuLevel, AgreesWithTheOperatingSystem) {
  const std::set<std::string> flags = flags_of_kernel();
  if (flags.empty()) GTEST_SKIP() << "no x86 flags in /proc/cpuinfo";
  bool expected = true;
  for (std::size_t level = 0; level <= GetParam(); ++level) {
    for (const std::string &flag : levels[level].flags) expected = expected && flags.contains(flag);
  }
  EXPECT_EQ((actinide_cpu_features() & levels[GetParam()].bit) != 0, expected);
}

INSTANTIATE_TEST_SUITE_P(Levels, CpuLevel, testing::Range<std::size_t>(0, 3),
                         [](const auto &info) { return std::string(levels[info.param].name); });

TEST(Cpu, LevelsImplyEachOther) {
  const uint64_t features = actinide_cpu_features();
  for (std::size_t level = 1; level < levels.size(); ++level) {
    if (features & levels[level].bit) {
      EXPECT_TRUE(features & levels[level - 1].bit) << levels[level].name;
    }
  }
}

TEST(Cpu, AnswersTheSameEachTime) {
  EXPECT_EQ(actinide_cpu_features(), actinide_cpu_features());
}

TEST(Cpu, ReportsNoUnknownBit) {
  EXPECT_EQ(actinide_cpu_features() & ~(ACTINIDE_CPU_X86_64_V2 | ACTINIDE_CPU_X86_64_V3 | ACTINIDE_CPU_X86_64_V4), 0u);
}

}  // namespace
