// SLEEF's vector routines for AArch64, by the same analyser, where that library is installed: Debian's package
// libsleef3:arm64.
#pragma once

#include "tests/benchmark/analysis.h"

#include <span>
#include <string>
#include <vector>

namespace actinide::speed {

inline constexpr const char *kSleefLibrary = "/usr/lib/aarch64-linux-gnu/libsleef.so.3";

/// A routine that computes an activation of the table.
struct Routine {
  std::string name;  ///< SLEEF's
  const Activation *row;
  DType dtype;
  Cycles cycles;  ///< for an element
};

/// Those of the rows that SLEEF has routines for; none where `library` isn't there.
std::vector<Routine> analyse_sleef(std::span<const Activation *const> rows, const std::string &library);

}  // namespace actinide::speed
