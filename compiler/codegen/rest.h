// The last elements of a tensor, fewer than a vector has.
#pragma once

#include "codegen/target.h"

#include <llvm/IR/IRBuilder.h>

namespace actinide {

/// Whether the target loads, or stores, lanes of `bytes` each under a mask, by an instruction that is as fast as the
/// plain one. (AVX2 stores so, too, but on AMD's cores such a store takes longer than a kernel of 20 operations. What a
/// target doesn't have LLVM writes as a branch for each lane.)
bool loads_under_mask(const Target &target, int bytes);
bool stores_under_mask(const Target &target);

// Elsewhere: the first `count` lanes, i32, or all if it is no less; one piece for each bit of the count. Lanes that
// aren't loaded are 0.
llvm::Value *load_rest(llvm::IRBuilderBase &builder, llvm::FixedVectorType *type, llvm::Value *pointer,
                       llvm::Value *count);
void store_rest(llvm::IRBuilderBase &builder, llvm::Value *value, llvm::Value *pointer, llvm::Value *count);

}  // namespace actinide
