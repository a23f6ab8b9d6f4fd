// Sweeps of billions of points: with progress, and taken up again where they were stopped.
#pragma once

#include "accuracy/sweep.h"

#include <string>

namespace actinide::cli {

/// `sweep`, in parts. What the parts done have found is kept in the user's state folder ($XDG_STATE_HOME/actinide or
/// ~/.local/state/actinide) under `name`, which must stand for all that decides the result, until the sweep is
/// complete. Progress goes to standard error.
/// `part`: so many points are lost at most; fewer are measured at once.
std::vector<SweepResult> sweep_in_parts(const Measurement &measurement, const PointSet &points, const std::string &name,
                                        std::uint64_t part = std::uint64_t{1} << 26);

}  // namespace actinide::cli
