// A kernel, and the copies of the same bytes that it is measured beside.
#pragma once

#include "actinide/jit.h"
#include "measure/timing.h"

#include <string>
#include <vector>

namespace actinide::bench {

inline const std::string kKernel = "kernel", kCopy = "copy", kStreaming = "streaming copy";

/// A call of the kernel with the defaults of its parameters. `buffers`: inputs, then outputs.
speed::Contender kernel_contender(const Kernel &kernel, std::vector<void *> buffers, const Extents &extents);

/// kCopy and kStreaming, which read and write as many bytes of the same buffers, of which speed::Tensors::kRoomAfter
/// bytes more are there; what a kernel holds a row or a channel is left out. Throws UserError for a kernel of more
/// tensors than there is a copy of.
std::vector<speed::Contender> copy_contenders(const KernelInfo &info, const std::vector<void *> &buffers,
                                              const Extents &extents);

/// Bytes that the kernel reads and writes.
std::size_t bytes_of(const KernelInfo &info, const Extents &extents);

}  // namespace actinide::bench
