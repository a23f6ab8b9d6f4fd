#include "schedules/schedule.h"

namespace actinide {

Schedule default_schedule(ShapeClass shape, bool wide, bool cuda) {
  switch (shape) {
    // The other warps of a multiprocessor hide the latency: a thread computes what it loads at once.
    case ShapeClass::element:
      if (cuda) return {.vectors = 1, .block_threads = 256};
      // Four registers for each value hide the latency of a chain of fma. A wide kernel has them with half the
      // elements.
      return {.vectors = wide ? 2 : 4};
  }
  return {};
}

}  // namespace actinide
