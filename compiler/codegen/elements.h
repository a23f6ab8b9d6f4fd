// The element of a kernel in LLVM IR: the instructions of its numeric program, one operation each.
#pragma once

#include "approximation/program.h"
#include "codegen/target.h"

#include <llvm/IR/IRBuilder.h>

#include <map>
#include <span>
#include <vector>

namespace actinide {

/// A run of selects of which {1} is seldom taken, and what their {1} needs that nothing but such {1} does.
struct RareSide {
  std::size_t first;
  std::size_t end;
  std::vector<ValueId> needed;
};

/// Emits where the builder stands, which may stand in another block afterwards. What depends on no tensor is emitted
/// once, as scalars, by set_parameters; the rest for each call of outputs.
class ElementEmitter {
 public:
  ElementEmitter(llvm::IRBuilderBase &builder, const Target &target, const Program &program);

  /// `parameters`: f64 scalars. `numbers`: for each input the scalar that it is for all elements, or null. What is
  /// emitted here must dominate every call of outputs.
  void set_parameters(std::span<llvm::Value *const> parameters, std::span<llvm::Value *const> numbers = {});

  /// The outputs of `lanes` elements, whose tensors are `inputs`.
  std::vector<llvm::Value *> outputs(std::span<llvm::Value *const> inputs, llvm::ElementCount lanes);

 private:
  llvm::Value *emit(const Instruction &instruction, std::span<llvm::Value *const> values, llvm::ElementCount lanes);
  llvm::Value *value(ValueId id, std::span<llvm::Value *const> values, llvm::ElementCount lanes);
  void emit_rarely(const RareSide &side, std::vector<llvm::Value *> &values, llvm::ElementCount lanes);
  void emit_lane_rarely(const RareSide &side, std::vector<llvm::Value *> &values, std::uint64_t lane);
  llvm::Value *kept(llvm::Value *truth);
  void emit_branch(const RareSide &side, std::vector<llvm::Value *> &values, llvm::ElementCount lanes);

  /// What goes into a rare side's function and comes out of it.
  struct RareInterface {
    std::vector<ValueId> vectors, results, scalars;
  };
  RareInterface interface_of(const RareSide &side) const;
  llvm::Type *stored_type(ValueId id) const;
  llvm::ElementCount piece_of(const RareSide &side, llvm::ElementCount lanes) const;
  void call_rare_function(const RareSide &side, std::vector<llvm::Value *> &values, llvm::ElementCount lanes,
                          llvm::ElementCount piece);
  llvm::Function *rare_function(const RareSide &side, const RareInterface &interface, llvm::ElementCount piece);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  const Program &program_;
  const std::vector<bool> waits_;  ///< of each instruction, whether it is computed in rare sides alone
  const std::vector<RareSide> rare_sides_;
  llvm::Value *splat(llvm::Value *scalar, llvm::ElementCount lanes);
  std::vector<llvm::Value *> uniform_;  ///< of each instruction; null for what depends on a tensor and for literals
  bool has_numbers_ = false;            ///< of set_parameters
  std::map<llvm::Value *, llvm::Value *> splats_;           ///< of scalars, a register each
  std::map<llvm::Value *, llvm::AllocaInst *> kept_;        ///< of truth values
  std::map<std::size_t, llvm::Function *> rare_functions_;  ///< by the first select of their side
};

llvm::Type *llvm_type(llvm::IRBuilderBase &builder, Type type);

/// `element` in as many lanes; a scalar for one.
llvm::Type *with_lanes(llvm::Type *element, llvm::ElementCount lanes);

}  // namespace actinide
