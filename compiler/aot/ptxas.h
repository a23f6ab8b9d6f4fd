// The CUDA toolkit's assembler, where there is one: what the device makes of PTX.
#pragma once

#include "codegen/target.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace actinide::aot {

/// What ptxas reports of a function.
struct EntryUsage {
  std::string entry;
  int registers = 0;    ///< of a thread
  int stack_bytes = 0;  ///< of local memory for each thread
  int spill_bytes = 0;  ///< that spilled registers cost: stored and loaded, each instruction counted once
};

/// A ptxas of this machine. Thread-safe.
class Ptxas {
 public:
  /// The one on the PATH, in $CUDA_HOME/bin, in $CUDA_PATH/bin or in /usr/local/cuda/bin, the first that runs.
  static std::optional<Ptxas> find();

  /// The toolkit's: `13.0.88`.
  const std::string &version() const { return version_; }

  /// Assembles the PTX for its own target. Empty if nothing can be said: this ptxas doesn't know the target, or it
  /// didn't run to its end within a minute. Throws InternalError with its first complaint if it refuses the PTX.
  std::optional<std::vector<EntryUsage>> assemble(const std::string &ptx, const Target &target) const;

 private:
  Ptxas(std::filesystem::path program, std::string version)
      : program_(std::move(program)), version_(std::move(version)) {}

  std::filesystem::path program_;
  std::string version_;
};

}  // namespace actinide::aot
