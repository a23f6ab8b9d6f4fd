// Lowered Halide statements -> LLVM IR -> object code, for one target.
#pragma once

#include "codegen/target.h"

#include <memory>
#include <string>
#include <vector>

namespace actinide {

struct LoweredKernel;

/// One LLVM module. Not thread-safe; different modules may be used by different threads.
class Module {
 public:
  Module(const Target &target, const std::string &name);
  ~Module();
  Module(Module &&) noexcept;
  Module &operator=(Module &&) noexcept;

  /// Adds the function `symbol`: an actinide_kernel_function or, for CUDA, an entry as actinide_cuda_entry describes it
  /// (runtime/include/actinide/kernel.h).
  void add_kernel(const std::string &symbol, const LoweredKernel &kernel);

  /// The few passes that pay. Call once, after the last kernel.
  void optimize();

  std::string ir() const;
  std::string assembly() const;
  /// An object file; for CUDA the PTX.
  std::vector<char> object() const;

 private:
  friend struct ModuleAccess;  // aot/ and jit/ add dispatchers and take the module, see codegen/access.h
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace actinide
