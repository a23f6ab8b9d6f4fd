#include "codegen/kernel_emitter.h"
#include "codegen/shuffle.h"
#include "error.h"

#include <llvm/IR/MDBuilder.h>

#include <algorithm>

namespace actinide {

namespace ir = Halide::Internal;
using llvm::Value;

/// True of what all threads of a warp do, each for its lane of the states that the warp holds.
bool KernelEmitter::is_of_warp(const ir::Stmt &stmt) const {
  struct Find : ir::IRVisitor {
    const ExpressionEmitter &expressions;
    bool found = false;
    explicit Find(const ExpressionEmitter &all) : expressions(all) {}
    void visit(const ir::Load *load) override {
      found |= load->type.is_vector() && expressions.holds(load->name);
      ir::IRVisitor::visit(load);
    }
    void visit(const ir::Store *store) override {
      found |= expressions.holds(store->name);
      ir::IRVisitor::visit(store);
    }
    using ir::IRVisitor::visit;
  } find(expressions_);
  stmt.accept(&find);
  return find.found;
}

void KernelEmitter::emit_group(const ir::Stmt &stmt) {
  const Group group = group_of(stmt, lets_);
  if (target_.is_cuda() && is_of_warp(stmt)) return emit_by_warp(group);
  if (target_.is_cuda() && !shared_ && group.lanes == 1) return emit_by_leader(group);
  const int native = std::min(kernel_.native_lanes, group.lanes);
  internal_check(group.lanes % native == 0, "codegen: {} lanes are no multiple of {}", group.lanes, native);
  const llvm::ElementCount window = native_lanes(native);
  if (!ir::is_const_one(group.predicate)) {
    // A thread of CUDA computes one element of the rest.
    emit_predicated(group, target_.is_cuda() ? llvm::ElementCount::getFixed(1) : window);
  } else if (window.isScalable()) {
    emit_windows(group, window * (group.lanes / native));
  } else {
    emit_window(group, block_of(group));
  }
}

/// Each thread its lane, if that is one of the statement's.
void KernelEmitter::emit_by_warp(const Group &group) {
  Value *lane = entry_.share.threads.first;
  const Window window{.offset = group.lanes > 1 ? lane : nullptr};
  if (ir::is_const_one(group.predicate)) return emit_window(group, window);
  Value *count = expressions_.value_of(prefix_length(group.predicate));
  emit_choice(builder_.CreateICmpSLT(lane, count), [&] { emit_window(group, window); });
}

/// All threads of a team have the same results; one stores them.
void KernelEmitter::emit_by_leader(const Group &group) {
  const std::vector<Value *> results = results_of(group, {});
  join_warp();
  Value *is_leader = builder_.CreateICmpEQ(entry_.share.threads.first, builder_.getInt32(0));
  emit_choice(is_leader, [&] { store_results(group, results); });
}

/// All of it at once.
Window KernelEmitter::block_of(const Group &group) const {
  return {.lanes = llvm::ElementCount::getFixed(group.lanes), .is_block = group.lanes > 1};
}

/// One register of a type of which the longest register holds `longest`. LLVM has no scalable vectors of a single lane
/// for the shortest one: so few, as when the lanes of a reduction are merged, are computed at once.
llvm::ElementCount KernelEmitter::native_lanes(int longest) const {
  const bool fixed = !target_.scalable || longest % (2 * longest_scale) != 0;
  return fixed ? llvm::ElementCount::getFixed(longest) : llvm::ElementCount::getScalable(longest / longest_scale);
}

/// The whole statement, window after window. The length of a register is a power of two (Arm Architecture Reference
/// Manual since 2022; LLVM builds on it, too), so the statement's lanes are a multiple of the window's.
void KernelEmitter::emit_windows(const Group &group, llvm::ElementCount lanes) {
  Value *step = builder_.CreateElementCount(builder_.getInt32Ty(), lanes);
  emit_loop(builder_.getInt32(0), builder_.getInt32(group.lanes), step,
            [&](Value *offset) { emit_window(group, {.offset = offset, .lanes = lanes}); });
}

/// Evaluates everything, then stores: no load of the window may see one of its stores.
void KernelEmitter::emit_window(const Group &group, Window window) {
  const std::vector<Value *> results = results_of(group, window);
  // Only the stores are there twice: a second copy of the arithmetic would double the time of a compile. Where memory
  // is what takes time, a jump out of the loop and back takes none.
  if (kernel_.streams && window.is_block) {
    llvm::MDNode *seldom = llvm::MDBuilder(module_.getContext()).createUnlikelyBranchWeights();
    emit_choice(
        entry_.arguments.streams, [&] { store_results(group, results, true); }, [&] { store_results(group, results); },
        seldom);
  } else {
    store_results(group, results);
  }
  expressions_.set_window({});
}

std::vector<Value *> KernelEmitter::results_of(const Group &group, Window window) {
  expressions_.set_window(window);
  std::vector<Value *> results;
  for (const ir::Stmt &store : group.stores) results.push_back(expressions_.value_of(store.as<ir::Store>()->value));
  return results;
}

void KernelEmitter::store_results(const Group &group, const std::vector<Value *> &results, bool past_caches) {
  for (std::size_t i = 0; i < results.size(); ++i)
    expressions_.store(group.stores[i].as<ir::Store>(), results[i], past_caches);
}

/// Window after window, each under its part of the predicate, as long as the predicate can hold. The threads take
/// turns.
void KernelEmitter::emit_predicated(const Group &group, llvm::ElementCount lanes) {
  Value *count = expressions_.value_of(prefix_length(group.predicate));
  Value *end = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, builder_.getInt32(group.lanes), count);
  Value *step = builder_.CreateElementCount(builder_.getInt32Ty(), lanes);
  const Turns &turns = entry_.share.threads;
  join_warp();
  emit_loop(builder_.CreateNSWMul(turns.first, step), end, builder_.CreateNSWMul(turns.step, step), [&](Value *offset) {
    emit_window(group, {offset, lanes, lanes_before(end, offset, lanes), builder_.CreateNSWSub(end, offset)});
  });
}

/// The mask of the window's lanes that lie before `end`; null for the only one, which does.
Value *KernelEmitter::lanes_before(Value *end, Value *offset, llvm::ElementCount lanes) {
  if (lanes.isScalar()) return nullptr;
  if (lanes.isScalable()) {  // one instruction of SVE
    llvm::Type *mask = with_lanes(builder_.getInt1Ty(), lanes);
    return builder_.CreateIntrinsic(llvm::Intrinsic::get_active_lane_mask, {mask, end->getType()}, {offset, end});
  }
  Value *rest = builder_.CreateVectorSplat(lanes, builder_.CreateNSWSub(end, offset));
  return builder_.CreateICmpSLT(builder_.CreateStepVector(rest->getType()), rest);
}

}  // namespace actinide
