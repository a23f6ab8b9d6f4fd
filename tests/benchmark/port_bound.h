// Kernels on this CPU beside what its execution ports allow, by LLVM's machine-code analyser.
#pragma once

#include "tests/benchmark/sweep.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

/// What the ports need for an element of a kernel's main loop; NaN where that branches, to what is seldom needed.
struct PortBound {
  const Activation *row;
  Variant variant;
  Pass pass;
  double cycles;
};

struct PortBounds {
  std::string cpu;       ///< LLVM's name of the model
  double gigahertz = 0;  ///< measured: of the thread that runs kernels
  std::vector<PortBound> bounds;

  /// Null if there is none.
  const PortBound *find(std::string_view activation, const Variant &variant, Pass pass) const;
};

/// Of a chain of additions, which take a cycle each on every x86-64 CPU, while nothing else runs on this one; 0 on
/// others.
double measured_gigahertz();

/// Each row in each variant and pass for the target, without streaming stores, whose choice is a branch.
PortBounds port_bounds(std::span<const Activation *const> rows, std::span<const Variant> variants,
                       const std::string &target, double gigahertz);

/// A table: bound and time in ns, and the share; the geometric mean below.
std::string port_bounds_text(const PortBounds &bounds, const Sweep &sweep, std::span<const Variant> variants);

}  // namespace actinide::speed
