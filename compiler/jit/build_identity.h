// Which build of the compiler this is.
#pragma once

#include <string_view>

namespace actinide::jit {

/// A digest of all that decides what this build makes of a request: its sources, its flags, the libraries below it. The
/// build itself writes its definition (build_identity.cmake).
std::string_view build_identity();

}  // namespace actinide::jit
