#include "codegen/statements.h"

#include "codegen/expressions.h"
#include "error.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using Halide::Expr;
using llvm::Value;

/// Loads, lets and stores that belong together, in order; every let is evaluated anew for each window.
struct Group {
  std::vector<ir::Stmt> items;  ///< LetStmt (without its body) or Store
  int lanes = 0;
};

class KernelEmitter {
 public:
  KernelEmitter(llvm::Module &module, const Target &target, const LoweredKernel &kernel)
      : module_(module), kernel_(kernel), builder_(module.getContext()), expressions_(builder_, target, kernel) {}

  llvm::Function &emit(const std::string &symbol);

 private:
  void enter(const std::string &symbol);
  void emit_statement(const ir::Stmt &stmt);
  void emit_for(const ir::For *loop);
  void emit_if(const ir::IfThenElse *branch);
  void emit_loop(Value *first, Value *end, int step, const std::function<void(Value *)> &body);

  void emit_group(const ir::Stmt &stmt);
  void emit_window(const Group &group, Window window);
  void emit_predicated(const Group &group, const Expr &predicate);

  llvm::Module &module_;
  const LoweredKernel &kernel_;
  llvm::IRBuilder<> builder_;
  ExpressionEmitter expressions_;
  llvm::Function *function_ = nullptr;
};

bool is_vector(const Expr &expr) {
  return expr.type().is_vector();
}

/// The number of leading lanes in which `predicate` holds, if it has the form of a rest: ramp(a, 1) <= broadcast(b).
std::optional<Expr> prefix_length(Expr predicate, const Group &group) {
  for (auto item = group.items.rbegin(); item != group.items.rend(); ++item) {
    if (const auto *let = item->as<ir::LetStmt>()) predicate = ir::substitute(let->name, let->value, predicate);
  }
  const auto *less = predicate.as<ir::LT>();
  const auto *less_equal = predicate.as<ir::LE>();
  if (!less && !less_equal) return std::nullopt;
  const auto *ramp = (less ? less->a : less_equal->a).as<ir::Ramp>();
  const auto *bound = (less ? less->b : less_equal->b).as<ir::Broadcast>();
  if (!ramp || !bound || !ir::is_const_one(ramp->stride)) return std::nullopt;
  return bound->value - ramp->base + (less ? 0 : 1);
}

/// True for lets around and blocks of stores: what a window runs as one.
bool only_stores(const ir::Stmt &stmt) {
  if (const auto *let = stmt.as<ir::LetStmt>()) return only_stores(let->body);
  if (const auto *block = stmt.as<ir::Block>()) return only_stores(block->first) && only_stores(block->rest);
  return stmt.as<ir::Store>() != nullptr;
}

void flatten(const ir::Stmt &stmt, Group &group) {
  if (const auto *let = stmt.as<ir::LetStmt>()) {
    group.items.push_back(stmt);
    flatten(let->body, group);
  } else if (const auto *block = stmt.as<ir::Block>()) {
    flatten(block->first, group);
    flatten(block->rest, group);
  } else {
    const int lanes = stmt.as<ir::Store>()->index.type().lanes();
    internal_check(group.lanes == 0 || group.lanes == lanes, "codegen: stores of {} and {} lanes in one statement",
                   group.lanes, lanes);
    group.lanes = lanes;
    group.items.push_back(stmt);
  }
}

llvm::Function &KernelEmitter::emit(const std::string &symbol) {
  enter(symbol);
  emit_statement(kernel_.body);
  builder_.CreateRetVoid();
  return *function_;
}

/// The function with its arguments unpacked: everything that doesn't depend on the element is read once.
void KernelEmitter::enter(const std::string &symbol) {
  llvm::Type *pointer = builder_.getPtrTy();
  auto *type = llvm::FunctionType::get(builder_.getVoidTy(), {pointer, pointer, pointer}, false);
  function_ = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, symbol, module_);
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  for (llvm::Argument &argument : function_->args()) argument.addAttr(llvm::Attribute::ReadOnly);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(module_.getContext(), "entry", function_));

  const auto element = [&](unsigned argument, llvm::Type *of, std::size_t index) {
    return builder_.CreateLoad(of, builder_.CreateConstInBoundsGEP1_64(of, function_->getArg(argument), index));
  };
  KernelArguments arguments;
  for (std::size_t i = 0; i < kernel_.buffers.size(); ++i) arguments.pointers.push_back(element(0, pointer, i));
  arguments.size = builder_.CreateTrunc(element(1, builder_.getInt64Ty(), 0), builder_.getInt32Ty());
  expressions_.set_arguments(std::move(arguments));
  for (std::size_t i = 0; i < kernel_.parameters.size(); ++i) {
    expressions_.bind(kernel_.parameters[i], element(2, builder_.getDoubleTy(), i));
  }
}

