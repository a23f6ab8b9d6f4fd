#include "actinide/runtime.h"

#include <gtest/gtest.h>

#include <climits>
#include <set>
#include <string>

namespace {

constexpr int count = ACTINIDE_CUDA_FAILED + 1;  // the last of the enumeration

TEST(Status, EveryValueHasItsOwnString) {
  std::set<std::string> seen;
  for (int status = 0; status < count; ++status) {
    const std::string text = actinide_status_string(status);
    EXPECT_NE(text, "unknown status") << "status " << status;
    EXPECT_EQ(text.find('\n'), std::string::npos) << "status " << status;
    EXPECT_TRUE(seen.insert(text).second) << "status " << status << " shares its string: " << text;
  }
}

// A new status must be added at the end and counted here and above.
TEST(Status, NothingFollowsTheLast) {
  EXPECT_STREQ(actinide_status_string(count), "unknown status");
}

TEST(Status, ForeignNumbersAreUnknown) {
  for (const int status : {-1, 1000, INT_MIN, INT_MAX}) EXPECT_STREQ(actinide_status_string(status), "unknown status");
}

TEST(Status, NumbersAreTheAbi) {
  EXPECT_EQ(ACTINIDE_OK, 0);
  EXPECT_EQ(ACTINIDE_NULL_POINTER, 1);
  EXPECT_EQ(ACTINIDE_OVERLAP, 2);
  EXPECT_EQ(ACTINIDE_INVALID_SIZE, 3);
  EXPECT_EQ(ACTINIDE_UNSUPPORTED_CPU, 4);
  EXPECT_EQ(ACTINIDE_UNKNOWN_TARGET, 5);
  EXPECT_EQ(ACTINIDE_INCOMPATIBLE, 6);
  EXPECT_EQ(ACTINIDE_CUDA_NO_DRIVER, 7);
  EXPECT_EQ(ACTINIDE_CUDA_OLD_DRIVER, 8);
  EXPECT_EQ(ACTINIDE_CUDA_NO_DEVICE, 9);
  EXPECT_EQ(ACTINIDE_CUDA_OLD_DEVICE, 10);
  EXPECT_EQ(ACTINIDE_CUDA_NO_CONTEXT, 11);
  EXPECT_EQ(ACTINIDE_CUDA_STREAM, 12);
  EXPECT_EQ(ACTINIDE_CUDA_HOST_POINTER, 13);
  EXPECT_EQ(ACTINIDE_CUDA_MISALIGNED, 14);
  EXPECT_EQ(ACTINIDE_CUDA_FAILED, 15);
}

}  // namespace
