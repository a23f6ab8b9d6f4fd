// What each instruction of a numeric program is in LLVM IR.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"

#include <llvm/IR/IRBuilder.h>

#include <span>

namespace actinide {

/// Emits one instruction, not a conversion (conversions.h), for all lanes of its operands. `type`: of the result, a
/// scalar or a vector. `immediate`: the `bits` of the instruction.
llvm::Value *emit_instruction(llvm::IRBuilderBase &builder, const Target &target, Code code, llvm::Type *type,
                              std::span<llvm::Value *const> operands, std::uint64_t immediate);

}  // namespace actinide
