#include "jit/executable_memory.h"

#include "error.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace actinide::jit {
namespace {

[[noreturn]] void refuse(const char *what) {
  user_error("the system grants no {} memory for a kernel: {}", what, std::strerror(errno));
}

}  // namespace

ExecutableMemory::ExecutableMemory(std::string_view code) : bytes_(code.size()) {
  void *memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) refuse("further");
  begin_ = static_cast<char *>(memory);
  std::memcpy(begin_, code.data(), bytes_);
  if (mprotect(memory, bytes_, PROT_READ | PROT_EXEC) != 0) {
    const int reason = errno;
    munmap(memory, bytes_);
    errno = reason;
    refuse("executable");
  }
  __builtin___clear_cache(begin_, begin_ + bytes_);
}

ExecutableMemory::~ExecutableMemory() {
  munmap(begin_, bytes_);
}

}  // namespace actinide::jit
