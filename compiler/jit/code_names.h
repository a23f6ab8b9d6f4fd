// Names of compiled code for the tools that look at a process from outside.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace actinide::jit {

/// Says what the `bytes` at `code` are, to those whom the environment names:
///   ACTINIDE_PERF_MAP=1   `perf`, by a line of /tmp/perf-PID.map, which stays; where that can't be written nothing
///                         happens
///   ACTINIDE_GDB=1        gdb and lldb, by an object file in memory that is theirs as long as this lives
class CodeName {
 public:
  CodeName(const void *code, std::size_t bytes, const std::string &name);
  ~CodeName();
  CodeName(const CodeName &) = delete;
  CodeName &operator=(const CodeName &) = delete;

 private:
  struct DebugObject;
  std::unique_ptr<DebugObject> debug_object_;
};

}  // namespace actinide::jit
