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

/// x86-64 does without: loops count by the places of their elements and compute what they don't change before they
/// begin (KernelEmitter::count_of, ExpressionEmitter::at), so that nothing is left that would pay for it.
inline constexpr std::string_view counting_pass = "Loop Strength Reduction";

/// True where x86 has 16 registers for vectors and the kernel so many constants that they crowd out what is computed
/// there, once LLVM has taken them out of the loop. An instruction takes them from memory as well.
bool crowds_registers(const LoweredKernel &kernel, const Target &target);

/// LLVM's code generation but for idle passes, which take time even where they have nothing to do, for the counting
/// pass, and, where a kernel is `crowded`, for the one that takes constants out of loops.
class MachinePasses final : public llvm::legacy::PassManagerBase {
 public:
  MachinePasses(const Target &target, bool crowded)
      : x86_64_(target.architecture == Architecture::x86_64), crowded_(crowded) {}
  void add(llvm::Pass *pass) override;
  void run(llvm::Module &module) { passes_.run(module); }

 private:
  const bool x86_64_;
  const bool crowded_;
  llvm::legacy::PassManager passes_;
};

}  // namespace actinide
