// How a call is cut: by size (2^30 elements) and for several threads. The kernels here record what they are given and
// touch no memory.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <tuple>

namespace {

struct Piece {
  std::uintptr_t x, y;
  std::size_t n;
  bool streams;
};
std::mutex mutex;
std::vector<Piece> pieces;

void record(void *const *buffers, const int64_t *sizes, const double *) {
  const std::lock_guard lock(mutex);
  pieces.push_back({reinterpret_cast<std::uintptr_t>(buffers[0]), reinterpret_cast<std::uintptr_t>(buffers[1]),
                    static_cast<std::size_t>(sizes[ACTINIDE_SIZE_ELEMENTS]), sizes[ACTINIDE_SIZE_STREAMS] != 0});
}

const std::vector<actinide_variant> recorder = {{"any", 0, record, nullptr, 0}};
constexpr std::uintptr_t x_base = std::uintptr_t{1} << 40, y_base = std::uintptr_t{1} << 50;
constexpr std::size_t largest = std::size_t{1} << 30;

/// Runs the recorder on f32 -> f64 with the given first addresses; the pieces in order.
std::vector<Piece> run(std::size_t n, uint32_t cost, std::size_t y_offset = 0) {
  pieces.clear();
  actinide_kernel kernel = fake::describe({4}, {8}, recorder, cost);
  void *buffers[] = {reinterpret_cast<void *>(x_base), reinterpret_cast<void *>(y_base + y_offset)};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, n, nullptr), ACTINIDE_OK);
  std::ranges::sort(pieces, {}, &Piece::x);
  return pieces;
}

/// Every element once, in pieces that a kernel function takes.
void expect_cover(const std::vector<Piece> &pieces, std::size_t n, std::size_t y_offset = 0) {
  std::size_t begin = 0;
  for (const Piece &piece : pieces) {
    ASSERT_EQ(piece.x, x_base + 4 * begin);
    ASSERT_EQ(piece.y, y_base + y_offset + 8 * begin);
    ASSERT_GT(piece.n, 0u);
    ASSERT_LE(piece.n, largest);
    begin += piece.n;
  }
  ASSERT_EQ(begin, n);
}

class Split : public testing::TestWithParam<std::tuple<unsigned, std::size_t>> {
 protected:
  void SetUp() override { ASSERT_EQ(actinide_set_threads(std::get<0>(GetParam())), ACTINIDE_OK); }
  void TearDown() override { actinide_set_threads(0); }
};

TEST_P(Split, CoversEveryElementOnce) {
  const auto [threads, n] = GetParam();
  for (const uint32_t cost : {0u, 1u, 1024u, 1u << 20, UINT32_MAX}) {
    SCOPED_TRACE("cost " + std::to_string(cost));
    expect_cover(run(n, cost), n);
  }
}

TEST_P(Split, CutsAtCacheLinesOfTheOutput) {
  const auto [threads, n] = GetParam();
  for (const std::size_t offset : {std::size_t{0}, std::size_t{8}, std::size_t{56}}) {
    const auto parts = run(n, 1 << 20, offset);
    expect_cover(parts, n, offset);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (parts[i - 1].n == largest) continue;  // cut within one thread's share
      ASSERT_EQ(parts[i].y % 64, 0u) << "piece " << i << " of " << parts.size();
    }
  }
  expect_cover(run(n, 1 << 20, 3), n, 3);  // no element starts on a line
}

INSTANTIATE_TEST_SUITE_P(Runtime, Split,
                         testing::Combine(testing::Values(1u, 2u, 3u, 8u, 1024u),
                                          testing::Values(1, 255, 256, 257, 4096, 100'003, largest - 1, largest,
                                                          largest + 1, 2 * largest, 3 * largest + 5, 64 * largest)),
                         [](const auto &info) {
                           return "threads" + std::to_string(std::get<0>(info.param)) + "_n" +
                                  std::to_string(std::get<1>(info.param));
                         });

