#include "codegen/machine_passes.h"

#include <llvm/Pass.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace actinide {
namespace {

constexpr auto idle = std::to_array<std::string_view>({
    "A57 FP Anti-dependency breaker",
    "AArch64 Branch Targets",
    "AArch64 Compress Jump Tables",
    "AArch64 Conditional Compares",
    "AArch64 Globals Tagging",
    "AArch64 Local Dynamic TLS Access Clean-up",
    "AArch64 Pointer Authentication",
    "AArch64 Stack Tagging",
    "AArch64 Stack Tagging PreRA",
    "AArch64 sls hardening pass",
    "AArch64 speculation hardening pass",
    "Analyze Machine Code For Garbage Collection",
    "Argument Stack Rebase",
    "Canonicalize Freeze Instructions in Loops",
    "Check CFA info and insert CFI instructions if needed",
    "Complex Deinterleaving Pass",
    "Contiguously Lay Out Funclets",
    "Detect Dead Lanes",
    "Early If-Conversion",
    "Early Tail Duplication",
    "Exception handling preparation",
    "Expand Atomic instructions",
    "Expand indirectbr instructions",
    "Expand large div/rem",
    "Expand large fp convert",
    "Expand memcmp() to load/stores",
    "Expand vector predication intrinsics",
    "Falkor HW Prefetch Fix",
    "Falkor HW Prefetch Fix Late Phase",
    "Fixup Statepoint Caller Saved",
    "Implement the 'patchable-function' attribute",
    "Init Undef Pass",
    "Insert KCFI indirect call checks",
    "Insert XRay ops",
    "Insert fentry calls",
    "Instrument function entry/exit with calls to e.g. mcount() (post inlining)",
    "Interleaved Access Pass",
    "Interleaved Load Combine Pass",
    "Live DEBUG_VALUE analysis",
    "Local Dynamic TLS Access Clean-up",
    "Loop Data Prefetch",
    "Lower AMX intrinsics",
    "Lower AMX type for load/store",
    "Lower Garbage Collection Instructions",
    "Lower constant intrinsics",
    "Machine Outliner",
    "Machine Sanitizer Binary Metadata",
    "Merge contiguous icmps into a memcmp",
    "Merge disjoint stack slots",
    "Merge internal globals",
    "Optimize machine instruction PHIs",
    "Partially inline calls to library functions",
    "Post RA top-down list latency scheduler",
    "Prepare callbr",
    "Pseudo Probe Inserter",
    "Register Allocation Pass Scoring",
    "Remove Redundant DEBUG_VALUE analysis",
    "Remove unreachable blocks from the CFG",
    "Rename Disconnected Subregister Components",
    "Replace intrinsics with calls to vector library",
    "SME ABI Pass",
    "Safe Stack instrumentation pass",
    "Scoped NoAlias Alias Analysis",
    "Shadow Stack GC Lowering",
    "Stack Frame Layout Analysis",
    "StackMap Liveness Analysis",
    "TLS Variable Hoist",
    "Tail Duplication",
    "Tile Register Configure",
    "Tile Register Pre-configure",
    "Type-Based Alias Analysis",
    "Workaround A53 erratum 835769 pass",
    "X86 Atom pad short functions",
    "X86 Avoid Store Forwarding Blocks",
    "X86 Discriminate Memory Operands",
    "X86 Domain Reassignment Pass",
    "X86 DynAlloca Expander",
    "X86 FP Stackifier",
    "X86 Indirect Branch Tracking",
    "X86 Indirect Thunks",
    "X86 Insert Cache Prefetches",
    "X86 Load Value Injection (LVI) Load Hardening",
    "X86 Load Value Injection (LVI) Ret-Hardening",
    "X86 Lower Tile Copy",
    "X86 PIC Global Base Reg Initialization",
    "X86 Partial Reduction",
    "X86 Return Thunks",
    "X86 Speculative Execution Side Effect Suppression",
    "X86 Windows Fixup Buffer Security Check",
    "X86 insert wait instruction",
    "X86 speculative load hardening",
});

/// Measured with AVX2, see docs/jit.md: kernels of f32 with fewer literals lose without the pass, those with more gain.
/// In other types some gain and some lose.
constexpr std::ptrdiff_t many_literals = 14;

bool has_many_literals(const LoweredKernel &kernel) {
  const auto is_f32 = [](const KernelBuffer &buffer) { return buffer.dtype == DType::f32; };
  const auto has_many = [](const Program &program) {
    return std::ranges::count(program.instructions, Code::literal, &Instruction::code) >= many_literals;
  };
  return std::ranges::all_of(kernel.kernel.buffers, is_f32) && std::ranges::any_of(kernel.programs, has_many);
}

/// Measured in the same way: kernels with fewer operations lose up to a fifth in the order of the program; those with
/// more gain 6 % on average, up to a quarter, and lose 5 % at most.
constexpr std::ptrdiff_t many_operations = 36;

bool has_many_operations(const LoweredKernel &kernel) {
  const auto has_many = [](const Program &program) {
    const std::vector<bool> waits = waiting(program);
    std::ptrdiff_t operations = 0;
    for (std::size_t id = 0; id < waits.size(); ++id)
      operations += !waits[id] && !operands_of(program.instructions[id]).empty() ? 1 : 0;
    return operations >= many_operations;
  };
  return std::ranges::any_of(kernel.programs, has_many);
}

}  // namespace

Crowding crowding_of(const LoweredKernel &kernel, const Target &target) {
  if (target.architecture != Architecture::x86_64 || target.vector_bytes >= 64) return {};
  return {has_many_literals(kernel), has_many_operations(kernel)};
}

std::span<const std::string_view> idle_passes() {
  return idle;
}

void MachinePasses::add(llvm::Pass *pass) {
  const std::string_view name(pass->getPassName().data(), pass->getPassName().size());
  const bool leaves_out = std::ranges::binary_search(idle, name) || (x86_64_ && name == counting_pass) ||
                          (crowding_.constants && name == constants_pass) ||
                          (crowding_.values && name == ordering_pass);
  if (leaves_out)
    delete pass;
  else
    passes_.add(pass);
}

}  // namespace actinide
