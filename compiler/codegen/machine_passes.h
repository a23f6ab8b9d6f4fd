// Which of LLVM's passes make a kernel's machine code.
#pragma once

#include "codegen/target.h"
#include "lowering/lower.h"

#include <llvm/IR/LegacyPassManager.h>

#include <span>
#include <string_view>

namespace actinide {

/// Names of passes that LLVM runs over every function and that find nothing to do in a kernel.
std::span<const std::string_view> idle_passes();

/// True where x86 has 16 registers for vectors and the kernel so many constants that they crowd out what is computed
/// there, once LLVM has taken them out of the loop. An instruction takes them from memory as well.
bool crowds_registers(const LoweredKernel &kernel, const Target &target);

/// LLVM's code generation but for idle passes, which take time even where they have nothing to do, and, where a kernel
/// is `crowded`, for the one that takes constants out of loops.
class MachinePasses final : public llvm::legacy::PassManagerBase {
 public:
  explicit MachinePasses(bool crowded) : crowded_(crowded) {}
  void add(llvm::Pass *pass) override;
  void run(llvm::Module &module) { passes_.run(module); }

 private:
  const bool crowded_;
  llvm::legacy::PassManager passes_;
};

}  // namespace actinide
