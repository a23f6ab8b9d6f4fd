// The machines that kernels are made for. One table; its rows are data for code generation, dispatch and documents.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

enum class Architecture : std::uint8_t { x86_64, aarch64, nvptx };
enum class ObjectFormat : std::uint8_t { elf, macho, coff, ptx };

/// SVE's vectors have 1 to 16 times 16 bytes; code for it asks for the length when it runs.
constexpr int longest_scale = 16;

struct Target {
  std::string name{};  ///< as in requests and manifests: `x86-64-v3`, with a suffix `-macos` where not Linux
  Architecture architecture{};
  ObjectFormat format{};
  std::string triple{};    ///< LLVM's target triple
  std::string cpu{};       ///< LLVM's processor
  std::string features{};  ///< LLVM's further features
  int vector_bytes{};      ///< of one native vector register (the shortest where `scalable`); CUDA: of a load or store
  bool scalable{};         ///< a register has up to longest_scale times vector_bytes
  bool has_fma{};
  bool has_f16_conversions{};    ///< between f16 and f32, to nearest even
  bool has_scalef{};             ///< x * 2^floor(n) as one instruction (AVX-512)
  std::uint64_t cpu_features{};  ///< what a CPU must have, as ACTINIDE_CPU_* bits of the runtime
  int compute_capability{};      ///< of the least CUDA device, 80 for 8.0; 0 for a CPU

  /// Kernels of the target run on a CUDA device, by many threads, and what is emitted is PTX.
  bool is_cuda() const { return architecture == Architecture::nvptx; }

  /// Elements of `bytes` each in one native vector; in the longest where `scalable`.
  int lanes(int bytes) const { return vector_bytes * (scalable ? longest_scale : 1) / bytes; }
};

/// All targets that can be emitted (CPUs: for Linux), best last in each architecture.
std::span<const Target> all_targets();

/// The target spelled `text`. Throws UserError naming the known ones and the closest.
Target parse_target(std::string_view text);

/// The best target that this CPU runs.
Target host_target();

/// True if this machine's CPU can run kernels of the target.
bool runs_here(const Target &target);

}  // namespace actinide
