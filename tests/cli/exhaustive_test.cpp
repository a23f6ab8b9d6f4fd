// A sweep in parts finds what a sweep at once finds, goes on where it was stopped, and needs no folder to do so.
#include "cli/exhaustive.h"

#include "error.h"
#include "expression/definition.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace actinide::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t part = 5000;
constexpr std::uint32_t stride = 100003;

// tanh by the C library: some results are not the nearest.
class SweepInParts : public ::testing::Test {
 protected:
  SweepInParts() {
    fs::remove_all(folder_);
    setenv("XDG_STATE_HOME", folder_.c_str(), 1);
  }
  ~SweepInParts() override { fs::remove_all(folder_); }

  Measurement measurement() {
    return {.reference = tanh_,
            .kernels = {[this](std::span<const double> x, std::span<double> y) {
                          measured_ += x.size();
                          if (measured_ > stop_after_) throw InternalError("stopped");
                          for (std::size_t i = 0; i < x.size(); ++i)
                            y[i] = static_cast<double>(std::tanh(static_cast<float>(x[i])));
                        },
                        [](std::span<const double> x, std::span<double> y) {
                          for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::tanh(x[i]);
                        }},
            .dtype = DType::f32,
            .inputs = {0}};
  }

  std::vector<SweepResult> run(std::uint64_t stop_after = ~std::uint64_t{0}) {
    measured_ = 0;
    stop_after_ = stop_after;
    return sweep_in_parts(measurement(), points_, "tanh", part);
  }

  void expect_the_whole(const std::vector<SweepResult> &results) {
    const std::vector<SweepResult> whole = sweep(measurement(), points_);
    ASSERT_EQ(results.size(), whole.size());
    for (std::size_t k = 0; k < whole.size(); ++k) expect_same(results[k], whole[k]);
  }

  void expect_same(const SweepResult &result, const SweepResult &whole) {
    EXPECT_EQ(result.points, points_.size);
    EXPECT_EQ(result.not_nearest, whole.not_nearest);
    EXPECT_EQ(result.normal.ulp, whole.normal.ulp);
    EXPECT_EQ(result.normal.input, whole.normal.input);
    EXPECT_EQ(result.normal.exact, whole.normal.exact);
    EXPECT_EQ(result.subnormal_results, whole.subnormal_results);
    EXPECT_EQ(result.relaxed, whole.relaxed);
  }

  fs::path file() const { return folder_ / "actinide" / "tanh.json"; }

  const fs::path folder_ = fs::temp_directory_path() / ("actinide_state_" + std::to_string(getpid()));
  const Reference tanh_ = Reference(parse_expression("tanh(x)", {"x"}), {"x"});
  const PointSet points_ = patterns(DType::f32, stride);
  std::atomic<std::uint64_t> measured_ = 0;
  std::uint64_t stop_after_ = ~std::uint64_t{0};
};

TEST_F(SweepInParts, FindsWhatOneSweepFinds) {
  expect_the_whole(run());
  EXPECT_FALSE(fs::exists(file())) << "nothing is left of a complete sweep";
}

TEST_F(SweepInParts, GoesOnWhereItWasStopped) {
  EXPECT_THROW(run(3 * part), InternalError);
  ASSERT_TRUE(fs::exists(file()));
  expect_the_whole(run());
}

TEST_F(SweepInParts, MeasuresOnlyWhatWasNotDone) {
  EXPECT_THROW(run(3 * part), InternalError);
  run();
  EXPECT_EQ(measured_, points_.size - 3 * part);
}

TEST_F(SweepInParts, BeginsAnewAfterAFileThatIsNotWhole) {
  EXPECT_THROW(run(3 * part), InternalError);
  fs::resize_file(file(), fs::file_size(file()) / 2);
  expect_the_whole(run());
  for (const char *text : {"", "{}", "[1, 2]", "{\"done\": 10}"}) {
    fs::create_directories(file().parent_path());
    std::ofstream(file()) << text;
    expect_the_whole(run());
  }
}

TEST_F(SweepInParts, NeedsNoFolder) {
  std::ofstream(folder_.string()) << "a file where the folder should be";
  expect_the_whole(run());
}

}  // namespace
}  // namespace actinide::cli
