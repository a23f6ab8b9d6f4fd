// Where figures are taken.
#pragma once

#include <string>

#include <sched.h>

namespace actinide::speed {

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

}  // namespace actinide::speed
