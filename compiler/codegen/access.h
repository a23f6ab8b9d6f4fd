// The LLVM side of a Module, for the stages that add functions of their own.
#pragma once

#include "codegen/module.h"

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

namespace actinide {

struct ModuleAccess {
  static llvm::Module &llvm_module(Module &module);
  static llvm::TargetMachine &machine(Module &module);
};

}  // namespace actinide
