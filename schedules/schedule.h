// A schedule as plain data: how a kernel walks its elements. It changes speed, never a bit.
#pragma once

namespace actinide {

struct Schedule {
  /// Native vectors that one statement of the main loop covers. LLVM then interleaves their operations, which hides
  /// latency; too many spill. The tail is walked by single, masked vectors.
  int vectors = 4;
  /// CUDA: threads of a block.
  int block_threads = 0;

  friend bool operator==(const Schedule &, const Schedule &) = default;
};

/// The schedule for a kernel that nobody has tuned. `width`: how many times wider it computes than it stores. `cuda`:
/// on a CUDA device.
Schedule default_schedule(int width, bool cuda);

}  // namespace actinide
