#include "codegen/statements.h"

#include "codegen/entry.h"
#include "codegen/expressions.h"
#include "error.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <functional>
#include <map>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using Halide::Expr;
using llvm::Value;

/// The stores of one statement. They have its lets inlined, so that every window evaluates them anew.
struct Group {
  std::vector<ir::Stmt> stores;
  int lanes = 0;
  Expr predicate;  ///< of all its stores and loads
};

/// The variables of scalar lets around a statement, and what they stand for.
using Lets = std::map<std::string, Expr>;

class KernelEmitter {
 public:
  KernelEmitter(llvm::Module &module, const Target &target, const LoweredKernel &kernel)
      : module_(module),
        target_(target),
        kernel_(kernel),
        builder_(module.getContext()),
        expressions_(builder_, target, kernel) {}

  llvm::Function &emit(const std::string &symbol);

 private:
  void emit_body(const LoweredBody &body);
  void emit_statement(const ir::Stmt &stmt);
  void emit_allocation(const ir::Allocate *allocation);
  void emit_for(const ir::For *loop);
  void emit_for_ahead(const ir::For *loop, Value *first, Value *end);
  void emit_if(const ir::IfThenElse *branch);
  void emit_loop(Value *first, Value *end, Value *step, const std::function<void(Value *)> &body);
  void emit_branch(Value *condition, const std::function<void()> &then, const std::function<void()> &otherwise,
                   llvm::MDNode *weights = nullptr);

  void emit_group(const ir::Stmt &stmt);
  Window block_of(const Group &group) const;
  void emit_window(const Group &group, Window window);
  void emit_windows(const Group &group, llvm::ElementCount lanes);
  void emit_predicated(const Group &group, llvm::ElementCount lanes);
  llvm::ElementCount native_lanes(int longest) const;
  Value *lanes_before(Value *end, Value *offset, llvm::ElementCount lanes);

  llvm::Module &module_;
  const Target &target_;
  const LoweredKernel &kernel_;
  llvm::IRBuilder<> builder_;
  ExpressionEmitter expressions_;
  KernelEntry entry_{};
  Lets lets_;  ///< around the statement that is being emitted
};

bool is_vector(const Expr &expr) {
  return expr.type().is_vector();
}

/// Halide compares some integers as wide as the elements are. Those of 16 bits come by casts and saturating operations:
/// these change nothing, for sizes don't overflow and the numbers of lanes are small.
Expr without_saturation(const Expr &number) {
  if (const auto *cast = number.as<ir::Cast>()) return cast->value;
  const auto *call = number.as<ir::Call>();
  if (!call) return number;
  if (call->is_intrinsic(ir::Call::saturating_cast)) return without_saturation(call->args[0]);
  return call->is_intrinsic(ir::Call::saturating_sub) ? call->args[0] - call->args[1] : number;
}

/// The number of leading lanes in which `predicate` holds. It has the form of a rest: ramp(a, 1) <= broadcast(b).
Expr prefix_length(const Expr &predicate) {
  const auto *less = predicate.as<ir::LT>();
  const auto *less_equal = predicate.as<ir::LE>();
  if (!less && !less_equal) unknown_node("predicate", predicate);
  const Expr lanes = without_saturation(less ? less->a : less_equal->a);
  const auto *ramp = lanes.as<ir::Ramp>();
  const auto *bound = (less ? less->b : less_equal->b).as<ir::Broadcast>();
  if (!ramp || !bound || !ir::is_const_one(ramp->stride)) unknown_node("predicate", predicate);
  return without_saturation(bound->value) - ramp->base + (less ? 0 : 1);
}

/// True for lets around and blocks of stores: what a window runs as one.
bool only_stores(const ir::Stmt &stmt) {
  if (const auto *let = stmt.as<ir::LetStmt>()) return only_stores(let->body);
  if (const auto *block = stmt.as<ir::Block>()) return only_stores(block->first) && only_stores(block->rest);
  return stmt.as<ir::Store>() != nullptr;
}

/// The same number without them.
Expr written_out(Expr expr, const Lets &lets) {
  for (Expr before; !before.defined() || !ir::equal(before, expr);) {
    before = expr;
    expr = ir::substitute(lets, expr);
  }
  return ir::simplify(expr);
}

/// Both hold in the same lanes. Halide may have named a part of the one and not of the other.
bool same_lanes(const Expr &a, const Expr &b, const Lets &lets) {
  if (ir::equal(a, b)) return true;
  if (ir::is_const_one(a) || ir::is_const_one(b)) return false;
  return ir::can_prove(written_out(prefix_length(a), lets) == written_out(prefix_length(b), lets));
}

