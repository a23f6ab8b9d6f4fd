// The error of what was timed, on the numbers that it was timed with.
#pragma once

#include "bench/workload.h"

#include <functional>
#include <memory>

namespace actinide::bench {

/// Results that are judged.
inline constexpr std::size_t kJudged = 4096;

/// Knows the exact results of the first kJudged elements of a workload.
class Judge {
 public:
  explicit Judge(const Workload &workload);
  ~Judge();

  /// The largest error in ULP, an infinite one included, after `run` has written the outputs. Nothing where there is no
  /// reference: of rows, channels, parts and groups, fused sums and mixed dtypes.
  std::optional<double> worst_ulp(const std::function<void()> &run) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;  ///< null: no reference
};

}  // namespace actinide::bench
