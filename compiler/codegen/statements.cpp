#include "codegen/statements.h"

#include "codegen/kernel_emitter.h"
#include "codegen/shuffle.h"
#include "error.h"
#include "lowering/body.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using Halide::Expr;
using llvm::Value;

bool is_vector(const Expr &expr) {
  return expr.type().is_vector();
}

/// The teams of threads share it.
bool is_of_teams(const ir::For *loop) {
  return loop->name.substr(loop->name.rfind('.') + 1).starts_with(team_loop);
}

/// What the loop's variable is multiplied by wherever it occurs; 1 where that differs.
std::int64_t factor_of(const ir::For *loop) {
  struct Find : ir::IRGraphVisitor {
    const std::string &name;
    std::set<std::int64_t> factors;
    explicit Find(const std::string &variable) : name(variable) {}
    void visit(const ir::Variable *variable) override {
      if (variable->name == name) factors.insert(1);
    }
    void visit(const ir::Mul *product) override {
      const auto *variable = product->a.as<ir::Variable>();
      const auto factor = ir::as_const_int(product->b);
      if (variable && variable->name == name && factor)
        factors.insert(*factor);
      else
        ir::IRGraphVisitor::visit(product);
    }
    using ir::IRGraphVisitor::visit;
  } find(loop->name);
  loop->body.accept(&find);
  return find.factors.size() == 1 ? *find.factors.begin() : 1;
}

}  // namespace

void KernelEmitter::emit(const std::string &symbol) {
  entry_ = enter_kernel(module_, builder_, target_, symbol, kernel_);
  expressions_.set_arguments(entry_.arguments);
  for (const LoweredBody &body : kernel_.bodies) emit_body(body);
}

/// A body that serves ends the kernel. Of CUDA the runtime has chosen it.
void KernelEmitter::emit_body(const LoweredBody &body) {
  llvm::BasicBlock *next = nullptr;
  if (body.inner_is_one && !target_.is_cuda()) {
    llvm::LLVMContext &context = module_.getContext();
    auto *serves = llvm::BasicBlock::Create(context, "inner_is_one", entry_.function);
    next = llvm::BasicBlock::Create(context, "elsewhere", entry_.function);
    Value *one = builder_.CreateICmpEQ(entry_.arguments.space.inner, builder_.getInt32(1));
    builder_.CreateCondBr(one, serves, next);
    builder_.SetInsertPoint(serves);
  }
  if (body.by_steps)
    emit_rows(body);
  else
    emit_parts(body);
  // Stores past the caches are seen in no order: whoever is told that the kernel is done must find them done.
  const auto fence = [&] { builder_.CreateIntrinsic(llvm::Intrinsic::x86_sse_sfence, {}, {}); };
  if (kernel_.streams) emit_choice(entry_.arguments.streams, fence);
  builder_.CreateRetVoid();
  if (next) builder_.SetInsertPoint(next);
}

void KernelEmitter::emit_parts(const LoweredBody &body) {
  for (const LoweredPart &part : body.parts) {
    expressions_.set_part(part);
    emit_statement(part.statement);
  }
}

/// For as long as the kernel runs.
llvm::AllocaInst *KernelEmitter::memory_of(llvm::Type *element, std::int32_t elements) {
  llvm::BasicBlock &first = entry_.function->getEntryBlock();
  llvm::IRBuilder<> at_entry(&first, first.begin());
  llvm::AllocaInst *memory = at_entry.CreateAlloca(llvm::ArrayType::get(element, std::uint64_t(elements)));
  memory->setAlignment(llvm::Align(64));
  return memory;
}