/// Fails on a load that isn't under the predicate of its store.
class CheckLoads : public ir::IRVisitor {
 public:
  CheckLoads(const Expr &predicate, const Lets &lets) : predicate_(predicate), lets_(lets) {}
  void visit(const ir::Load *load) override {
    if (load->type.is_scalar() && ir::is_const_one(load->predicate)) return;
    internal_check(same_lanes(load->predicate, predicate_, lets_), "codegen: a load of {} under a predicate of its own",
                   load->name);
  }

 private:
  using ir::IRVisitor::visit;
  const Expr &predicate_;
  const Lets &lets_;
};

void add_stores(const ir::Stmt &stmt, const Lets &lets, Group &group) {
  if (const auto *let = stmt.as<ir::LetStmt>()) {
    add_stores(ir::substitute(let->name, let->value, let->body), lets, group);
  } else if (const auto *block = stmt.as<ir::Block>()) {
    add_stores(block->first, lets, group);
    add_stores(block->rest, lets, group);
  } else {
    const auto *store = stmt.as<ir::Store>();
    const int lanes = store->index.type().lanes();
    const bool first = group.stores.empty();
    internal_check(first || group.lanes == lanes, "codegen: stores of {} and {} lanes in one statement", group.lanes,
                   lanes);
    internal_check(first || same_lanes(group.predicate, store->predicate, lets),
                   "codegen: stores under different predicates in one statement");
    group.lanes = lanes;
    group.predicate = store->predicate;
    group.stores.push_back(stmt);
    CheckLoads check(group.predicate, lets);
    store->value.accept(&check);
  }
}

/// Each once.
std::vector<Expr> loads_of(const Group &group) {
  struct Collect : ir::IRVisitor {
    std::vector<Expr> loads;
    void visit(const ir::Load *load) override {
      const Expr expr(load);
      if (std::ranges::none_of(loads, [&](const Expr &known) { return ir::equal(known, expr); })) loads.push_back(expr);
    }
    using ir::IRVisitor::visit;
  } collect;
  for (const ir::Stmt &store : group.stores) store.accept(&collect);
  return collect.loads;
}

llvm::Function &KernelEmitter::emit(const std::string &symbol) {
  entry_ = enter_kernel(module_, builder_, target_, symbol, kernel_);
  expressions_.set_arguments(entry_.arguments);
  for (const LoweredBody &body : kernel_.bodies) emit_body(body);
  return *entry_.function;
}

/// A body that serves ends the kernel.
void KernelEmitter::emit_body(const LoweredBody &body) {
  llvm::BasicBlock *next = nullptr;
  if (body.inner_is_one) {
    llvm::LLVMContext &context = module_.getContext();
    auto *serves = llvm::BasicBlock::Create(context, "inner_is_one", entry_.function);
    next = llvm::BasicBlock::Create(context, "elsewhere", entry_.function);
    Value *one = builder_.CreateICmpEQ(entry_.arguments.space.inner, builder_.getInt32(1));
    builder_.CreateCondBr(one, serves, next);
    builder_.SetInsertPoint(serves);
  }
  for (const LoweredPart &part : body.parts) {
    expressions_.set_part(part);
    emit_statement(part.statement);
  }
  // Stores past the caches are seen in no order: whoever is told that the kernel is done must find them done.
  const auto fence = [&] { builder_.CreateIntrinsic(llvm::Intrinsic::x86_sse_sfence, {}, {}); };
  if (kernel_.streams) emit_branch(entry_.arguments.streams, fence, {});
  builder_.CreateRetVoid();
  if (next) builder_.SetInsertPoint(next);
}

/// Memory of a constant size, for as long as the kernel runs.
void KernelEmitter::emit_allocation(const ir::Allocate *allocation) {
  const std::int32_t elements = allocation->constant_allocation_size();
  internal_check(elements > 0 && ir::is_const_one(allocation->condition), "codegen: {} has no constant size",
                 allocation->name);
  llvm::BasicBlock &first = entry_.function->getEntryBlock();
  llvm::IRBuilder<> at_entry(&first, first.begin());
  llvm::Type *element = expressions_.element_type(allocation->type);
  llvm::AllocaInst *memory = at_entry.CreateAlloca(llvm::ArrayType::get(element, std::uint64_t(elements)));
  memory->setAlignment(llvm::Align(64));
  expressions_.bind(allocation->name, memory);
  emit_statement(allocation->body);
  expressions_.unbind(allocation->name);
}

