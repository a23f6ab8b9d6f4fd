// Calls of kernels of rows and channels: which outputs may take the place of an input, and what a call without elements
// does. The kernel here records its extents and touches no memory.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <array>

namespace {

using Extents = std::array<std::int64_t, 3>;
std::vector<Extents> walked;

void record(void *const *, const int64_t *sizes, const double *) {
  walked.push_back({sizes[ACTINIDE_SIZE_OUTER], sizes[ACTINIDE_SIZE_CHANNELS], sizes[ACTINIDE_SIZE_INNER]});
}

constexpr actinide_layout elements = {ACTINIDE_ALONG_ELEMENTS, 1}, by_channel = {ACTINIDE_ALONG_CHANNELS, 1},
                          by_row = {ACTINIDE_ALONG_ROWS, 1};

/// Two inputs and two outputs of f32, one of each along elements, the other along `second`.
class Shaped : public testing::Test {
 protected:
  Shaped() {
    walked.clear();
    actinide_set_threads(1);
  }
  ~Shaped() override { actinide_set_threads(0); }

  int run(const actinide_layout &second, const std::array<void *, 4> &buffers, const actinide_shape &shape) {
    static const std::vector<actinide_variant> variants = {{"any", 0, record, nullptr, 0}};
    actinide_kernel kernel = fake::describe({4, 4}, {4, 4}, variants);
    kernel.layouts[0] = kernel.layouts[2] = elements;
    kernel.layouts[1] = kernel.layouts[3] = second;
    kernel.gathers = second.along == ACTINIDE_ALONG_CHANNELS;
    return actinide_shaped_kernel_run(&kernel, buffers.data(), &shape, nullptr, nullptr);
  }

  float x_[24], in_[4], y_[24], out_[4];
};

TEST_F(Shaped, ElementsMayTakeThePlaceOfTheirInput) {
  EXPECT_EQ(run(by_channel, {x_, in_, x_, out_}, {2, 3, 4}), ACTINIDE_OK);
  EXPECT_EQ(run(by_row, {x_, in_, x_, in_}, {2, 3, 4}), ACTINIDE_OK);
}

TEST_F(Shaped, ASumOverAChannelIsWrittenBeforeItsInputsAreRead) {
  EXPECT_EQ(run(by_channel, {x_, in_, y_, in_}, {2, 3, 4}), ACTINIDE_OVERLAP);
  EXPECT_TRUE(walked.empty());
}

TEST_F(Shaped, OfNothingReturnsAtOnce) {
  for (const actinide_shape &shape : {actinide_shape{SIZE_MAX, 3, 0}, actinide_shape{0, 3, 4}})
    EXPECT_EQ(run(elements, {nullptr, nullptr, nullptr, nullptr}, shape), ACTINIDE_OK);
  EXPECT_EQ(run(by_channel, {nullptr, nullptr, nullptr, nullptr}, {SIZE_MAX, 0, 4}), ACTINIDE_OK);
  EXPECT_TRUE(walked.empty());
}

TEST_F(Shaped, SumsOfNothingWalkNoRows) {
  EXPECT_EQ(run(by_channel, {nullptr, in_, nullptr, out_}, {SIZE_MAX, 3, 0}), ACTINIDE_OK);
  EXPECT_EQ(walked, (std::vector<Extents>{{0, 3, 0}}));
}

TEST_F(Shaped, RowsWithoutElementsStillHaveTheirResults) {
  EXPECT_EQ(run(by_row, {nullptr, in_, nullptr, out_}, {4, 1, 0}), ACTINIDE_OK);
  EXPECT_EQ(walked, (std::vector<Extents>{{4, 1, 0}}));
}

}  // namespace
