// The element of a kernel in LLVM IR: the instructions of its numeric program, one operation each.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"

#include <llvm/IR/IRBuilder.h>

#include <span>
#include <vector>

namespace actinide {

/// Emits where the builder stands. What depends on no tensor is emitted once, as scalars, by set_parameters; the rest
/// for each call of outputs.
class ElementEmitter {
 public:
  ElementEmitter(llvm::IRBuilderBase &builder, const Target &target, const Program &program)
      : builder_(builder), target_(target), program_(program) {}

  /// `parameters`: f64 scalars. What is emitted here must dominate every call of outputs.
  void set_parameters(std::span<llvm::Value *const> parameters);

  /// The outputs of `lanes` elements, whose tensors are `inputs`.
  std::vector<llvm::Value *> outputs(std::span<llvm::Value *const> inputs, llvm::ElementCount lanes);

 private:
  llvm::Value *emit(const Instruction &instruction, std::span<llvm::Value *const> values, llvm::ElementCount lanes);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  const Program &program_;
  std::vector<llvm::Value *> uniform_;  ///< of each instruction; null for what depends on a tensor and for literals
};

/// `element` in as many lanes; a scalar for one.
llvm::Type *with_lanes(llvm::Type *element, llvm::ElementCount lanes);

}  // namespace actinide
