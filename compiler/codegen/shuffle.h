// How the threads of a warp exchange values.
#pragma once

#include <llvm/IR/IRBuilder.h>

namespace actinide {

/// The f32 or f64 that thread `lane` (i32, modulo 32) of the warp gives as `value`. All threads of the warp must come
/// here.
llvm::Value *shuffle(llvm::IRBuilderBase &builder, llvm::Value *value, llvm::Value *lane);

/// All threads of the warp come here before one goes on, and see what each has loaded and stored.
void synchronize_warp(llvm::IRBuilderBase &builder);

}  // namespace actinide
