#include "bench/contenders.h"

#include "error.h"
#include "measure/copies.h"
#include "measure/tensors.h"

#include <algorithm>
#include <utility>

namespace actinide::bench {
namespace {

// The tensors of elements as runs that are equally long: one for each tensor, or several where it holds parts, members
// or wider elements.
struct Runs {
  std::vector<void *> buffers;  ///< of inputs, then of outputs
  std::size_t inputs = 0, outputs = 0;
  std::size_t bytes = 0;  ///< of each
};

Runs runs_of(const KernelInfo &info, const std::vector<void *> &buffers, const Extents &extents) {
  std::size_t narrowest = widest_size(info.dtypes);
  for (const TensorLayout &layout : info.layouts)
    if (layout.along == Along::element) narrowest = std::min(narrowest, size_of(layout.dtype));
  Runs runs;
  runs.bytes = extents.outer * extents.channels * extents.inner * narrowest;
  const std::size_t stride = (runs.bytes + speed::kCopyGrain - 1) / speed::kCopyGrain * speed::kCopyGrain;
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const TensorLayout &layout = info.layouts[i];
    if (layout.along != Along::element) continue;
    const std::size_t count = layout.parts * layout.members * size_of(layout.dtype) / narrowest;
    internal_check(count * speed::kCopyGrain <= speed::Tensors::kRoomAfter, "{} runs don't fit the room", count);
    for (std::size_t k = 0; k < count; ++k) runs.buffers.push_back(static_cast<char *>(buffers[i]) + k * stride);
    (i < info.inputs.size() ? runs.inputs : runs.outputs) += count;
  }
  return runs;
}

}  // namespace

speed::Contender kernel_contender(const Kernel &kernel, std::vector<void *> buffers, const Extents &extents) {
  return {kKernel, [kernel, buffers = std::move(buffers), extents] {
            const int status = has_one_extent(kernel.info().shape) ? kernel.run(buffers.data(), extents.inner)
                                                                   : kernel.run(buffers.data(), extents);
            internal_check(status == ACTINIDE_OK, "{}: {}", kernel.info().name, actinide_status_string(status));
          }};
}

std::vector<speed::Contender> copy_contenders(const KernelInfo &info, const std::vector<void *> &buffers,
                                              const Extents &extents) {
  const Runs runs = runs_of(info, buffers, extents);
  std::vector<speed::Contender> contenders;
  for (const bool streaming : {false, true}) {
    const speed::Copy copy = speed::copy_of(runs.inputs, runs.outputs, streaming);
    if (!copy)
      user_error("{} reads {} tensors and writes {}: there is no copy of so many to measure it beside", info.name,
                 runs.inputs, runs.outputs);
    contenders.push_back({streaming ? kStreaming : kCopy, [copy, runs] { copy(runs.buffers.data(), runs.bytes); }});
  }
  return contenders;
}

std::size_t bytes_of(const KernelInfo &info, const Extents &extents) {
  std::size_t bytes = 0;
  for (const TensorLayout &layout : info.layouts) bytes += elements(layout, extents) * size_of(layout.dtype);
  return bytes;
}

}  // namespace actinide::bench
