// Kernels on CPUs that aren't here: what LLVM's machine-code analyser (llvm-mca) makes of their main loops.
#pragma once

#include "activations.h"
#include "tests/benchmark/speed.h"

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace actinide::speed {

/// A CPU that LLVM has a model of.
struct CpuModel {
  std::string_view name;  ///< LLVM's
  std::string_view target;
  int vector_bytes;
};
/// The Neoverse V1 has SVE, but not SVE2.
inline constexpr std::array<CpuModel, 5> kCpuModels = {{{"neoverse-n1", "aarch64", 16},
                                                        {"neoverse-v1", "aarch64", 16},
                                                        {"neoverse-v2", "aarch64", 16},
                                                        {"neoverse-v2", "aarch64-sve2", 16},
                                                        {"apple-m1", "aarch64", 16}}};

struct Analysis {
  const Activation *row;
  Variant variant;
  Pass pass;
  std::array<double, kCpuModels.size()> cycles;  ///< for an element, on each model
};

/// Each row in each variant and pass that is measured. Throws UserError where the analyser isn't installed.
std::vector<Analysis> analyse(std::span<const Activation *const> rows);

}  // namespace actinide::speed
