// Copies write the xor of all inputs to every output, and nothing else.
#include "measure/copies.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace actinide::speed {
namespace {

constexpr std::size_t kBytes = 7 * kCopyGrain;

class Copies : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this CPU has no AVX2";
  }
};

TEST_P(Copies, ReadAllAndWriteAll) {
  std::mt19937 random(1);
  for (std::size_t inputs = 1; inputs <= 8; ++inputs)
    for (std::size_t outputs = 0; outputs <= 4; ++outputs) {
      // A grain after each buffer shows what is written beyond it.
      struct alignas(kCopyGrain) Buffer {
        std::array<std::uint8_t, kBytes + kCopyGrain> bytes;
      };
      std::vector<Buffer> memory(inputs + outputs);
      std::vector<void *> buffers;
      std::array<std::uint8_t, kBytes> expected{};
      for (std::size_t k = 0; k < memory.size(); ++k) {
        for (std::size_t i = 0; i < kBytes + kCopyGrain; ++i) {
          memory[k].bytes[i] = static_cast<std::uint8_t>(random());
          if (k < inputs && i < kBytes) expected[i] ^= memory[k].bytes[i];
        }
        buffers.push_back(memory[k].bytes.data());
      }
      const std::vector<Buffer> before = memory;
      copy_of(inputs, outputs, GetParam())(buffers.data(), kBytes - 1);
      for (std::size_t k = 0; k < memory.size(); ++k)
        for (std::size_t i = 0; i < kBytes + kCopyGrain; ++i)
          ASSERT_EQ(memory[k].bytes[i], k >= inputs && i < kBytes ? expected[i] : before[k].bytes[i])
              << inputs << " inputs, " << outputs << " outputs, buffer " << k << ", byte " << i;
    }
}

TEST_P(Copies, OfMoreTensorsThereAreNone) {
  EXPECT_EQ(copy_of(9, 1, GetParam()), nullptr);
  EXPECT_EQ(copy_of(1, 5, GetParam()), nullptr);
  EXPECT_EQ(copy_of(0, 1, GetParam()), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Stores, Copies, testing::Bool(),
                         [](const auto &info) { return info.param ? "streaming" : "plain"; });

}  // namespace
}  // namespace actinide::speed