/// Memory of a constant size.
void KernelEmitter::emit_allocation(const ir::Allocate *allocation) {
  const std::int32_t elements = allocation->constant_allocation_size();
  internal_check(elements > 0 && ir::is_const_one(allocation->condition), "codegen: {} has no constant size",
                 allocation->name);
  llvm::BasicBlock &first = entry_.function->getEntryBlock();
  llvm::IRBuilder<> at_entry(&first, first.begin());
  llvm::Type *element = expressions_.element_type(allocation->type);
  if (target_.is_cuda()) {
    internal_check(elements <= reduction_lanes, "codegen: a warp can't hold {}", allocation->name);
    Value *slot = at_entry.CreateAlloca(element);
    at_entry.CreateStore(llvm::Constant::getNullValue(element), slot);  // threads beyond a rest compute with something
    expressions_.hold(allocation->name, slot, elements, entry_.share.threads.first);
    emit_statement(allocation->body);
    expressions_.release(allocation->name);
    return;
  }
  expressions_.bind(allocation->name, memory_of(element, elements));
  own_memory_.insert(allocation->name);
  emit_statement(allocation->body);
  own_memory_.erase(allocation->name);
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

/// for (i = first; i < end; i += step) state = body(i, state). Gives the last state.
KernelEmitter::Values KernelEmitter::emit_loop(Value *first, Value *end, Value *step, const Values &initial,
                                               const std::function<Values(Value *, const Values &)> &body) {
  llvm::LLVMContext &context = module_.getContext();
  llvm::BasicBlock *before = builder_.GetInsertBlock();
  auto *inside = llvm::BasicBlock::Create(context, "loop", entry_.function);
  auto *after = llvm::BasicBlock::Create(context, "after", entry_.function);
  const auto merges_of = [&](const Values &values) {
    std::vector<llvm::PHINode *> merges;
    for (Value *value : values) {
      merges.push_back(builder_.CreatePHI(value->getType(), 2));
      merges.back()->addIncoming(value, before);
    }
    return merges;
  };
  builder_.CreateCondBr(builder_.CreateICmpSLT(first, end), inside, after);
  builder_.SetInsertPoint(inside);
  llvm::PHINode *i = merges_of({first})[0];
  const std::vector<llvm::PHINode *> states = merges_of(initial);
  const Values results = body(i, {states.begin(), states.end()});
  Value *next = builder_.CreateNSWAdd(i, step);
  llvm::BasicBlock *last = builder_.GetInsertBlock();
  i->addIncoming(next, last);
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), inside, after);
  builder_.SetInsertPoint(after);
  const std::vector<llvm::PHINode *> final = merges_of(initial);
  for (std::size_t k = 0; k < results.size(); ++k) {
    states[k]->addIncoming(results[k], last);
    final[k]->addIncoming(results[k], last);
  }
  return {final.begin(), final.end()};
}

/// for (i = first; i < end; i += step) body(i)
void KernelEmitter::emit_loop(Value *first, Value *end, Value *step, const std::function<void(Value *)> &body) {
  emit_loop(first, end, step, {}, [&](Value *i, const Values &) {
    body(i);
    return Values();
  });
}

/// Teams share their loops, and the threads of a team the elements. Every thread of a warp goes through all that
/// leads to the states that the warp holds.
void KernelEmitter::emit_for(const ir::For *loop) {
  if (loop->for_type != ir::ForType::Serial) unknown_node("loop", ir::Stmt(loop));
  if (is_of_teams(loop)) {
    const Turns turns = team_loops_ == 0 ? entry_.share.teams : entry_.share.inner_teams;
    ++team_loops_;
    emit_turns(loop, turns);
    --team_loops_;
    return;
  }
  const bool elements = !target_.is_cuda() || (only_stores(loop->body) && !is_of_warp(loop->body));
  if (!elements) return emit_turns(loop, {builder_.getInt32(0), builder_.getInt32(1)});
  join_warp();
  shared_ = true;
  emit_turns(loop, entry_.share.threads);
  shared_ = false;
}

void KernelEmitter::emit_turns(const ir::For *loop, const Turns &turns) {
  Value *min = expressions_.value_of(loop->min);
  Value *end = builder_.CreateNSWAdd(min, expressions_.value_of(loop->extent));
  Value *first = builder_.CreateNSWAdd(min, turns.first);
  if (shared_ && kernel_.loads_ahead && target_.is_cuda()) return emit_for_ahead(loop, first, end);
  if (target_.is_cuda()) {
    emit_loop(first, end, turns.step, [&](Value *i) {
      expressions_.bind(loop->name, i);
      emit_statement(loop->body);
      expressions_.unbind(loop->name);
    });
    return;
  }
  const Count count = count_of(loop, first, end);
  if (emit_for_in_registers(loop, count)) return;
  emit_loop(count.first, count.end, count.step, [&](Value *i) {
    expressions_.bind_product(loop->name, i, count.factor);
    emit_statement(loop->body);
    expressions_.unbind(loop->name);
  });
}

