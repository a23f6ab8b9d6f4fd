// y and f'(x) by one kernel, forward_backward, beside the two kernels forward and derivative.
#pragma once

#include "tests/benchmark/speed.h"

#include <span>
#include <vector>

namespace actinide::speed {

struct Together {
  const Activation *row;
  Variant variant;
  std::size_t n;
  double ratio;  ///< of the times: the one kernel's to that of the two
};

std::vector<Together> measure_together(std::span<const Activation *const> rows, int repetitions);

}  // namespace actinide::speed
