#include "codegen/stack_probe.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Module.h>

namespace actinide {
namespace {

constexpr const char *name = "actinide_stack_probe";

/// Called by a prologue with the size of the frame in rax, before rsp moves; changes flags only.
constexpr const char *text =
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
    "retq";

void add_probe(llvm::Module &module) {
  llvm::IRBuilder<> builder(module.getContext());
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), false);
  auto *probe = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, module);
  probe->addFnAttr(llvm::Attribute::Naked);
  probe->addFnAttr(llvm::Attribute::NoUnwind);
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", probe));
  builder.CreateCall(llvm::InlineAsm::get(type, text, "", true));
  builder.CreateUnreachable();
}

}  // namespace

void probe_stack_locally(llvm::Function &kernel) {
  if (!kernel.getParent()->getFunction(name)) add_probe(*kernel.getParent());
  kernel.addFnAttr("probe-stack", name);
}

}  // namespace actinide
