// The memory that kernels and copies work on.
#pragma once

#include "vocabulary.h"

#include <cstddef>
#include <vector>

namespace actinide::speed {

inline constexpr unsigned kSeed = 20240607;  ///< of the inputs

/// Inputs with N(0,1) of kSeed, outputs with zeros. On huge pages where the system grants them, so that neither TLB
/// misses nor the colours of pages differ from run to run.
class Tensors {
 public:
  Tensors(DType dtype, std::size_t n, std::size_t inputs, std::size_t outputs);
  ~Tensors();
  Tensors(const Tensors &) = delete;
  Tensors &operator=(const Tensors &) = delete;

  /// The first `inputs` inputs, then the first `outputs` outputs.
  std::vector<void *> buffers(std::size_t inputs, std::size_t outputs) const;

 private:
  void *memory_;
  std::size_t bytes_;
  std::vector<void *> inputs_;
  std::vector<void *> outputs_;
};

}  // namespace actinide::speed
