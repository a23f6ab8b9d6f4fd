// y and f'(x) by one kernel, forward_backward, beside the two kernels forward and derivative.
#pragma once

#include "tests/benchmark/sweep.h"

#include <span>
#include <vector>

namespace actinide::speed {

struct Together {
  const Activation *row;
  Variant variant;
  double ratio;  ///< of the times: the one kernel's to that of the two
};

/// kSmall elements N(0,1), on the calling thread.
std::vector<Together> measure_together(std::span<const Activation *const> rows, int rounds);

}  // namespace actinide::speed
