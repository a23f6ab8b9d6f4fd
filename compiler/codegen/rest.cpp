#include "codegen/rest.h"

#include <functional>
#include <numeric>
#include <vector>

namespace actinide {
namespace {

using llvm::Value;

/// What `inside` gives where the condition holds, elsewhere what `otherwise` does; null if they give nothing, or there
/// is no `otherwise`.
Value *choose(llvm::IRBuilderBase &builder, Value *condition, const std::function<Value *()> &inside,
              const std::function<Value *()> &otherwise) {
  llvm::Function *function = builder.GetInsertBlock()->getParent();
  const auto block = [&] { return llvm::BasicBlock::Create(builder.getContext(), "", function); };
  llvm::BasicBlock *then = block(), *other = otherwise ? block() : nullptr, *after = block();
  builder.CreateCondBr(condition, then, other ? other : after);
  const auto emit = [&](llvm::BasicBlock *where, const std::function<Value *()> &body) {
    builder.SetInsertPoint(where);
    Value *result = body();
    llvm::BasicBlock *last = builder.GetInsertBlock();
    builder.CreateBr(after);
    return std::pair(result, last);
  };
  const auto first = emit(then, inside);
  const auto second = other ? emit(other, otherwise) : first;
  builder.SetInsertPoint(after);
  if (!first.first || !other) return nullptr;
  llvm::PHINode *result = builder.CreatePHI(first.first->getType(), 2);
  result->addIncoming(first.first, first.second);
  result->addIncoming(second.first, second.second);
  return result;
}

/// Lanes [first, first + lanes) of two vectors, one after the other.
Value *lanes_of(llvm::IRBuilderBase &builder, Value *low, Value *high, unsigned first, unsigned lanes) {
  std::vector<int> which(lanes);
  std::iota(which.begin(), which.end(), static_cast<int>(first));
  return builder.CreateShuffleVector(low, high, which);
}

/// The piece of so many lanes, a power of two, that the count's bit stands for: longer pieces lie before it.
Value *place_of_piece(llvm::IRBuilderBase &builder, llvm::Type *element, Value *pointer, Value *count, unsigned lanes) {
  Value *before = builder.CreateAnd(count, builder.getInt32(~(2 * lanes - 1)));
  return builder.CreateGEP(element, pointer, builder.CreateZExt(before, builder.getInt64Ty()));
}

Value *has_piece(llvm::IRBuilderBase &builder, Value *count, unsigned lanes) {
  return builder.CreateIsNotNull(builder.CreateAnd(count, builder.getInt32(lanes)));
}

/// Memory of the function's frame, aligned as every frame is.
llvm::AllocaInst *slot_of(llvm::IRBuilderBase &builder, llvm::Type *type) {
  llvm::BasicBlock &entry = builder.GetInsertBlock()->getParent()->getEntryBlock();
  llvm::AllocaInst *slot = llvm::IRBuilder<>(&entry, entry.begin()).CreateAlloca(type);
  slot->setAlignment(llvm::Align(16));
  return slot;
}

Value *is_all(llvm::IRBuilderBase &builder, Value *count, unsigned lanes) {
  return builder.CreateICmpSLE(builder.getInt32(lanes), count);
}

}  // namespace

bool loads_under_mask(const Target &target, int bytes) {
  constexpr int avx2 = 32, least_bytes = 4;
  return stores_under_mask(target) ||
         (target.architecture == Architecture::x86_64 && target.vector_bytes == avx2 && bytes >= least_bytes);
}

bool stores_under_mask(const Target &target) {
  constexpr int avx512 = 64;
  return target.scalable || target.vector_bytes >= avx512;
}

/// From the shortest piece, which lies last, to the longest.
Value *load_rest(llvm::IRBuilderBase &builder, llvm::FixedVectorType *type, Value *pointer, Value *count) {
  llvm::Type *element = type->getElementType();
  const unsigned lanes = type->getNumElements();
  const auto zeros = [&](unsigned n) { return llvm::Constant::getNullValue(llvm::FixedVectorType::get(element, n)); };
  const auto in_pieces = [&] {
    Value *loaded = zeros(1);
    for (unsigned piece = 1; piece < lanes; piece *= 2) {
      const auto with_piece = [&]() -> Value * {
        Value *place = place_of_piece(builder, element, pointer, count, piece);
        Value *front = builder.CreateAlignedLoad(llvm::FixedVectorType::get(element, piece), place, llvm::Align(1));
        return lanes_of(builder, front, loaded, 0, 2 * piece);
      };
      loaded = choose(builder, has_piece(builder, count, piece), with_piece,
                      [&] { return lanes_of(builder, loaded, zeros(piece), 0, 2 * piece); });
    }
    return loaded;
  };
  return choose(
      builder, is_all(builder, count, lanes),
      [&]() -> Value * { return builder.CreateAlignedLoad(type, pointer, llvm::Align(1)); }, in_pieces);
}

/// By way of memory, from which a piece is loaded as soon as the whole is stored: its instructions take half as long to
/// compile as shuffles and merges, and no operation waits for what is stored.
void store_rest(llvm::IRBuilderBase &builder, Value *value, Value *pointer, Value *count) {
  llvm::Type *element = value->getType()->getScalarType();
  const unsigned lanes = llvm::cast<llvm::FixedVectorType>(value->getType())->getNumElements();
  const auto in_pieces = [&]() -> Value * {
    llvm::AllocaInst *slot = slot_of(builder, value->getType());
    builder.CreateAlignedStore(value, slot, slot->getAlign());
    for (unsigned piece = lanes / 2; piece > 0; piece /= 2) {
      const auto copy = [&]() -> Value * {
        llvm::Type *type = llvm::FixedVectorType::get(element, piece);
        Value *from = place_of_piece(builder, element, slot, count, piece);
        Value *copied = builder.CreateAlignedLoad(type, from, llvm::Align(1));
        builder.CreateAlignedStore(copied, place_of_piece(builder, element, pointer, count, piece), llvm::Align(1));
        return nullptr;
      };
      choose(builder, has_piece(builder, count, piece), copy, nullptr);
    }
    return nullptr;
  };
  const auto whole = [&]() -> Value * {
    builder.CreateAlignedStore(value, pointer, llvm::Align(1));
    return nullptr;
  };
  choose(builder, is_all(builder, count, lanes), whole, in_pieces);
}

}  // namespace actinide
