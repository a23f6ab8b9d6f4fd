// Kernels as what a sweep measures: ours, and those of peers.
#pragma once

#include "accuracy/sweep.h"
#include "actinide/jit.h"
#include "bench/peers.h"
#include "pipeline.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace actinide::cli {

/// One output of a kernel as a function of one of its inputs; the others stay where they are.
struct Place {
  std::vector<double> inputs;  ///< of the kernel, numbers of its dtype
  std::size_t varying;
  std::size_t output;
};

MeasuredKernel kernel_at(const Kernel &kernel, const Place &place);

/// The peer's way to do what the request asks for, an element-wise kernel of one dtype: f' by its backward with a dy of
/// 1. Nothing if it has no such kernel.
std::optional<MeasuredKernel> peer_at(const bench::OpenPeer &peer, const KernelRequest &request, const Place &place);

}  // namespace actinide::cli
