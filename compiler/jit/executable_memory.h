// Code in this process.
#pragma once

#include <cstddef>
#include <string_view>

namespace actinide::jit {

/// Pages that hold a copy of some code. They are written first and made executable then, never both at once. Shared
/// by nothing but the handle that owns them.
class ExecutableMemory {
 public:
  /// Throws UserError where the system grants none.
  explicit ExecutableMemory(std::string_view code);
  ~ExecutableMemory();
  ExecutableMemory(const ExecutableMemory &) = delete;
  ExecutableMemory &operator=(const ExecutableMemory &) = delete;

  /// The function that begins at `offset` of the code.
  template <typename Function>
  Function function(std::size_t offset) const {
    return reinterpret_cast<Function>(begin_ + offset);
  }

 private:
  char *begin_;
  std::size_t bytes_;
};

}  // namespace actinide::jit
