// Conversions between float types in LLVM IR: `widen` and `narrow` of a numeric program.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"

#include <llvm/IR/IRBuilder.h>

namespace actinide {

/// `value` of type `from` as `to`, whose LLVM type (a scalar or a vector) is `type`: exact where `to` is wider, else
/// rounded once. Elements of f16 and bf16 are 16-bit integers.
llvm::Value *emit_conversion(llvm::IRBuilderBase &builder, const Target &target, Type from, Type to, llvm::Value *value,
                             llvm::Type *type);

}  // namespace actinide
