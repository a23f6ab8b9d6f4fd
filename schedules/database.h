// Schedules that were measured to be faster than the default ones: of which kernel, for which target, on which CPU.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

struct TunedKernel {
  std::string cpu;                                 ///< cpu_name()
  std::string target;                              ///< `x86-64-v3`
  std::string kernel;                              ///< whatever names it; compared, not read
  std::string schedule;                            ///< changes to the default (with_changes); empty: nothing was faster
  double gain_in_cache = 1, gain_from_memory = 1;  ///< the default's time over this one's
  std::string date, command;                       ///< for people

  friend bool operator==(const TunedKernel &, const TunedKernel &) = default;
};

class Database {
 public:
  /// Throws UserError if `text` isn't what text() writes. `name`: of the file, for the message. An empty text has
  /// nothing.
  static Database parse(std::string_view text, const std::string &name);
  std::string text() const;

  /// Empty `cpu`: of any.
  const TunedKernel *find(std::string_view cpu, std::string_view target, std::string_view kernel) const;
  /// In the place of the one for the same CPU, target and kernel.
  void put(TunedKernel tuned);
  const std::vector<TunedKernel> &all() const { return all_; }

 private:
  std::vector<TunedKernel> all_;
};

/// What is known of the kernel here: by the user's database or what the compiler was built with, for this CPU; else by
/// the latter, for any CPU that the target is the same for. Null if nothing is. A user's database that can't be read
/// counts as none: a schedule changes speed, never a bit.
const TunedKernel *tuned_kernel(std::string_view target, std::string_view kernel);

}  // namespace actinide