TEST(SplitOfOneThread, CutsOnlyAtTheLargestSize) {
  actinide_set_threads(1);
  EXPECT_EQ(run(largest, 1024).size(), 1u);
  EXPECT_EQ(run(largest + 1, 1024).size(), 2u);
  const auto parts = run(3 * largest + 5, 1024);
  ASSERT_EQ(parts.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(parts[i].n, largest);
  EXPECT_EQ(parts[3].n, 5u);
  actinide_set_threads(0);
}

TEST(SplitForThreads, HappensOnlyWhereTheWorkPays) {
  actinide_set_threads(8);
  // 1 ns an element: 40 us of work feed two threads.
  EXPECT_EQ(run(39'999, 1024).size(), 1u);
  EXPECT_GT(run(40'000, 1024).size(), 1u);
  EXPECT_LE(run(40'000, 1024).size(), 2u * 4);
  EXPECT_EQ(run(largest, 0).size(), 1u) << "work without cost is never split";
  actinide_set_threads(0);
}

const std::vector<actinide_variant> streaming_recorder = {{"any", 0, record, nullptr, 8 << 20}};

/// Elements that a call of two tensors of f32 writes past the caches.
std::size_t elements_streamed(std::size_t n, std::uintptr_t x, std::uintptr_t y) {
  pieces.clear();
  actinide_kernel kernel = fake::describe({4}, {4}, streaming_recorder, 1024);
  void *buffers[] = {reinterpret_cast<void *>(x), reinterpret_cast<void *>(y)};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, n, nullptr), ACTINIDE_OK);
  std::size_t elements = 0, others = 0;
  for (const Piece &piece : pieces) {
    EXPECT_TRUE(!piece.streams || piece.y % ACTINIDE_CACHE_LINE == 0);
    (piece.streams ? elements : others) += piece.n;
  }
  EXPECT_EQ(elements + others, n);
  return elements;
}

class Stream : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override { ASSERT_EQ(actinide_set_threads(GetParam()), ACTINIDE_OK); }
  void TearDown() override { actinide_set_threads(0); }
};
INSTANTIATE_TEST_SUITE_P(Threads, Stream, testing::Values(1u, 2u, 7u));

TEST_P(Stream, IsForWhatNoCacheHolds) {
  constexpr std::size_t threshold = 1 << 20;  // of elements of 8 bytes in all
  EXPECT_EQ(elements_streamed(threshold - 1, x_base, y_base), 0u);
  EXPECT_EQ(elements_streamed(threshold, x_base, y_base), threshold);
  EXPECT_EQ(elements_streamed(3 * largest + 5, x_base, y_base), 3 * largest + 5);
}

TEST_P(Stream, BeginsWhereTheOutputHasALine) {
  EXPECT_EQ(elements_streamed(1 << 21, x_base, y_base + 4), (1u << 21) - 15);
  EXPECT_EQ(elements_streamed(1 << 21, x_base + 60, y_base + 60), (1u << 21) - 1);
  EXPECT_EQ(elements_streamed(1 << 21, x_base, y_base + 2), 0u) << "no element begins on a line";
}

TEST_P(Stream, LeavesACallInPlaceAlone) {
  EXPECT_EQ(elements_streamed(1 << 21, y_base, y_base), 0u);
}

TEST(StreamOfSeveralOutputs, WantsLinesInAll) {
  actinide_kernel kernel = fake::describe({4}, {4, 4}, streaming_recorder, 1024);
  for (const std::uintptr_t skew : {0, 4}) {
    pieces.clear();
    void *buffers[] = {reinterpret_cast<void *>(x_base), reinterpret_cast<void *>(y_base + 8),
                       reinterpret_cast<void *>(2 * y_base + 8 + skew)};
    EXPECT_EQ(actinide_kernel_run(&kernel, buffers, 1 << 21, nullptr), ACTINIDE_OK);
    EXPECT_EQ(std::ranges::any_of(pieces, &Piece::streams), skew == 0);
  }
}

}  // namespace
