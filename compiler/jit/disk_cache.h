// Kernels on disk, for the next process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actinide::jit {

/// What the cache's directory holds.
struct DiskCacheContent {
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

/// Texts under keys, one file each, in a directory that belongs to the user alone. Many threads and processes may use
/// the directory at once: a file appears whole or not at all, and each carries its key and a checksum (XXH3, 128 bits),
/// so that what isn't exactly as it was stored isn't found. Where the directory can't be used nothing is found and
/// nothing stored; nothing here ever fails.
class DiskCache {
 public:
  /// `directory`: made when it is needed. What was used longest ago gives way where it would hold more than `limit`
  /// bytes.
  DiskCache(std::string directory, std::uint64_t limit) : directory_(std::move(directory)), limit_(limit) {}

  std::optional<std::string> find(std::string_view key) const;
  void store(std::string_view key, std::string_view content);

  DiskCacheContent content() const;
  /// Removes every entry, and nothing else.
  DiskCacheContent clear();

  const std::string &directory() const { return directory_; }
  std::uint64_t limit() const { return limit_; }
  /// Why the directory can't be used; empty if it can, or could be made.
  std::string refusal() const;

 private:
  const std::string directory_;
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> unseen_ = UINT64_MAX;  ///< bytes stored since the directory was last counted
};

/// ACTINIDE_CACHE_DIR, or else `actinide` in XDG_CACHE_HOME or in ~/.cache. Empty if the first is set but empty, which
/// asks for no cache, or if there is no home either.
std::string default_cache_directory();

}  // namespace actinide::jit
