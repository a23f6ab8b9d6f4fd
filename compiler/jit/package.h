// A kernel as bytes: all that a process needs of it, to be kept on disk or handed over by the compiler.
#pragma once

#include "actinide/jit.h"
#include "codegen/image.h"
#include "cuda_kernel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::jit {

struct KernelPackage {
  std::string identity;  ///< two packages with the same are the same kernel, to the bit
  KernelInfo info;
  std::uint32_t cost = 0;          ///< actinide_kernel::cost
  std::uint8_t sum_words = 0;      ///< actinide_kernel::sum_words
  std::uint64_t stream_bytes = 0;  ///< actinide_variant::stream_bytes
  CodeImage code;                  ///< the kernel's function and its merge, where it has sum_words
};

struct CudaKernelPackage {
  std::string identity;
  KernelInfo info;
  std::vector<std::uint32_t> compute_capabilities;  ///< the highest first
  std::vector<std::string> ptx;                     ///< for each of them
  std::vector<CudaEntry> entries;
  std::uint32_t multiprocessor_blocks = 0;
  std::uint8_t shaped = 0;     ///< actinide_cuda_kernel::shaped
  std::uint8_t sum_words = 0;  ///< actinide_cuda_kernel::sum_words
};

std::string to_bytes(const KernelPackage &package);
std::string to_bytes(const CudaKernelPackage &package);
/// Empty unless `bytes` are what to_bytes gave.
template <typename Package>
std::optional<Package> from_bytes(std::string_view bytes);

}  // namespace actinide::jit
