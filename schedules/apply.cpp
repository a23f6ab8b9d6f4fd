#include "schedules/apply.h"

#include "error.h"

#include <algorithm>

namespace actinide {

void vectorize(const Schedule &schedule, int native_lanes, Halide::Stage stage, const Halide::VarOrRVar &i, int most) {
  internal_check(schedule.vectors >= 1 && native_lanes >= 1, "schedule: {} vectors of {} lanes", schedule.vectors,
                 native_lanes);
  const int lanes = std::min(schedule.vectors * native_lanes, most);
  // GuardWithIf: the rest of fewer elements is one predicated statement after the loop, which touches nothing beyond.
  if (lanes > 1) stage.vectorize(i, lanes, Halide::TailStrategy::GuardWithIf);
}

}  // namespace actinide
