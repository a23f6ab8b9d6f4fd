// Global memory: the buffers of one launch, and who touched them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace actinide::ptx {

/// What threads may do with a buffer.
enum class Access : std::uint8_t { read, write, both };

/// Every access must lie inside one buffer, be aligned to its own size, take the buffer's elements whole (those of two
/// bytes also in pairs), and be allowed; and no thread may touch an element that another thread writes, in whatever
/// order they run, unless they are of one warp that has synchronized in between. What breaks this throws Error.
class Memory {
 public:
  /// `wider`: an access may take several of a buffer's elements as one, for buffers whose type nobody knows.
  explicit Memory(bool wider) : wider_(wider) {}
  Memory() = default;

  /// Adds a buffer of `bytes.size()` bytes that begins `misalignment` bytes, a multiple of `element_bytes`, behind a
  /// multiple of 256. Returns its address.
  std::uint64_t add(std::span<const std::uint8_t> bytes, std::size_t element_bytes, Access access,
                    std::size_t misalignment = 0);
  /// The content of the buffer at `address`.
  std::span<const std::uint8_t> content(std::uint64_t address) const;

  /// The threads of the warp of that number see what each has loaded and stored.
  void synchronize(std::uint32_t warp) { ++epochs_[warp]; }

  /// The access of thread number `thread` to `count` elements of `element_bytes`, each in the low bits of a slot.
  void load(std::uint32_t thread, std::uint64_t address, std::size_t element_bytes, std::span<std::uint64_t> elements);
  void store(std::uint32_t thread, std::uint64_t address, std::size_t element_bytes,
             std::span<const std::uint64_t> elements);

 private:
  /// The threads that touched an element, all of them as far as they may conflict with later ones.
  struct Touch {
    std::uint32_t thread;  ///< or nobody, or several
    std::uint32_t warp;    ///< or several
    std::uint32_t epoch;   ///< of the warp, the last
  };
  struct Buffer {
    std::uint64_t address;
    std::vector<std::uint8_t> bytes;
    std::size_t element_bytes;
    Access access;
    std::vector<Touch> readers, writers;  ///< of each element
  };
  struct Place {
    Buffer &buffer;
    std::size_t first;  ///< element
    std::size_t end;
    std::uint8_t *bytes;
  };
  Place find(std::uint64_t address, std::size_t element_bytes, std::size_t count);

  Touch touch_of(std::uint32_t thread) const;
  static bool conflict(const Touch &before, const Touch &now);

  bool wider_ = false;
  std::vector<Buffer> buffers_;
  std::map<std::uint32_t, std::uint32_t> epochs_;  ///< of warps: how often they have synchronized
};

}  // namespace actinide::ptx
