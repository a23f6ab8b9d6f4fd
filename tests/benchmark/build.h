// With what the figures were taken.
#pragma once

#include <string>

namespace actinide::speed {

/// What a command of the shell writes to its standard output.
std::string command_output(const std::string &command);

/// The C++ compiler, LLVM and Halide, with versions.
std::string toolchain_description();

/// Whether the first two CPUs are cores of their own.
std::string cores_description();

/// Today, in UTC: 2026-01-31.
std::string today();

/// Bytes of the static runtime library that end up in a program that links all of it.
struct LibrarySize {
  long text, data, bss;
  long total() const { return text + data + bss; }
};
LibrarySize runtime_library_size();

}  // namespace actinide::speed
