#include "schedules/schedule.h"

namespace actinide {

Schedule default_schedule(int width, bool cuda) {
  // The other warps of a multiprocessor hide the latency: a thread computes what it loads at once.
  if (cuda) return {.vectors = 1, .block_threads = 256};
  // Four registers for each value hide the latency of a chain of fma. A wide kernel has them with fewer elements.
  return {.vectors = 4 / width};
}

}  // namespace actinide
