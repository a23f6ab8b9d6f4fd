#include "schedules/schedule.h"

namespace actinide {

Schedule default_schedule(ShapeClass shape, bool wide) {
  switch (shape) {
    // Four registers for each value hide the latency of a chain of fma. A wide kernel has them with half the elements.
    case ShapeClass::element:
      return {.vectors = wide ? 2 : 4};
  }
  return {};
}

}  // namespace actinide
