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
/// Left out where registers are crowded.
inline constexpr std::string_view constants_pass = "Early Machine Loop Invariant Code Motion";
inline constexpr std::string_view ordering_pass = "Machine Instruction Scheduler";

/// What of a kernel is more than fits into the 16 registers that x86 has for vectors without AVX-512.
struct Crowding {
  /// The constants, once LLVM has taken them out of the loop, crowd out what is computed. An instruction takes them
  /// from memory as well.
  bool constants = false;
  /// No order of the operations saves the values from memory, and the order that tries to costs more than it saves: it
  /// has one vector after another, each a chain of operations that wait for each other. In the order of the program
  /// they take turns.
  bool values = false;

  Crowding operator|(Crowding other) const { return {constants || other.constants, values || other.values}; }
};
Crowding crowding_of(const LoweredKernel &kernel, const Target &target);

/// LLVM's code generation but for idle passes, which take time even where they have nothing to do, for the counting
/// pass, and, where registers are crowded, for those that take constants out of loops or reorder operations.
class MachinePasses final : public llvm::legacy::PassManagerBase {
 public:
  MachinePasses(const Target &target, Crowding crowding)
      : x86_64_(target.architecture == Architecture::x86_64), crowding_(crowding) {}
  void add(llvm::Pass *pass) override;
  void run(llvm::Module &module) { passes_.run(module); }

 private:
  const bool x86_64_;
  const Crowding crowding_;
  llvm::legacy::PassManager passes_;
};

}  // namespace actinide
