// A CUDA call of a kernel of rows, channels or sums against the fake driver: which entries are launched with what, and
// what is refused.
#include "tests/runtime/cuda_fixture.h"

namespace {

using Sizes = std::vector<std::uint32_t>;

constexpr actinide_layout elements = {ACTINIDE_ALONG_ELEMENTS, 1}, halves = {ACTINIDE_ALONG_ELEMENTS, 2},
                          by_channel = {ACTINIDE_ALONG_CHANNELS, 1}, nothing = {ACTINIDE_ALONG_NOTHING, 1};

fake::CudaShape rows_kernel() {
  fake::CudaShape shape;
  shape.entries = {{"wide", 128, 4, 16, 0, 0, ACTINIDE_TEAMS_ROWS}, {"narrow", 128, 1, 4, 0, 0, ACTINIDE_TEAMS_ROWS}};
  shape.layouts = {elements, elements};
  return shape;
}

/// x and a value for each channel; y, and a sum for each channel.
fake::CudaShape channels_kernel() {
  fake::CudaShape shape;
  shape.inputs = shape.outputs = {4, 4};
  shape.layouts = {elements, by_channel, elements, by_channel};
  shape.entries = {{"sum_flat", 128, 1, 4, 0, 1, ACTINIDE_TEAMS_CHANNEL_PIECES},
                   {"sum", 128, 1, 4, 0, 0, ACTINIDE_TEAMS_CHANNELS},
                   {"flat", 128, 4, 16, 1, 1, ACTINIDE_TEAMS_ELEMENTS},
                   {"flat_narrow", 128, 1, 4, 1, 1, ACTINIDE_TEAMS_ELEMENTS},
                   {"wide", 128, 4, 16, 1, 0, ACTINIDE_TEAMS_ELEMENTS},
                   {"narrow", 128, 1, 4, 1, 0, ACTINIDE_TEAMS_ELEMENTS}};
  return shape;
}

class CudaShaped : public Cuda {
 protected:
  int run(const std::vector<void *> &buffers, const actinide_shape &shape, const std::size_t *strides = nullptr) {
    const double parameter = 0.5;
    return actinide_cuda_shaped_kernel_run(&kernel->descriptor, buffers.data(), &shape, strides, &parameter, nullptr);
  }

  static std::vector<std::string> entries() {
    std::vector<std::string> names;
    for (const cuda_fake::Launch &launch : cuda_fake::launches()) names.push_back(launch.entry);
    return names;
  }
};

TEST_F(CudaShaped, PassesTheContractOfAnEntry) {
  restart({}, rows_kernel());
  const std::size_t strides[] = {104, 112};
  ASSERT_EQ(run({x, y}, {10, 1, 100}, strides), ACTINIDE_OK);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  const cuda_fake::Launch launch = cuda_fake::launches()[0];
  EXPECT_EQ(launch.entry, "wide");
  EXPECT_EQ(launch.sizes, (Sizes{10, 1, 100, 104, 112, 5}));
  EXPECT_EQ(launch.grid, 3u) << "a warp a row, four in a block";
  EXPECT_EQ(launch.parameters, std::vector{0.5});
}

TEST_F(CudaShaped, TakesWideEntriesWhereEveryRowIsAligned) {
  restart({}, rows_kernel());
  const std::size_t odd[] = {101, 100}, even[] = {104, 100};
  EXPECT_EQ(run({x, y}, {10, 1, 100}, odd), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {10, 1, 100}, even), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {1, 1, 100}, odd), ACTINIDE_OK) << "one row";
  EXPECT_EQ(run({x + 4, y}, {10, 1, 100}, even), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {10, 1, 99}), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {10, 1, 99}, even), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {1, 1, 99}), ACTINIDE_OK);
  EXPECT_EQ(entries(), (std::vector<std::string>{"narrow", "wide", "wide", "narrow", "narrow", "wide", "wide"}));
  fake::CudaShape split = rows_kernel();
  split.layouts = {elements, halves};
  restart({}, split);
  EXPECT_EQ(run({x, y}, {1, 1, 100}), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {1, 1, 99}), ACTINIDE_OK);
  EXPECT_EQ(entries(), (std::vector<std::string>{"wide", "narrow"})) << "the second half of a row";
}

TEST_F(CudaShaped, LaunchesPartAfterPart) {
  restart({}, channels_kernel());
  char *slope = x + (1 << 19), *sums = y + (1 << 19);
  ASSERT_EQ(run({x, slope, y, sums}, {8, 64, 1}), ACTINIDE_OK);
  ASSERT_EQ(run({x, slope, y, sums}, {8, 64, 16}), ACTINIDE_OK);
  ASSERT_EQ(run({x, slope, y, sums}, {8, 64, 3}), ACTINIDE_OK);
  EXPECT_EQ(entries(), (std::vector<std::string>{"sum_flat", "flat", "sum", "wide", "sum", "narrow"}));
  EXPECT_EQ(cuda_fake::launches()[0].grid, 1u) << "two warps of 32 channels";
  EXPECT_EQ(cuda_fake::launches()[2].grid, 16u) << "a warp a channel";
}

TEST_F(CudaShaped, GivesShortRowsFewThreadsAndFewRowsMany) {
  restart({.multiprocessors = 10}, channels_kernel());
  char *slope = x + (1 << 19), *sums = y + (1 << 19);
  const auto team_bits = [&](const actinide_shape &shape) {
    EXPECT_EQ(run({x, slope, y, sums}, shape), ACTINIDE_OK);
    return cuda_fake::launches().back().n;
  };
  EXPECT_EQ(team_bits({1000, 1, 4}), 0u);
  EXPECT_EQ(team_bits({1000, 1, 32}), 3u);
  EXPECT_EQ(team_bits({500, 2, 96}), 5u);
  EXPECT_EQ(team_bits({1, 1, 1 << 16}), 14u) << "a thread for each turn";
  EXPECT_EQ(team_bits({8, 1, 1 << 14}), 12u) << "no more than that keep 10 multiprocessors busy";
}

