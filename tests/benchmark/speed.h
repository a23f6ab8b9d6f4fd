// Time of one element: every kernel of the table beside a copy of the same bytes.
#pragma once

#include "activations.h"
#include "bench/contenders.h"
#include "measure/timing.h"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

/// A dtype and tier that is measured.
struct Variant {
  DType dtype;
  Tier tier;
  auto operator<=>(const Variant &) const = default;
};
inline constexpr Variant kVariants[] = {
    {DType::f32, Tier::standard}, {DType::f32, Tier::faithful}, {DType::f64, Tier::standard}};
inline constexpr Pass kPasses[] = {Pass::forward, Pass::backward};
/// In the first-level cache or little beyond, and in memory.
inline constexpr std::size_t kSizes[] = {4096, std::size_t{1} << 24};

/// A control further from the median of its group than this has been disturbed.
inline constexpr double kControlTolerance = 0.05;

/// What one kernel took at one size.
struct Result {
  const Activation *row;
  Variant variant;
  Pass pass;
  std::size_t n;
  std::size_t inputs, outputs;
  std::vector<Timing> timings;  ///< kernel, copies, and whoever else joins
  bool disturbed = false;       ///< the control stayed off the median of its group

  double nanoseconds(const std::string &contender) const;
  double copy_nanoseconds() const;  ///< of the faster copy
  double ratio() const;             ///< kernel to the faster copy
};

/// A repetition calls the kernel for so long, or once.
inline constexpr double kRepetitionSeconds = 0.005;
Effort effort_of(int repetitions);

struct SpeedOptions {
  std::span<const Activation *const> rows;
  int repetitions;
  int rounds;                                      ///< a disturbed measurement is repeated this often at most
  std::chrono::steady_clock::time_point deadline;  ///< after it, nothing is repeated
};

/// Called with a line for people who wait.
using Progress = std::function<void(const std::string &)>;

/// Every row in every variant, pass and size, on the calling thread. The plain copy that is measured with each kernel
/// is also its control: kernels of the same size, bytes and number of tensors should find the same copy time.
std::vector<Result> measure_speed(const SpeedOptions &options, const Progress &progress);

}  // namespace actinide::speed
