#include "codegen/stack_probe.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Module.h>

namespace actinide {
namespace {

struct Probe {
  const char *name;
  const char *text;
};

/// Called by a prologue with the size of the frame in rax, before rsp moves; changes flags only.
constexpr Probe x86_64_probe{"actinide_stack_probe",
                             "pushq %rcx\n"
                             "pushq %rax\n"
                             "leaq 24(%rsp), %rcx\n"  // rsp of the prologue
                             "1: cmpq $$4096, %rax\n"
                             "jb 2f\n"
                             "subq $$4096, %rcx\n"
                             "testq %rcx, (%rcx)\n"
                             "subq $$4096, %rax\n"
                             "jmp 1b\n"
                             "2: subq %rax, %rcx\n"
                             "testq %rcx, (%rcx)\n"
                             "popq %rax\n"
                             "popq %rcx\n"
                             "retq"};

/// Called by a prologue with the size of the frame in x15, in units of 16 bytes; may change x16, x17 and flags. Windows
/// fixes this name: LLVM knows no other, and a local function of the module goes before the C runtime's.
constexpr Probe aarch64_probe{"__chkstk",
                              "lsl x16, x15, #4\n"
                              "mov x17, sp\n"
                              "1: sub x17, x17, #4096\n"
                              "subs x16, x16, #4096\n"
                              "ldr xzr, [x17]\n"
                              "b.gt 1b\n"
                              "ret"};

const Probe &probe_of(Architecture architecture) {
  return architecture == Architecture::aarch64 ? aarch64_probe : x86_64_probe;
}

void add_probe(llvm::Module &module, const Probe &probe) {
  llvm::IRBuilder<> builder(module.getContext());
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), false);
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, probe.name, module);
  function->addFnAttr(llvm::Attribute::Naked);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function));
  builder.CreateCall(llvm::InlineAsm::get(type, probe.text, "", true));
  builder.CreateUnreachable();
}

}  // namespace

void probe_stack_locally(llvm::Function &kernel, Architecture architecture) {
  const Probe &probe = probe_of(architecture);
  if (!kernel.getParent()->getFunction(probe.name)) add_probe(*kernel.getParent(), probe);
  kernel.addFnAttr("probe-stack", probe.name);
}

}  // namespace actinide