void KernelEmitter::emit_statement(const ir::Stmt &stmt) {
  const auto *let = stmt.as<ir::LetStmt>();
  if (only_stores(stmt) && !(let && !is_vector(let->value))) {
    emit_group(stmt);
  } else if (let) {
    internal_check(!is_vector(let->value), "codegen: the vector {} outlives its statement", let->name);
    expressions_.bind(let->name, expressions_.value_of(let->value));
    emit_statement(let->body);
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
  } else {
    unknown_node("statement", stmt);
  }
}

/// for (i = first; i < end; i += step) body(i)
void KernelEmitter::emit_loop(Value *first, Value *end, int step, const std::function<void(Value *)> &body) {
  llvm::LLVMContext &context = module_.getContext();
  llvm::BasicBlock *before = builder_.GetInsertBlock();
  auto *inside = llvm::BasicBlock::Create(context, "loop", function_);
  auto *after = llvm::BasicBlock::Create(context, "after", function_);
  builder_.CreateCondBr(builder_.CreateICmpSLT(first, end), inside, after);
  builder_.SetInsertPoint(inside);
  llvm::PHINode *i = builder_.CreatePHI(first->getType(), 2);
  i->addIncoming(first, before);
  body(i);
  Value *next = builder_.CreateNSWAdd(i, builder_.getInt32(step));
  i->addIncoming(next, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), inside, after);
  builder_.SetInsertPoint(after);
}

void KernelEmitter::emit_for(const ir::For *loop) {
  if (loop->for_type != ir::ForType::Serial) unknown_node("loop", ir::Stmt(loop));
  Value *first = expressions_.value_of(loop->min);
  Value *end = builder_.CreateNSWAdd(first, expressions_.value_of(loop->extent));
  emit_loop(first, end, 1, [&](Value *i) {
    expressions_.bind(loop->name, i);
    emit_statement(loop->body);
    expressions_.unbind(loop->name);
  });
}

void KernelEmitter::emit_if(const ir::IfThenElse *branch) {
  if (is_vector(branch->condition)) unknown_node("condition", branch->condition);
  llvm::LLVMContext &context = module_.getContext();
  auto *then = llvm::BasicBlock::Create(context, "then", function_);
  auto *after = llvm::BasicBlock::Create(context, "endif");
  auto *otherwise = branch->else_case.defined() ? llvm::BasicBlock::Create(context, "else") : after;
  builder_.CreateCondBr(expressions_.value_of(branch->condition), then, otherwise);
  builder_.SetInsertPoint(then);
  emit_statement(branch->then_case);
  builder_.CreateBr(after);
  if (otherwise != after) {
    otherwise->insertInto(function_);
    builder_.SetInsertPoint(otherwise);
    emit_statement(branch->else_case);
    builder_.CreateBr(after);
  }
  after->insertInto(function_);
  builder_.SetInsertPoint(after);
}

void KernelEmitter::emit_group(const ir::Stmt &stmt) {
  Group group;
  flatten(stmt, group);
  Expr predicate;
  for (const ir::Stmt &item : group.items) {
    const auto *store = item.as<ir::Store>();
    if (!store) continue;
    const bool differs = predicate.defined() && !ir::equal(predicate, store->predicate);
    internal_check(!differs, "codegen: stores under different predicates in one statement");
    predicate = store->predicate;
  }
  if (ir::is_const_one(predicate)) {
    emit_window(group, {nullptr, group.lanes});
  } else {
    emit_predicated(group, predicate);
  }
}

/// Evaluates everything, then stores: no load of the window may see one of its stores.
void KernelEmitter::emit_window(const Group &group, Window window) {
  expressions_.set_window(window);
  std::vector<std::pair<const ir::Store *, Value *>> results;
  for (const ir::Stmt &item : group.items) {
    if (const auto *let = item.as<ir::LetStmt>()) {
      expressions_.bind(let->name, expressions_.value_of(let->value));
    } else {
      const auto *store = item.as<ir::Store>();
      results.emplace_back(store, expressions_.value_of(store->value));
    }
  }
  for (const auto &[target, value] : results) expressions_.store(target, value);
  for (const ir::Stmt &item : group.items) {
    if (const auto *let = item.as<ir::LetStmt>()) expressions_.unbind(let->name);
  }
  expressions_.set_window({nullptr, 1});
}

/// Native vector after native vector, each under its part of the predicate, as long as the predicate can hold.
void KernelEmitter::emit_predicated(const Group &group, const Expr &predicate) {
  const int lanes = std::min(kernel_.native_lanes, group.lanes);
  internal_check(group.lanes % lanes == 0, "codegen: {} lanes are no multiple of {}", group.lanes, lanes);
  Value *end = builder_.getInt32(group.lanes);
  if (const auto count = prefix_length(predicate, group)) {
    end = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, end, expressions_.value_of(*count));
  }
  emit_loop(builder_.getInt32(0), end, lanes, [&](Value *offset) { emit_window(group, {offset, lanes}); });
}

}  // namespace

llvm::Function &emit_kernel(llvm::Module &module, const Target &target, const std::string &symbol,
                            const LoweredKernel &kernel) {
  return KernelEmitter(module, target, kernel).emit(symbol);
}

}  // namespace actinide
