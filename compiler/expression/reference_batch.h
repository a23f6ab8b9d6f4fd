// The fastest part of the reference: f64 intervals of many points at a time, for results of f32. What it leaves
// undecided is for evaluate_quick, then for MPFR.
//
// Each operation of the expression runs over all points before the next, in loops that the compiler vectorises; the
// functions are those of the C library. Intervals, not a value and an error: beyond the range of f64 they still say
// that exp(1000) is large and 1/exp(1000) small.
#pragma once

#include "expression/reference_tape.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace actinide::reference {

/// What the intervals rely on: the relative error of the double functions of the C library, in units of 2^-53, wherever
/// the result is normal. glibc promises 4 ULP for its vector functions, which are at most 8 units; formulas of two of
/// them have twice as much. A test measures them.
inline constexpr double batch_library_error = 16;

inline constexpr std::size_t batch_points = 128;

/// What is known of a value at a point; of several the largest holds.
enum class Known : unsigned char { interval, undefined, nothing };

/// Which ends of an interval the value is known not to attain.
struct OpenEnds {
  bool low = false;
  bool high = false;
};

/// low <= value <= high at each point, if `known` says so.
struct Band {
  alignas(64) std::array<double, batch_points> low;
  alignas(64) std::array<double, batch_points> high;
  std::array<Known, batch_points> known;
  std::array<OpenEnds, batch_points> open = {};
  bool any_open = false;
};

class Batch {
 public:
  explicit Batch(const Tape &tape);

  /// A value for each node, of which constants stay from call to call. It grows as needed and serves several Batches.
  struct Workspace {
    std::uint64_t constants_of = 0;  ///< the number of a Batch
    std::vector<Band> values = {};
  };

  /// The values of the last node at `inputs`, but for the varying one, which is each of x: at most batch_points.
  /// At an infinity or NaN nothing is known.
  const Band &run(std::span<const double> inputs, std::size_t varying, std::span<const double> x,
                  Workspace &workspace) const;

  const Tape &tape() const { return *tape_; }
  /// Of a node that is a constant.
  Band constant(std::size_t node) const;

 private:
  struct Constant {
    double low, high;
  };
  void set_constants(Workspace &workspace) const;

  std::uint64_t number_;  ///< of all that were made, from 1
  const Tape *tape_;
  std::vector<Constant> constants_;  ///< by node
};

}  // namespace actinide::reference
