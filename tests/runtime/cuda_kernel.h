// CUDA kernels for tests with the fake driver, which reads no more of PTX than versions, targets and signatures.
#pragma once

#include "actinide/kernel.h"

#include <algorithm>
#include <string>
#include <vector>

namespace fake {

/// Of an element-wise kernel.
inline actinide_cuda_entry entry(const char *name, std::uint32_t block_threads, std::uint32_t thread_elements,
                                 std::uint32_t alignment) {
  return {name, block_threads, thread_elements, alignment, 0, 0, ACTINIDE_TEAMS_ELEMENTS};
}

struct CudaShape {
  std::vector<std::uint8_t> inputs = {4}, outputs = {4};
  int parameters = 1;
  std::uint32_t multiprocessor_blocks = 0;
  /// Named by themselves in the PTX; the last needs no more than the elements' alignment.
  std::vector<actinide_cuda_entry> entries = {entry("wide", 256, 8, 16), entry("narrow", 128, 1, 4)};
  std::vector<std::uint32_t> compute_capabilities = {90, 80};
  std::vector<actinide_layout> layouts = {};  ///< of a kernel that takes the extents of a space
  int sum_words = 0;
};

/// PTX for a compute capability, in the version that introduced it; every entry with the same signature.
inline std::string ptx(std::uint32_t compute_capability, const CudaShape &shape) {
  std::string list;
  const std::size_t buffers = shape.sum_words == 0 ? shape.inputs.size() + shape.outputs.size()
                                                   : shape.inputs.size() + std::size_t(shape.sum_words);
  for (std::size_t i = 0; i < buffers; ++i) list += ".param .u64 b, ";
  for (std::size_t i = 0; i < 3 + buffers && !shape.layouts.empty(); ++i) list += ".param .u32 extent, ";
  list += ".param .u32 n";
  for (int i = 0; i < shape.parameters; ++i) list += ", .param .f64 p";
  std::string text = std::string(".version ") + (compute_capability >= 90 ? "7.8" : "7.0") + "\n.target sm_" +
                     std::to_string(compute_capability) + "\n";
  for (const actinide_cuda_entry &entry : shape.entries) {
    text += std::string(".visible .entry ") + entry.name + "(" + list + ") {}\n";
  }
  return text;
}

/// The descriptor and what it points at.
class CudaKernel {
 public:
  explicit CudaKernel(CudaShape wanted = {}) : shape_(std::move(wanted)) {
    for (const std::uint32_t capability : shape_.compute_capabilities) texts_.push_back(ptx(capability, shape_));
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      images_.push_back({shape_.compute_capabilities[i], texts_[i].c_str()});
    }
    descriptor.abi = ACTINIDE_KERNEL_ABI;
    descriptor.inputs = static_cast<std::uint8_t>(shape_.inputs.size());
    descriptor.outputs = static_cast<std::uint8_t>(shape_.outputs.size());
    int buffer = 0;
    for (const auto &group : {shape_.inputs, shape_.outputs}) {
      for (const std::uint8_t bytes : group) {
        descriptor.element_bytes[buffer] = bytes;
        descriptor.alignment[buffer++] = bytes;
      }
    }
    descriptor.parameters = static_cast<std::uint16_t>(shape_.parameters);
    descriptor.image_count = static_cast<std::uint32_t>(images_.size());
    descriptor.images = images_.data();
    descriptor.entry_count = static_cast<std::uint32_t>(shape_.entries.size());
    descriptor.entries = shape_.entries.data();
    descriptor.multiprocessor_blocks = shape_.multiprocessor_blocks;
    descriptor.shaped = !shape_.layouts.empty();
    descriptor.sum_words = static_cast<std::uint8_t>(shape_.sum_words);
    std::copy(shape_.layouts.begin(), shape_.layouts.end(), descriptor.layouts);
  }
  CudaKernel(const CudaKernel &) = delete;
  CudaKernel &operator=(const CudaKernel &) = delete;

  actinide_cuda_kernel descriptor{};

 private:
  const CudaShape shape_;
  std::vector<std::string> texts_;
  std::vector<actinide_cuda_image> images_;
};

}  // namespace fake