TEST_F(CudaShaped, SumsOverEverythingByBlocksInMemoryOfTheStream) {
  fake::CudaShape shape;
  shape.layouts = {elements, nothing};
  shape.sum_words = 1;
  shape.entries = {{"blocks", 128, 1, 4, 0, 0, ACTINIDE_TEAMS_ROWS}, {"merge", 32, 1, 8, 1, 0, ACTINIDE_TEAMS_ONE}};
  restart({}, shape);
  const int status = run({x, y}, {1, 1, 10000});
  if (!cuda_fake::is_recent()) {
    EXPECT_EQ(status, ACTINIDE_CUDA_OLD_DRIVER);
    return;
  }
  ASSERT_EQ(status, ACTINIDE_OK);
  const auto launches = cuda_fake::launches();
  EXPECT_EQ(entries(), (std::vector<std::string>{"blocks", "blocks", "merge"}));
  EXPECT_EQ(launches[0].sizes, (Sizes{2, 1, 4096, 4096, 4096, 5}));
  EXPECT_EQ(launches[1].sizes, (Sizes{1, 1, 10000 - 2 * 4096, 4096, 4096, 5}));
  EXPECT_EQ(launches[1].buffers[1], launches[0].buffers[1] + 2 * sizeof(double));
  EXPECT_EQ(launches[2].buffers, (std::vector{launches[0].buffers[1], reinterpret_cast<std::uintptr_t>(y)}));
  EXPECT_EQ(cuda_fake::calls("cuMemFreeAsync"), 1);
  // Of nothing there is a sum, too.
  ASSERT_EQ(run({x, y}, {1, 1, 0}), ACTINIDE_OK);
  EXPECT_EQ(entries().back(), "merge");
  // What fails is told, and the memory is given back.
  cuda_fake::fail("cuLaunchKernel", 999);
  EXPECT_EQ(run({x, y}, {1, 1, 10000}), ACTINIDE_CUDA_FAILED);
  EXPECT_EQ(cuda_fake::calls("cuMemFreeAsync"), cuda_fake::calls("cuMemAllocAsync"));
  cuda_fake::fail("cuLaunchKernel", 0);
  cuda_fake::fail("cuMemAllocAsync", 2);
  EXPECT_EQ(run({x, y}, {1, 1, 10000}), ACTINIDE_CUDA_FAILED);
}

TEST_F(CudaShaped, LaunchesNothingWhereNothingIsWritten) {
  restart({}, rows_kernel());
  EXPECT_EQ(run({nullptr, nullptr}, {0, 1, 100}), ACTINIDE_OK);
  EXPECT_EQ(run({x, y}, {10, 1, 0}), ACTINIDE_OK);
  EXPECT_EQ(entries(), std::vector<std::string>{});
}

TEST_F(CudaShaped, SumsOfNothingWalkNoRows) {
  restart({}, channels_kernel());
  ASSERT_EQ(run({nullptr, x, nullptr, y}, {SIZE_MAX, 64, 0}), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::launches()[0].sizes[0], 0u);
}

TEST_F(CudaShaped, ASumOverAChannelIsWrittenBeforeItsInputsAreRead) {
  restart({}, channels_kernel());
  char *slope = x + (1 << 19);
  EXPECT_EQ(run({x, slope, x, y}, {8, 64, 1}), ACTINIDE_OK);
  EXPECT_EQ(run({x, slope, y, slope}, {8, 64, 1}), ACTINIDE_OVERLAP);
}

TEST_F(CudaShaped, RefusesWhatDoesntFit) {
  restart({}, rows_kernel());
  const std::size_t short_rows[] = {99, 100};
  EXPECT_EQ(run({nullptr, y}, {10, 1, 100}), ACTINIDE_NULL_POINTER);
  EXPECT_EQ(run({x, y}, {10, 1, 100}, short_rows), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(run({x, y}, {10, 1, (std::size_t{1} << 30) + 1}), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(run({x, x + 4}, {10, 1, 100}), ACTINIDE_OVERLAP);
  EXPECT_EQ(run({x + 1, y}, {10, 1, 100}), ACTINIDE_CUDA_MISALIGNED);
  char host[4000];
  EXPECT_EQ(run({host, y}, {10, 1, 100}), ACTINIDE_CUDA_HOST_POINTER);
  kernel->descriptor.shaped = 0;
  EXPECT_EQ(run({x, y}, {10, 1, 100}), ACTINIDE_INCOMPATIBLE);
  EXPECT_EQ(entries(), std::vector<std::string>{});
}

TEST_F(CudaShaped, WorksInPlaceAndWithSeveralParts) {
  restart({}, rows_kernel());
  EXPECT_EQ(run({x, x}, {10, 1, 100}), ACTINIDE_OK);
  fake::CudaShape split = rows_kernel();
  split.layouts = {elements, halves};
  restart({}, split);
  EXPECT_EQ(run({x, x}, {10, 1, 100}), ACTINIDE_OVERLAP);
  EXPECT_EQ(run({x, y}, {10, 1, 100}), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::launches()[0].sizes, (Sizes{10, 1, 100, 100, 200, 5}));
}

}  // namespace
