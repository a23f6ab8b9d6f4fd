// One body of a kernel: its steps as Halide Funcs over the axes of its space.
#pragma once

#include "lowering/lower.h"

namespace actinide {

/// The lanes in which a reduction along neighbouring elements runs: element k is reduced in lane k mod 32, then the
/// lanes in halves. It is the same for every target, so that the bits are; on CUDA it is a warp.
constexpr int reduction_lanes = 32;

/// `axes`: of the space, the one along which vectors run first.
LoweredBody lower_body(const NumericKernel &kernel, const std::vector<Axis> &axes, const Schedule &schedule,
                       int native_lanes);

/// The programs that the calls of every body mean: each step's own, then its merge if it has one.
std::vector<Program> programs_of(const NumericKernel &kernel);

}  // namespace actinide
