#include "codegen/shuffle.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

namespace actinide {
namespace {

using llvm::Value;

constexpr std::uint32_t whole_warp = 0xffffffff;

Value *shuffle_32_bits(llvm::IRBuilderBase &builder, Value *bits, Value *lane) {
  constexpr std::uint32_t no_segments = 31;
  return builder.CreateIntrinsic(llvm::Intrinsic::nvvm_shfl_sync_idx_i32, {},
                                 {builder.getInt32(whole_warp), bits, lane, builder.getInt32(no_segments)});
}

}  // namespace

Value *shuffle(llvm::IRBuilderBase &builder, Value *value, Value *lane) {
  llvm::Type *type = value->getType(), *i32 = builder.getInt32Ty(), *i64 = builder.getInt64Ty();
  if (type->isFloatTy())
    return builder.CreateBitCast(shuffle_32_bits(builder, builder.CreateBitCast(value, i32), lane), type);
  Value *bits = builder.CreateBitCast(value, i64);
  Value *low = shuffle_32_bits(builder, builder.CreateTrunc(bits, i32), lane);
  Value *high = shuffle_32_bits(builder, builder.CreateTrunc(builder.CreateLShr(bits, 32), i32), lane);
  bits = builder.CreateOr(builder.CreateZExt(low, i64), builder.CreateShl(builder.CreateZExt(high, i64), 32));
  return builder.CreateBitCast(bits, type);
}

void synchronize_warp(llvm::IRBuilderBase &builder) {
  builder.CreateIntrinsic(llvm::Intrinsic::nvvm_bar_warp_sync, {}, {builder.getInt32(whole_warp)});
}

}  // namespace actinide
