#include "schedules/apply.h"

#include "error.h"

namespace actinide {

void apply_elementwise(const Schedule &schedule, int native_lanes, Halide::Func &function, const Halide::Var &i) {
  internal_check(schedule.vectors >= 1 && native_lanes >= 1, "schedule: {} vectors of {} lanes", schedule.vectors,
                 native_lanes);
  const int lanes = schedule.vectors * native_lanes;
  // GuardWithIf: the rest of fewer elements is one predicated statement after the loop, which touches nothing beyond.
  if (lanes > 1) function.vectorize(i, lanes, Halide::TailStrategy::GuardWithIf);
}

}  // namespace actinide
