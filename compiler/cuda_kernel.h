// A kernel for CUDA devices: its PTX, and what the runtime must know of it. A library and the just-in-time compiler
// deliver the same.
#pragma once

#include "pipeline.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace actinide {

/// A function in a kernel's PTX; actinide_cuda_entry says what its numbers mean.
struct CudaEntry {
  std::string name;
  std::uint32_t block_threads = 1, thread_elements = 1, alignment = 1, part = 0;
  bool inner_is_one = false;
  std::uint8_t teams = 0;

  bool operator==(const CudaEntry &) const = default;
};

/// How a kernel is launched.
struct CudaLaunch {
  Schedule schedule;
  std::vector<CudaEntry> entries;  ///< in the order of parts; of each the best first

  bool operator==(const CudaLaunch &) const = default;
  /// actinide_cuda_kernel::multiprocessor_blocks.
  std::uint32_t multiprocessor_blocks() const { return static_cast<std::uint32_t>(schedule.multiprocessor_blocks); }
};

/// Of the kernel `symbol`. It is the same for each of `targets`, of which there is one at least: the runtime looks for
/// the entries in the image that it has loaded, whichever that is.
CudaLaunch cuda_launch(const KernelRequest &request, std::span<const Target> targets, const std::string &symbol);

/// The kernel `symbol` for `target`, with every entry.
std::string cuda_ptx(const KernelRequest &request, const Target &target, const std::string &symbol);

}  // namespace actinide
