// Which of LLVM's passes make a kernel's machine code.
#pragma once

#include <llvm/IR/LegacyPassManager.h>

#include <span>
#include <string_view>

namespace actinide {

/// Names of passes that LLVM runs over every function and that find nothing to do in a kernel.
std::span<const std::string_view> idle_passes();

/// LLVM's code generation but for them: a pass takes time even where it has nothing to do.
class MachinePasses final : public llvm::legacy::PassManagerBase {
 public:
  void add(llvm::Pass *pass) override;
  void run(llvm::Module &module) { passes_.run(module); }

 private:
  llvm::legacy::PassManager passes_;
};

}  // namespace actinide
