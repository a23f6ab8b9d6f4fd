// Kernels beside the best that other libraries have, and how fast they are meant to be beside them.
#pragma once

#include "tests/benchmark/port_bound.h"
#include "tests/benchmark/sweep.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

/// What goals are set for.
inline constexpr Tier kGoalTiers[] = {Tier::standard, Tier::faithful, Tier::relaxed};

/// Of f32 forward, kSmall elements N(0,1): a peer's time over ours.
struct Goal {
  std::string_view activation;
  std::string_view peer;         ///< that it is about; empty: the fastest
  double share;                  ///< of that peer's time: stands for a library that isn't packaged
  std::array<double, 3> ratios;  ///< of kGoalTiers
};
std::span<const Goal> forward_goals();
/// Of the geometric mean over the rows, in each tier of kGoalTiers.
inline constexpr std::array<double, 3> kForwardMeans = {1.25, 0.8, 1.4};
/// Of the gradients: of each row, and of the mean. There is none for `relaxed`.
inline constexpr double kBackwardEach = 1.5;
inline constexpr std::array<std::optional<double>, 3> kBackwardMeans = {2.3, 1.2, std::nullopt};

/// A kernel beside one peer.
struct Duel {
  std::string activation;
  Variant variant;
  double nanoseconds;  ///< of an element
  std::optional<double> ulp;
  std::string peer;  ///< and its version
  double peer_nanoseconds;
  std::optional<double> peer_ulp;
  bool disturbed;
  double ratio;  ///< the peer's time over ours; for a peer that isn't here, computed from one that is
  std::optional<double> goal;
  std::optional<double> port_bound;  ///< ns for an element
};

/// The peer of `name`, or the fastest where it is empty, beside our kernel; nothing if either is missing.
std::optional<Duel> duel(const Sweep &sweep, const Cell &cell, const Variant &variant, std::string_view peer = {},
                         double share = 1);

/// Of the goals; nothing where the peer isn't here.
std::vector<Duel> forward_duels(const Sweep &sweep, const PortBounds &ports, Tier tier);
/// Of every row beside the fastest.
std::vector<Duel> backward_duels(const Sweep &sweep, const PortBounds &ports, Tier tier);

/// The duels of a target as tables, with their means and what was missed.
std::string duels_text(const Sweep &sweep, const PortBounds &ports);

}  // namespace actinide::speed
