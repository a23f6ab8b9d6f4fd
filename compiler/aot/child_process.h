// Another program, run to its end.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace actinide::aot {

struct ProgramResult {
  int status;          ///< with which it exited
  std::string output;  ///< standard output and standard error
};

/// A directory of this process alone, removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory &) = delete;
  ScratchDirectory &operator=(const ScratchDirectory &) = delete;

  /// Empty if none could be made.
  const std::filesystem::path &path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs `program`, no shell between, with nothing on its standard input. Empty if it can't be started, is killed by a
/// signal, or hasn't ended after `limit`, when it is killed.
std::optional<ProgramResult> run_program(const std::filesystem::path &program,
                                         const std::vector<std::string> &arguments, std::chrono::milliseconds limit);

}  // namespace actinide::aot
