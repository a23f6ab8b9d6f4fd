// Detection against the Linux kernel's own list of flags, which accounts for what the operating system enables.
#include "actinide/kernel.h"
#include "actinide/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Feature {
  const char *name;
  uint64_t bit;
  uint64_t implied;                // the feature that it includes
  std::vector<std::string> flags;  // of /proc/cpuinfo, beyond those of that feature
};

// The names of /proc/cpuinfo: pni is SSE3, abm is LZCNT, fphp and asimdhp are FP16.
const std::vector<Feature> features = {
    {"x86_64_v2", ACTINIDE_CPU_X86_64_V2, 0, {"pni", "ssse3", "cx16", "sse4_1", "sse4_2", "popcnt", "lahf_lm"}},
    {"x86_64_v3",
     ACTINIDE_CPU_X86_64_V3,
     ACTINIDE_CPU_X86_64_V2,
     {"avx", "avx2", "fma", "f16c", "bmi1", "bmi2", "movbe", "abm"}},
    {"x86_64_v4",
     ACTINIDE_CPU_X86_64_V4,
     ACTINIDE_CPU_X86_64_V3,
     {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
    {"aarch64", ACTINIDE_CPU_AARCH64, 0, {"fp", "asimd"}},
    {"aarch64_fp16", ACTINIDE_CPU_AARCH64_FP16, ACTINIDE_CPU_AARCH64, {"fphp", "asimdhp"}},
    {"aarch64_bf16", ACTINIDE_CPU_AARCH64_BF16, ACTINIDE_CPU_AARCH64, {"bf16"}},
    {"aarch64_sve2", ACTINIDE_CPU_AARCH64_SVE2, ACTINIDE_CPU_AARCH64_FP16, {"sve", "sve2"}},
};

std::set<std::string> flags_of_kernel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

bool is_offered(const Feature &feature, const std::set<std::string> &flags) {
  for (const Feature &other : features)
    if (other.bit == feature.implied && !is_offered(other, flags)) return false;
  return std::ranges::all_of(feature.flags, [&](const std::string &flag) { return flags.contains(flag); });
}

class CpuFeature : public testing::TestWithParam<Feature> {};

TEST_P(CpuFeature, AgreesWithTheOperatingSystem) {
  const std::set<std::string> flags = flags_of_kernel();
  if (flags.empty()) GTEST_SKIP() << "no flags in /proc/cpuinfo";
  EXPECT_EQ((actinide_cpu_features() & GetParam().bit) != 0, is_offered(GetParam(), flags));
}

TEST_P(CpuFeature, ComesWithWhatItIncludes) {
  if (actinide_cpu_features() & GetParam().bit) {
    EXPECT_EQ(actinide_cpu_features() & GetParam().implied, GetParam().implied);
  }
}

INSTANTIATE_TEST_SUITE_P(Features, CpuFeature, testing::ValuesIn(features),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Cpu, AnswersTheSameEachTime) {
  EXPECT_EQ(actinide_cpu_features(), actinide_cpu_features());
}

TEST(Cpu, ReportsNoUnknownBit) {
  uint64_t known = 0;
  for (const Feature &feature : features) known |= feature.bit;
  EXPECT_EQ(actinide_cpu_features() & ~known, 0u);
}

}  // namespace
