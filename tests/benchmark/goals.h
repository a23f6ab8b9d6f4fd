// Kernels beside the best that other libraries have, and how fast they are meant to be beside them.
#pragma once

#include "bench/bench.h"
#include "tests/benchmark/speed.h"

#include <optional>
#include <string>
#include <vector>

namespace actinide::speed {

/// A kernel beside one peer.
struct Duel {
  std::string activation;
  Pass pass;
  Tier tier;
  double nanoseconds;  ///< of an element
  std::optional<double> ulp;
  std::string peer;  ///< and its version
  double peer_nanoseconds;
  std::optional<double> peer_ulp;
  double ratio;                ///< the peer's time over ours; for a peer that isn't here, computed from one that is
  std::optional<double> goal;  ///< of the ratio
};

/// f32, 4,096 elements N(0,1), on the calling thread: each activation that has a goal beside the peer that the goal is
/// about, or the fastest; in the gradients, beside the fastest. Nothing where no peer is installed.
std::vector<Duel> measure_goals(std::span<const Activation *const> rows, double seconds, const Progress &progress);

/// The duels as tables, with the geometric means.
std::string goals_text(const std::vector<Duel> &duels);

}  // namespace actinide::speed
