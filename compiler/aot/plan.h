// A checked library request: every C name, argument and target decided. The objects, the header and the manifest all
// follow from it.
#pragma once

#include "aot/library.h"
#include "cuda_kernel.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::aot {

enum class Role : std::uint8_t { input, output, size, stride, parameter, stream };
std::string_view to_string(Role);

/// An argument of an emitted C function.
struct Argument {
  Role role;
  std::string name;
  std::string type;  ///< in C, with what precedes the name: `const float *`, `size_t `
};

/// A C function that the library exports.
struct Function {
  std::string name;
  std::vector<Argument> arguments;
  bool has_one_extent = true;  ///< it takes n, not the extents of a space
};

struct PlannedKernel {
  KernelRequest request;
  KernelSignature signature;
  /// Run the kernel on the CPU; exported where the plan has targets for it. Where the kernel has rows, a second takes
  /// them at any distance.
  std::vector<Function> functions;
  std::vector<Function> cuda_functions;  ///< the same for CUDA
  CudaLaunch launch;                     ///< where the plan has CUDA targets

  const std::string &name() const { return functions[0].name; }

  /// The function with the code for one CPU, hidden inside the library.
  std::string symbol(const Target &target) const;
};

struct Plan {
  std::string name;
  std::vector<PlannedKernel> kernels;
  std::vector<Target> targets;       ///< CPUs, best first; all of one architecture and object format
  std::vector<Target> cuda_targets;  ///< the highest compute capability first
  Target baseline;                   ///< the least of the CPUs: what the exported functions may use
};

Plan plan_library(const LibraryRequest &request);

/// The target's name without the operating system: what ACTINIDE_TARGET is compared with.
std::string variant_name(const Target &target);

/// The commands that emit this library, in a canonical spelling: usually one, else one for each kernel.
std::vector<std::string> canonical_commands(const Plan &plan);

/// The activation as a command names it: `gelu`, `leaky_relu(slope=0.2)`, or a whole definition.
std::string activation_text(const KernelRequest &request);

}  // namespace actinide::aot
