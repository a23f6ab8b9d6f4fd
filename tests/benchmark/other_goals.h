// The goals that aren't about the forward kernels beside other libraries: each is a figure for every row, and what it
// is to be.
#pragma once

#include "tests/benchmark/goals.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

/// A target's measurements.
struct Measured {
  Sweep sweep;
  PortBounds ports;
};

/// Of a row and pass.
struct Figure {
  std::string row;
  Pass pass;
  double value;
};
using Figures = std::vector<Figure>;

struct OtherGoal {
  std::string_view about;   ///< goals of the same are neighbours
  std::string_view column;  ///< what the figures are, in short
  std::optional<double> each, mean;
  bool at_most = false;  ///< or at least
  Figures (*figures)(const Measured &) = nullptr;
  std::string_view target = {};  ///< that alone it is about
};

std::span<const OtherGoal> other_goals();

bool applies(const OtherGoal &goal, const Measured &measured);
/// Whether this figure is as it is to be; true where each may be anything.
bool is_reached(const OtherGoal &goal, double value);
/// Of all of them: each, and the mean. Not without figures.
bool is_reached(const OtherGoal &goal, const Figures &figures);

/// Every goal with its verdict, a column for each target.
std::string other_goals_text(std::span<const Measured> all);
/// Every figure: tables of a target.
std::string figures_text(const Measured &measured);

}  // namespace actinide::speed
