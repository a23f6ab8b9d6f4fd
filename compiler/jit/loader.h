// Object code -> a function of this process.
#pragma once

#include "actinide/kernel.h"

#include <memory>
#include <string>
#include <vector>

namespace actinide::jit {

/// Links objects into this process through LLVM's ORC. Thread-safe. What it has loaded stays loaded.
class Loader {
 public:
  Loader();
  ~Loader();

  /// The functions `symbols` of `object`, an object file for this machine that refers to nothing outside itself.
  std::vector<actinide_kernel_function> load(const std::vector<char> &object, const std::vector<std::string> &symbols);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace actinide::jit
