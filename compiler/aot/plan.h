// A checked library request: every C name, argument and target decided. The dispatcher, the header and the manifest all
// follow from it.
#pragma once

#include "aot/library.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::aot {

enum class Role : std::uint8_t { input, output, size, parameter };
std::string_view to_string(Role);

/// An argument of an emitted C function.
struct Argument {
  Role role;
  std::string name;
  std::string type;  ///< in C, with what precedes the name: `const float *`, `size_t `
};

struct PlannedKernel {
  KernelRequest request;
  KernelSignature signature;
  std::string function;  ///< the exported C function
  std::vector<Argument> arguments;
  std::optional<double> bound;  ///< largest error in ULP

  /// The function with the code for one target, hidden inside the library.
  std::string symbol(const Target &target) const;
};

struct Plan {
  std::string name;
  std::vector<PlannedKernel> kernels;
  std::vector<Target> targets;  ///< best first
  Target baseline;              ///< the least of the architecture: what the dispatcher may use
};

Plan plan_library(const LibraryRequest &request);

/// The target's name without the operating system: what ACTINIDE_TARGET is compared with.
std::string variant_name(const Target &target);

/// The commands that emit this library, in a canonical spelling: usually one, else one for each kernel.
std::vector<std::string> canonical_commands(const Plan &plan);

/// The activation as a command names it: `gelu`, `leaky_relu(slope=0.2)`, or a whole definition.
std::string activation_text(const KernelRequest &request);

}  // namespace actinide::aot
