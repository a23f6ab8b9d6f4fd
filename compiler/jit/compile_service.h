// What the compiler does for a host program: it makes a package of a request.
#pragma once

#include "vocabulary.h"

#include <string>
#include <string_view>

namespace actinide::jit {

struct PackageRequest {
  std::string_view activation;  ///< a text as Compiler::kernel takes it
  Pass pass;
  DTypes dtypes;
  Tier tier;
  std::string_view target;         ///< of a CPU; empty: every target for CUDA
  std::string_view schedule = {};  ///< changes to the schedule
};

/// Thread-safe. Throws UserError where the request is wrong.
class CompileService {
 public:
  virtual ~CompileService() = default;
  /// Two requests with the same are the same kernel, to the bit. Takes microseconds.
  virtual std::string identity(const PackageRequest &request) const = 0;
  /// The bytes of the request's KernelPackage, or of its CudaKernelPackage. Takes milliseconds.
  virtual std::string package(const PackageRequest &request) const = 0;
};

/// The compiler, loaded at the first call. Throws UserError where it isn't found.
const CompileService &compile_service();

}  // namespace actinide::jit

/// What the compiler's library exports: null unless `build` is the library's own build_identity().
extern "C" const actinide::jit::CompileService *actinide_compile_service(std::string_view build);
