// Kernels beside copies of the same bytes and beside peers: times and errors.
#pragma once

#include "actinide/jit.h"
#include "measure/tensors.h"
#include "measure/timing.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace actinide::bench {

struct BenchOptions {
  Pass pass = Pass::forward;
  DTypes dtypes = DType::f32;
  Tier tier = Tier::standard;
  std::string schedule = {};  ///< changes to the kernel's schedule
  std::vector<std::size_t> sizes = {2048, 4096, 65536, std::size_t{1} << 24};
  std::size_t columns = 1024;  ///< of rows, and channels
  unsigned threads = 1;
  speed::Distribution distribution = speed::Distribution::normal;
  std::optional<std::vector<std::string>> peers = {};  ///< nothing: all that are installed
  speed::Effort effort = {};
};

/// A copy whose quartiles are further from its median was disturbed.
inline constexpr double kSteady = 0.05;

/// What was measured at one size.
struct SizeResult {
  std::size_t size;
  std::size_t bytes;  ///< read and written
  speed::Timing kernel, copy, streaming;
  std::vector<speed::Timing> peers;  ///< in the order of BenchResult::peers

  /// Nanoseconds for an element.
  double nanoseconds(double seconds) const { return seconds * 1e9 / static_cast<double>(size); }
  double gigabytes_per_second() const { return static_cast<double>(bytes) / kernel.median() * 1e-9; }
  /// The kernel's time to that of the faster copy.
  double ratio_to_copy() const;
  /// The time of a peer to the kernel's.
  double ratio_of(const speed::Timing &peer) const { return speed::paired_ratio(peer, kernel); }
  /// False where something else disturbed the machine.
  bool steady() const;
};

/// A peer that has such a kernel.
struct PeerResult {
  std::string name, version;
  std::optional<double> ulp;
};

struct BenchResult {
  KernelInfo kernel;
  std::optional<double> bound;  ///< in ULP, that is promised
  std::optional<double> ulp;    ///< of the kernel; see Judge
  std::vector<PeerResult> peers;
  std::vector<SizeResult> sizes;
};

/// Measures what `text` asks for, by kernels of the compiler's target. Throws UserError.
BenchResult measure(const std::string &text, const Compiler &compiler, const BenchOptions &options);

}  // namespace actinide::bench
