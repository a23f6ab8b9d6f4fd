// Many results of f32 judged at once, in loops made for vectors: sweeps of all 2^32 inputs spend their time here.
#pragma once

#include "expression/reference.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace actinide {

/// Results below are too small for their sign to be looked at everywhere.
inline constexpr double vanished = 0x1p-800;

/// What is known of the exact results at up to 128 points, for many kernels' results there.
class ExactBlock {
 public:
  static constexpr std::size_t points = 128;

  void set(std::span<const Bracket> brackets);
  void set(const RunModel &model, std::span<const double> x);

  /// Whether that says of every point to what its result rounds.
  bool decided() const { return all_decided_; }
  Bracket bracket(std::size_t i) const { return {low_[i], high_[i]}; }

  /// What a sweep notes of the plain results, those that hold nothing to look at one by one: they are decided by their
  /// brackets, as Reference::judge does, to be a number whose nearest isn't subnormal, or the infinity or the NaN that
  /// is right; zeros have a sign that the bracket shows to be right, or the exact result vanishes.
  struct Summary {
    std::size_t plain;  ///< how many
    bool signs_known;   ///< no sign of a zero is left open
    double ulp;         ///< the largest, see Judgement; 0.5 at most of what is correctly rounded
    double relative;    ///< the largest distance in units of max(1, |exact|)
    std::uint64_t not_nearest;
  };
  Summary judge(std::span<const double> x, std::span<const double> y);
  bool is_plain(std::size_t i) const { return plain_[i] != 0; }

  /// The judgement of a plain result at point i.
  Judgement judge(std::size_t i, double y) const;

 private:
  using Values = std::array<double, points>;
  alignas(64) Values low_, high_, nearest_, scale_;
  /// All ones where the bracket decides; the second: where the result is beyond the range.
  alignas(64) std::array<std::int64_t, points> decided_, infinite_;
  alignas(64) std::array<std::int64_t, points> plain_;  ///< of the last results that were judged
  bool all_decided_ = false;

  void decide(std::size_t count);
};

}  // namespace actinide
