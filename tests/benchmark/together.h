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
  double together, apart;  ///< ns/element

  double ratio() const { return together / apart; }
};

std::vector<Together> measure_together(std::span<const Activation *const> rows, int repetitions);

}  // namespace actinide::speed
