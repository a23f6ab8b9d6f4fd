// Whether kernels give the same bits.
#pragma once

#include "accuracy/points.h"
#include "actinide/jit.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace actinide::cli {

struct NamedKernel {
  std::string name;
  Kernel kernel;
};

/// Every kernel of the activation that runs here and promises the same bits: of each target with fma, by the schedules
/// that `actinide tune` tries in caches. The first is the best target's default. On a CPU without fma: its target's.
std::vector<NamedKernel> kernels_of_same_bits(const std::string &activation, Pass pass, DTypes dtypes, Tier tier);

struct BitComparison {
  std::uint64_t points = 0;
  std::uint64_t different = 0;   ///< results of kernels but the first
  std::string first_difference;  ///< which kernel gave what, and where
};

/// Runs the kernels, whose tensors have one dtype, at the same points: in calls of a length that leaves a rest, from
/// every alignment. Of several inputs each takes the points in an order of its own. Any NaN is as good as another.
BitComparison compare_bits(std::span<const NamedKernel> kernels, const PointSet &points);

}  // namespace actinide::cli
