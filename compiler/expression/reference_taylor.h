// Runs of points next to each other: f as a parabola with a bound of what it leaves out. What it costs doesn't depend
// on how many points a run has; where f isn't smooth, or terms cancel, it says nothing.
//
// With Taylor's coefficients f_k = f^(k) / k!, in intervals as those of reference_batch.h:
//   f(c + d) = f_0(c) + f_1(c) d + f_2(c) d^2 + f_3(xi) d^3,  xi between c and c + d.
// f_3 is taken over all of the run. The coefficients of a composition follow from those of its parts (N. Brisebarre and
// others, "Rigorous polynomial approximation using Taylor models", 2012, section 3, uses the same rules).
#pragma once

#include "expression/reference.h"
#include "expression/reference_batch.h"

#include <span>

namespace actinide::reference {

/// The models of up to batch_points runs at `inputs`, but for the varying one.
void model_runs(const Batch &batch, std::span<const double> inputs, std::size_t varying, std::span<const PointRun> runs,
                std::span<RunModel> models);

}  // namespace actinide::reference
