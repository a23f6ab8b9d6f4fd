// From statements to LLVM IR: what statements.cpp and statement_windows.cpp have in common.
#pragma once

#include "codegen/entry.h"
#include "codegen/expressions.h"
#include "codegen/groups.h"
#include "lowering/lower.h"

#include <Halide.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace actinide {

class KernelEmitter {
 public:
  KernelEmitter(llvm::Module &module, const Target &target, const LoweredKernel &kernel)
      : module_(module),
        target_(target),
        kernel_(kernel),
        builder_(module.getContext()),
        expressions_(builder_, target, kernel) {}

  void emit(const std::string &symbol);

 private:
  using Value = llvm::Value;
  using Values = std::vector<Value *>;

  void emit_body(const LoweredBody &body);
  void emit_parts(const LoweredBody &body);
  void emit_rows(const LoweredBody &body);
  void emit_steps(const LoweredBody &body, const KernelArguments &row);
  Values emit_gathering(const LoweredPart &part, const Step &step);
  llvm::AllocaInst *memory_of(llvm::Type *element, std::int32_t elements);
  void emit_statement(const Halide::Internal::Stmt &stmt);
  void emit_allocation(const Halide::Internal::Allocate *allocation);
  void emit_for(const Halide::Internal::For *loop);
  void emit_turns(const Halide::Internal::For *loop, const Turns &turns);
  void emit_for_ahead(const Halide::Internal::For *loop, Value *first, Value *end);
  void join_warp();
  /// How a CPU counts a loop's turns, i64: by the places that they lie at.
  struct Count {
    Value *first, *end, *step;
    std::int64_t factor;  ///< of the loop's variable
  };
  Count count_of(const Halide::Internal::For *loop, Value *first, Value *end);
  bool emit_for_in_registers(const Halide::Internal::For *loop, const Count &count);
  void emit_if(const Halide::Internal::IfThenElse *branch);
  void emit_choice(Value *condition, const std::function<void()> &inside,
                   const std::function<void()> &otherwise = nullptr, llvm::MDNode *weights = nullptr);
  void emit_loop(Value *first, Value *end, Value *step, const std::function<void(Value *)> &body);
  Values emit_loop(Value *first, Value *end, Value *step, const Values &initial,
                   const std::function<Values(Value *, const Values &)> &body);

  bool is_of_warp(const Halide::Internal::Stmt &stmt) const;
  void emit_group(const Halide::Internal::Stmt &stmt);
  void emit_by_warp(const Group &group);
  void emit_by_leader(const Group &group);
  Window block_of(const Group &group) const;
  void emit_window(const Group &group, Window window);
  void emit_windows(const Group &group, llvm::ElementCount lanes);
  std::vector<Value *> results_of(const Group &group, Window window);
  void store_results(const Group &group, const std::vector<Value *> &results, bool past_caches = false);
  void emit_predicated(const Group &group, llvm::ElementCount lanes);
  llvm::ElementCount native_lanes(int longest) const;
  Value *lanes_before(Value *end, Value *offset, llvm::ElementCount lanes);

  llvm::Module &module_;
  const Target &target_;
  const LoweredKernel &kernel_;
  llvm::IRBuilder<> builder_;
  ExpressionEmitter expressions_;
  KernelEntry entry_{};
  bool shared_ = false;               ///< by threads that take turns, what is being emitted
  int team_loops_ = 0;                ///< around it
  Lets lets_;                         ///< around the statement that is being emitted
  std::set<std::string> own_memory_;  ///< what is allocated there
};

}  // namespace actinide