void KernelEmitter::emit_statement(const ir::Stmt &stmt) {
  const auto *let = stmt.as<ir::LetStmt>();
  if (only_stores(stmt) && !(let && !is_vector(let->value))) {
    emit_group(stmt);
  } else if (let) {
    internal_check(!is_vector(let->value), "codegen: the vector {} outlives its statement", let->name);
    expressions_.bind(let->name, expressions_.value_of(let->value));
    lets_[let->name] = let->value;
    emit_statement(let->body);
    lets_.erase(let->name);
    expressions_.unbind(let->name);
  } else if (const auto *block = stmt.as<ir::Block>()) {
    emit_statement(block->first);
    emit_statement(block->rest);
  } else if (const auto *produced = stmt.as<ir::ProducerConsumer>()) {
    emit_statement(produced->body);
  } else if (const auto *loop = stmt.as<ir::For>()) {
    emit_for(loop);
  } else if (const auto *branch = stmt.as<ir::IfThenElse>()) {
    emit_if(branch);
  } else if (const auto *allocation = stmt.as<ir::Allocate>()) {
    emit_allocation(allocation);
  } else if (stmt.as<ir::Free>()) {
    // The memory lives as long as the kernel runs.
  } else {
    unknown_node("statement", stmt);
  }
}

/// for (i = first; i < end; i += step) body(i)
void KernelEmitter::emit_loop(Value *first, Value *end, Value *step, const std::function<void(Value *)> &body) {
  llvm::LLVMContext &context = module_.getContext();
  llvm::BasicBlock *before = builder_.GetInsertBlock();
  auto *inside = llvm::BasicBlock::Create(context, "loop", entry_.function);
  auto *after = llvm::BasicBlock::Create(context, "after", entry_.function);
  builder_.CreateCondBr(builder_.CreateICmpSLT(first, end), inside, after);
  builder_.SetInsertPoint(inside);
  llvm::PHINode *i = builder_.CreatePHI(first->getType(), 2);
  i->addIncoming(first, before);
  body(i);
  Value *next = builder_.CreateNSWAdd(i, step);
  i->addIncoming(next, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), inside, after);
  builder_.SetInsertPoint(after);
}

/// The threads that run the kernel take turns.
void KernelEmitter::emit_for(const ir::For *loop) {
  if (loop->for_type != ir::ForType::Serial) unknown_node("loop", ir::Stmt(loop));
  Value *min = expressions_.value_of(loop->min);
  Value *end = builder_.CreateNSWAdd(min, expressions_.value_of(loop->extent));
  Value *first = builder_.CreateNSWAdd(min, entry_.share.thread);
  if (kernel_.loads_ahead && target_.is_cuda() && only_stores(loop->body)) return emit_for_ahead(loop, first, end);
  emit_loop(first, end, entry_.share.threads, [&](Value *i) {
    expressions_.bind(loop->name, i);
    emit_statement(loop->body);
    expressions_.unbind(loop->name);
  });
}

/// The same loop, but what a turn computes was loaded in the turn before, so that memory and arithmetic work at once.
/// The last turn loads its own inputs again, for nothing. That a turn's loads come before the stores of another changes
/// nothing: an output is no input, or the turn's own elements of it.
void KernelEmitter::emit_for_ahead(const ir::For *loop, Value *first, Value *end) {
  Group group;
  add_stores(loop->body, lets_, group);
  const std::vector<Expr> loads = loads_of(group);
  const auto load_at = [&](Value *i) {
    expressions_.bind(loop->name, i);
    expressions_.set_window(block_of(group));
    std::vector<Value *> values;
    for (const Expr &load : loads) values.push_back(expressions_.value_of(load));
    return values;
  };

  llvm::LLVMContext &context = module_.getContext();
  auto *ahead = llvm::BasicBlock::Create(context, "ahead", entry_.function);
  auto *inside = llvm::BasicBlock::Create(context, "loop", entry_.function);
  auto *after = llvm::BasicBlock::Create(context, "after", entry_.function);
  builder_.CreateCondBr(builder_.CreateICmpSLT(first, end), ahead, after);
  builder_.SetInsertPoint(ahead);
  const std::vector<Value *> initial = load_at(first);
  builder_.CreateBr(inside);

  builder_.SetInsertPoint(inside);
  llvm::PHINode *i = builder_.CreatePHI(first->getType(), 2);
  i->addIncoming(first, ahead);
  ExpressionEmitter::Loaded loaded;
  std::vector<llvm::PHINode *> current;
  for (std::size_t k = 0; k < loads.size(); ++k) {
    current.push_back(builder_.CreatePHI(initial[k]->getType(), 2));
    current.back()->addIncoming(initial[k], ahead);
    loaded.emplace_back(loads[k], current.back());
  }
  Value *next = builder_.CreateNSWAdd(i, entry_.share.threads);
  Value *goes_on = builder_.CreateICmpSLT(next, end);
  const std::vector<Value *> following = load_at(builder_.CreateSelect(goes_on, next, i));
  expressions_.bind(loop->name, i);
  expressions_.set_loaded(std::move(loaded));
  emit_window(group, block_of(group));
  expressions_.set_loaded({});
  expressions_.unbind(loop->name);
  i->addIncoming(next, builder_.GetInsertBlock());
  for (std::size_t k = 0; k < loads.size(); ++k) current[k]->addIncoming(following[k], builder_.GetInsertBlock());
  builder_.CreateCondBr(goes_on, inside, after);
  builder_.SetInsertPoint(after);
}

