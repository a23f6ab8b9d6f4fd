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
  std::uint32_t block_threads, thread_elements, alignment;

  bool operator==(const CudaEntry &) const = default;
};

/// The entries of the kernel `symbol`, the widest alignment first. They are the same for each of `targets`: the runtime
/// looks for them in the image that it has loaded, whichever that is.
std::vector<CudaEntry> cuda_entries(const KernelRequest &request, std::span<const Target> targets,
                                    const std::string &symbol);

/// The kernel `symbol` for `target`, with every entry.
std::string cuda_ptx(const KernelRequest &request, const Target &target, const std::string &symbol);

}  // namespace actinide
