// Ahead of time: kernels as a C library, that is, a static archive, a header that stands alone, and a manifest.
#pragma once

#include "pipeline.h"

#include <filesystem>
#include <string>
#include <vector>

namespace actinide {

struct LibraryRequest {
  std::string name;  ///< prefix of every C name and of the files: `k` -> libk.a, k.h, k.json, k_gelu_forward_f32
  std::vector<KernelRequest> kernels;
  /// In any order: CPUs of one architecture and object format, CUDA (not beside macOS), or both. With CUDA alone, the
  /// object is for the machine that emits.
  std::vector<Target> targets;
};

/// The content of each file of a library. The same request gives the same bytes. (The manifest of a library with CUDA
/// kernels also depends on the CUDA toolkit of this machine, whose ptxas, if there is one, counts their registers.)
struct LibraryFiles {
  std::string archive;
  std::string header;
  std::string manifest;
};

/// Compiles the library. Throws UserError for names that C doesn't take, kernels that clash, targets that don't go
/// together.
LibraryFiles make_library(const LibraryRequest &request);

/// Compiles the library and writes directory/include/NAME.h, directory/lib/libNAME.a and directory/NAME.json: all of
/// them or, if anything fails (UserError), none.
void write_library(const LibraryRequest &request, const std::filesystem::path &directory);

}  // namespace actinide
