#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

template <int value>
void write_number(void *const *buffers, const int64_t *sizes, const double *) {
  for (int64_t i = 0; i < sizes[0]; ++i) static_cast<float *>(buffers[1])[i] = value;
}

constexpr uint64_t impossible = UINT64_C(1) << 62;  // no CPU has this bit
const std::vector<actinide_variant> variants = {{"future", impossible, write_number<1>, nullptr, 0},
                                                {"good", 0, write_number<2>, nullptr, 0},
                                                {"plain", 0, write_number<3>, nullptr, 0}};

class Selection : public testing::Test {
 protected:
  void SetUp() override { unsetenv("ACTINIDE_TARGET"); }
  void TearDown() override { unsetenv("ACTINIDE_TARGET"); }

  int call(actinide_kernel &kernel) {
    void *buffers[] = {&x_, &y_};
    y_ = 0;
    return actinide_kernel_run(&kernel, buffers, 1, nullptr);
  }

  float x_ = 0, y_ = 0;
  actinide_kernel kernel_ = fake::describe({4}, {4}, variants);
};

TEST_F(Selection, TakesTheFirstThatRunsHere) {
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
  EXPECT_EQ(y_, 2);
}

TEST_F(Selection, TakesTheForcedOne) {
  setenv("ACTINIDE_TARGET", "plain", 1);
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
  EXPECT_EQ(y_, 3);
}

TEST_F(Selection, KeepsItsFirstChoice) {
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
  setenv("ACTINIDE_TARGET", "plain", 1);
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
  EXPECT_EQ(y_, 2) << "the environment is read once for each kernel";
}

TEST_F(Selection, AnEmptyVariableIsNone) {
  setenv("ACTINIDE_TARGET", "", 1);
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
  EXPECT_EQ(y_, 2);
}

TEST_F(Selection, RefusesWhatItCanNotRunAndWritesNothing) {
  for (const std::string name : {"future", "unheard-of", "goo", "good ", "GOOD"}) {
    setenv("ACTINIDE_TARGET", name.c_str(), 1);
    EXPECT_EQ(call(kernel_), ACTINIDE_UNKNOWN_TARGET) << name;
    EXPECT_EQ(y_, 0) << name;
    EXPECT_EQ(kernel_.selected, nullptr) << name;
  }
}

TEST_F(Selection, RecoversWhenTheVariableIsMended) {
  setenv("ACTINIDE_TARGET", "future", 1);
  EXPECT_EQ(call(kernel_), ACTINIDE_UNKNOWN_TARGET);
  unsetenv("ACTINIDE_TARGET");
  EXPECT_EQ(call(kernel_), ACTINIDE_OK);
}

TEST_F(Selection, SaysWhenNoVariantRunsHere) {
  const std::vector<actinide_variant> only_future = {variants[0]};
  actinide_kernel kernel = fake::describe({4}, {4}, only_future);
  EXPECT_EQ(call(kernel), ACTINIDE_UNSUPPORTED_CPU);
  EXPECT_EQ(y_, 0);
}

TEST_F(Selection, RefusesAnotherAbi) {
  for (const uint32_t abi : {0u, ACTINIDE_KERNEL_ABI + 1u, UINT32_MAX}) {
    kernel_.abi = abi;
    EXPECT_EQ(call(kernel_), ACTINIDE_INCOMPATIBLE) << "abi " << abi;
    EXPECT_EQ(y_, 0) << "abi " << abi;
  }
}

TEST_F(Selection, RefusesMoreBuffersThanItKnows) {
  kernel_.inputs = ACTINIDE_MAX_BUFFERS;
  EXPECT_EQ(call(kernel_), ACTINIDE_INCOMPATIBLE);
}

}  // namespace