/// In steps of what the variable is multiplied by.
KernelEmitter::Count KernelEmitter::count_of(const ir::For *loop, Value *first, Value *end) {
  const std::int64_t factor = factor_of(loop);
  Value *step = builder_.getInt64(std::uint64_t(factor));
  const auto place_of = [&](Value *turn) {
    return builder_.CreateNSWMul(builder_.CreateSExt(turn, builder_.getInt64Ty()), step);
  };
  return {place_of(first), place_of(end), step, factor};
}

/// What a warp's threads store now may be what others of them have loaded.
void KernelEmitter::join_warp() {
  if (target_.is_cuda() && kernel_.bodies[0].parts[0].teams != Teams::elements) synchronize_warp(builder_);
}

/// The same loop, but what a turn computes was loaded in the turn before, so that memory and arithmetic work at once.
/// The last turn loads its own inputs again, for nothing. That a turn's loads come before the stores of another changes
/// nothing: an output is no input, or the turn's own elements of it.
void KernelEmitter::emit_for_ahead(const ir::For *loop, Value *first, Value *end) {
  const Group group = group_of(loop->body, lets_);
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
  Value *next = builder_.CreateNSWAdd(i, entry_.share.threads.step);
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

/// A loop whose turns all store at the same places of the kernel's own memory, a reduction: what is there stays in
/// registers until the last turn. False if the loop is none.
bool KernelEmitter::emit_for_in_registers(const ir::For *loop, const Count &count) {
  if (!only_stores(loop->body)) return false;
  const Group group = group_of(loop->body, lets_);
  const std::vector<Expr> loads = loads_of_stored(group);
  const bool whole = ir::is_const_one(group.predicate) && !native_lanes(kernel_.native_lanes).isScalable();
  const auto stays = [&](const ir::Stmt &stmt) {
    const auto *store = stmt.as<ir::Store>();
    return own_memory_.contains(store->name) && !ir::expr_uses_var(store->index, loop->name);
  };
  if (!whole || loads.empty() || !std::ranges::all_of(group.stores, stays)) return false;

  expressions_.set_window(block_of(group));
  Values states;
  for (const Expr &load : loads) states.push_back(expressions_.value_of(load));
  states = emit_loop(count.first, count.end, count.step, states, [&](Value *i, const Values &current) {
    ExpressionEmitter::Loaded loaded;
    for (std::size_t k = 0; k < loads.size(); ++k) loaded.emplace_back(loads[k], current[k]);
    expressions_.bind_product(loop->name, i, count.factor);
    expressions_.set_window(block_of(group));
    expressions_.set_loaded(std::move(loaded));
    Values next;
    for (const ir::Stmt &store : group.stores) next.push_back(expressions_.value_of(store.as<ir::Store>()->value));
    expressions_.set_loaded({});
    expressions_.unbind(loop->name);
    return next;
  });
  store_results(group, states);
  expressions_.set_window({});
  return true;
}

void KernelEmitter::emit_if(const ir::IfThenElse *branch) {
  if (is_vector(branch->condition)) unknown_node("condition", branch->condition);
  const std::function<void()> otherwise = [&] { emit_statement(branch->else_case); };
  emit_choice(
      expressions_.value_of(branch->condition), [&] { emit_statement(branch->then_case); },
      branch->else_case.defined() ? otherwise : nullptr);
}

/// if (condition) inside() else otherwise(), which may be null. `weights`: how often the condition holds.
void KernelEmitter::emit_choice(Value *condition, const std::function<void()> &inside,
                                const std::function<void()> &otherwise, llvm::MDNode *weights) {
  llvm::LLVMContext &context = module_.getContext();
  auto *after = llvm::BasicBlock::Create(context, "endif");
  const auto emit_arm = [&](llvm::BasicBlock *block, const std::function<void()> &arm) {
    block->insertInto(entry_.function);
    builder_.SetInsertPoint(block);
    arm();
    builder_.CreateBr(after);
  };
  auto *then = llvm::BasicBlock::Create(context, "then");
  auto *other = otherwise ? llvm::BasicBlock::Create(context, "else") : after;
  builder_.CreateCondBr(condition, then, other, weights);
  emit_arm(then, inside);
  if (otherwise) emit_arm(other, otherwise);
  after->insertInto(entry_.function);
  builder_.SetInsertPoint(after);
}

void emit_kernel(llvm::Module &module, const Target &target, const std::string &symbol, const LoweredKernel &kernel) {
  KernelEmitter(module, target, kernel).emit(symbol);
}

}  // namespace actinide
