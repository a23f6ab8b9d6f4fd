// A schedule as plain data: how a kernel walks its elements. It changes speed, never a bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide {

struct Schedule {
  /// Native vectors that one statement of the main loop covers. LLVM then interleaves their operations, which hides
  /// latency; too many spill. The tail is walked by single, masked vectors.
  int vectors = 4;
  /// Bytes by which the main loop asks for its inputs ahead; 0: the hardware's prefetching suffices.
  int prefetch = 0;
  /// Bytes of all tensors from which the outputs are written past the caches; 0: never.
  std::uint64_t stream = 0;
  /// CUDA: threads of a block, whole warps.
  int block_threads = 0;
  /// CUDA: blocks for each multiprocessor, whose threads walk the elements in a loop and load ahead what they compute
  /// next. 0: as many blocks as give each thread one turn.
  int multiprocessor_blocks = -1;

  bool is_cuda() const { return block_threads > 0; }
  friend bool operator==(const Schedule &, const Schedule &) = default;
};

/// What a schedule depends on, but for the kernel itself.
struct ScheduleFacts {
  int width = 1;                    ///< how many times wider the numbers of a computation are than those stored
  int numbers = 1;                  ///< that a value is computed as: 2 in pairs
  int registers = 16;               ///< for vectors, that the target has
  bool cuda = false;                ///< on a CUDA device
  double cuda_slots = 0;            ///< of an element: turns of a multiprocessor's schedulers, each for a warp
  int inputs = 0;                   ///< tensors that are read
  int widest_bytes = 0;             ///< of an element of one tensor
  bool can_stream = false;          ///< the target has stores past the caches, and the kernel one that fits them
  double nanoseconds = 0;           ///< of an element on one core, estimated
  std::uint64_t element_bytes = 0;  ///< of all tensors
};

/// The threshold of schedules that stream, see default_schedule.
inline constexpr std::uint64_t kStreamBytes = std::uint64_t{64} << 20;

/// The schedule for a kernel that nobody has tuned.
Schedule default_schedule(const ScheduleFacts &facts);

/// The fields by name, but for those that the kernel's kind hasn't.
std::vector<std::pair<std::string, std::uint64_t>> fields_of(const Schedule &schedule);

/// `vectors=4,prefetch=0,stream=67108864`: with_changes reads it back.
std::string to_text(const Schedule &schedule);

/// `base` with the fields that `text` gives other values: `vectors=2,stream=0`. Throws UserError for an unknown field
/// or a value out of its range.
Schedule with_changes(const Schedule &base, std::string_view text);

}  // namespace actinide
