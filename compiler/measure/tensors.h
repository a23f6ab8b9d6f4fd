// The memory that kernels and copies work on.
#pragma once

#include "vocabulary.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::speed {

inline constexpr unsigned kSeed = 20240607;  ///< of the inputs

/// How the numbers of a tensor are distributed: N(0,1), N(0,3), or every finite number of the dtype as likely as any
/// other.
enum class Distribution { zero, normal, wide, all };
/// `N(0,1)`.
std::string_view to_string(Distribution);

struct TensorPlan {
  DType dtype;
  std::size_t elements;
  Distribution distribution;
};

/// Tensors on huge pages where the system grants them, so that neither TLB misses nor the colours of pages differ from
/// run to run. Each is aligned to kAlignment, and so many bytes after it are there, too.
class Tensors {
 public:
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t kRoomAfter = 4096;

  explicit Tensors(std::span<const TensorPlan> plans);
  ~Tensors();
  Tensors(const Tensors &) = delete;
  Tensors &operator=(const Tensors &) = delete;

  const std::vector<void *> &buffers() const { return buffers_; }

 private:
  void *memory_;
  std::size_t bytes_;
  std::vector<void *> buffers_;
};

}  // namespace actinide::speed
