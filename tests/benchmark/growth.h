// What libraries of many kernels cost to build.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace actinide::speed {

/// `actinide emit` of so many definitions, f32 forward, for all targets of this architecture.
struct Growth {
  std::size_t kernels;
  double wall_seconds, cpu_seconds;
  double peak_mebibytes;  ///< of memory
  double library_bytes;
};

/// `most`: kernels of the largest library.
std::vector<Growth> measure_growth(std::size_t most);

std::string growth_text(const std::vector<Growth> &all);

}  // namespace actinide::speed