/// `otherwise` may be empty. `weights`: how often the condition holds.
void KernelEmitter::emit_branch(Value *condition, const std::function<void()> &then,
                                const std::function<void()> &otherwise, llvm::MDNode *weights) {
  llvm::LLVMContext &context = module_.getContext();
  auto *yes = llvm::BasicBlock::Create(context, "then", entry_.function);
  auto *after = llvm::BasicBlock::Create(context, "endif");
  auto *no = otherwise ? llvm::BasicBlock::Create(context, "else") : after;
  builder_.CreateCondBr(condition, yes, no, weights);
  builder_.SetInsertPoint(yes);
  then();
  builder_.CreateBr(after);
  if (otherwise) {
    no->insertInto(entry_.function);
    builder_.SetInsertPoint(no);
    otherwise();
    builder_.CreateBr(after);
  }
  after->insertInto(entry_.function);
  builder_.SetInsertPoint(after);
}

void KernelEmitter::emit_if(const ir::IfThenElse *branch) {
  if (is_vector(branch->condition)) unknown_node("condition", branch->condition);
  std::function<void()> otherwise;
  if (branch->else_case.defined()) otherwise = [&] { emit_statement(branch->else_case); };
  emit_branch(
      expressions_.value_of(branch->condition), [&] { emit_statement(branch->then_case); }, otherwise);
}

void KernelEmitter::emit_group(const ir::Stmt &stmt) {
  Group group;
  add_stores(stmt, lets_, group);
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
  expressions_.set_window(window);
  std::vector<Value *> results;
  for (const ir::Stmt &store : group.stores) results.push_back(expressions_.value_of(store.as<ir::Store>()->value));
  const auto store = [&](bool past_caches) {
    for (std::size_t i = 0; i < results.size(); ++i)
      expressions_.store(group.stores[i].as<ir::Store>(), results[i], past_caches);
  };
  // Only the stores are there twice: a second copy of the arithmetic would double the time of a compile. Where memory
  // is what takes time, a jump out of the loop and back takes none.
  if (kernel_.streams && window.is_block) {
    llvm::MDNode *seldom = llvm::MDBuilder(module_.getContext()).createUnlikelyBranchWeights();
    emit_branch(
        entry_.arguments.streams, [&] { store(true); }, [&] { store(false); }, seldom);
  } else {
    store(false);
  }
  expressions_.set_window({});
}

/// Window after window, each under its part of the predicate, as long as the predicate can hold. The threads take
/// turns.
void KernelEmitter::emit_predicated(const Group &group, llvm::ElementCount lanes) {
  Value *count = expressions_.value_of(prefix_length(group.predicate));
  Value *end = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, builder_.getInt32(group.lanes), count);
  Value *step = builder_.CreateElementCount(builder_.getInt32Ty(), lanes);
  emit_loop(builder_.CreateNSWMul(entry_.share.thread, step), end, builder_.CreateNSWMul(entry_.share.threads, step),
            [&](Value *offset) {
              emit_window(group, {offset, lanes, lanes_before(end, offset, lanes)});
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

}  // namespace

llvm::Function &emit_kernel(llvm::Module &module, const Target &target, const std::string &symbol,
                            const LoweredKernel &kernel) {
  return KernelEmitter(module, target, kernel).emit(symbol);
}

}  // namespace actinide
