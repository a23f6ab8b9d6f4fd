// Where and with what the figures were taken.
#pragma once

#include <string>
#include <vector>

#include <sched.h>

namespace actinide::speed {

/// What a command of the shell writes to its standard output.
std::string command_output(const std::string &command);

/// Binds the calling thread to one CPU of those that it may use, as long as this lives.
class Pinned {
 public:
  /// The last of them if `cpu` is negative. Throws UserError if that CPU isn't ours.
  explicit Pinned(int cpu);
  ~Pinned();
  Pinned(const Pinned &) = delete;
  Pinned &operator=(const Pinned &) = delete;

  int cpu() const { return cpu_; }

 private:
  int cpu_;
  cpu_set_t before_;
};

/// "AMD EPYC ..., 32 KiB L1d, 1 MiB L2, 32 MiB L3": the model and the data caches, nothing that names the host.
std::string machine_description();

/// The C++ compiler, LLVM and Halide, with versions.
std::string toolchain_description();

/// Today, in UTC: 2026-01-31.
std::string today();

/// Bytes of the static runtime library that end up in a program that links all of it.
struct LibrarySize {
  long text, data, bss;
  long total() const { return text + data + bss; }
};
LibrarySize runtime_library_size();

}  // namespace actinide::speed
