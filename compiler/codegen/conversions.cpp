// f16 by the CPU's instructions where it has them, else by integers; bf16 by integers on every CPU: the same bits. CUDA
// rounds pairs, to either.
//
// x86's vcvtneps2bf16 is no choice for bf16: it takes subnormal numbers as zero.
#include "codegen/conversions.h"

#include "error.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

namespace actinide {
namespace {

using llvm::Value;

/// Vectors of one conversion, and what its steps have in common.
class Conversion {
 public:
  Conversion(llvm::IRBuilderBase &builder, const Target &target, llvm::Type *shape)
      : builder_(builder), target_(target), shape_(shape) {}

  Value *f16_to_f32(Value *half);
  Value *bf16_to_f32(Value *brain);
  Value *f32_to_f16(Value *x);
  Value *f32_to_bf16(Value *x);
  Value *f64_to_odd_f32(Value *x);
  /// By cvt.rn.f16x2.f32 or cvt.rn.bf16x2.f32: subnormal numbers are kept, NaN becomes 0x7fff.
  Value *f32_to_halves_of_pairs(Value *x, llvm::Intrinsic::ID round_pair);

 private:
  llvm::Type *like(llvm::Type *element) const { return shape_->getWithNewType(element); }
  llvm::Type *i16() const { return like(builder_.getInt16Ty()); }
  llvm::Type *i32() const { return like(builder_.getInt32Ty()); }
  llvm::Type *f32() const { return like(builder_.getFloatTy()); }
  Value *integer(std::uint32_t value) const { return llvm::ConstantInt::get(i32(), value); }
  Value *number(double value) const { return llvm::ConstantFP::get(f32(), value); }
  Value *bits(Value *x) { return builder_.CreateBitCast(x, i32()); }
  Value *as_float(Value *bits) { return builder_.CreateBitCast(bits, f32()); }
  Value *without_sign(Value *bits) { return builder_.CreateAnd(bits, 0x7fffffff); }
  Value *shifted_to_nearest_even(Value *bits, unsigned count);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  llvm::Type *shape_;  ///< of any element type
};

/// bits / 2^count, rounded to nearest even.
Value *Conversion::shifted_to_nearest_even(Value *bits, unsigned count) {
  Value *last = builder_.CreateAnd(builder_.CreateLShr(bits, count), 1);
  Value *half = builder_.CreateAdd(last, integer((1u << (count - 1)) - 1));
  return builder_.CreateLShr(builder_.CreateAdd(bits, half), count);
}

/// By integers: the exponent's bias grows from 15 to 127. A subnormal number gets the exponent of 2^-14 first, which is
/// then subtracted, exactly.
Value *Conversion::f16_to_f32(Value *half) {
  if (target_.has_f16_conversions)
    return builder_.CreateFPExt(builder_.CreateBitCast(half, like(builder_.getHalfTy())), f32());
  constexpr std::uint32_t rebias = (127 - 15) << 23;
  Value *wide = builder_.CreateZExt(half, i32());
  Value *magnitude = builder_.CreateAnd(wide, 0x7fff);
  Value *shifted = builder_.CreateShl(magnitude, 13);
  Value *normal = builder_.CreateAdd(shifted, integer(rebias));
  Value *implicit = as_float(builder_.CreateAdd(shifted, integer(rebias + (1 << 23))));
  Value *subnormal = bits(builder_.CreateFSub(implicit, number(0x1p-14)));
  Value *is_subnormal = builder_.CreateICmpULT(magnitude, integer(0x400));
  Value *special = builder_.CreateOr(shifted, 0x7f800000);  // infinity and NaN
  Value *is_special = builder_.CreateICmpUGE(magnitude, integer(0x7c00));
  Value *result = builder_.CreateSelect(is_special, special, builder_.CreateSelect(is_subnormal, subnormal, normal));
  Value *sign = builder_.CreateShl(builder_.CreateAnd(wide, 0x8000), 16);
  return as_float(builder_.CreateOr(result, sign));
}

/// By integers: rounded at bit 13. Below 2^-14 the last place is 2^-24, half a unit of which is lost in a sum with 1/2.
Value *Conversion::f32_to_f16(Value *x) {
  if (target_.has_f16_conversions)
    return builder_.CreateBitCast(builder_.CreateFPTrunc(x, like(builder_.getHalfTy())), i16());
  constexpr std::uint32_t rebias = (127 - 15) << 23, half = 0x3f000000;
  Value *all = bits(x);
  Value *magnitude = without_sign(all);
  Value *normal = shifted_to_nearest_even(builder_.CreateSub(magnitude, integer(rebias)), 13);
  Value *sum = bits(builder_.CreateFAdd(as_float(magnitude), number(0.5)));
  Value *subnormal = builder_.CreateSub(sum, integer(half));
  Value *is_subnormal = builder_.CreateICmpULT(magnitude, integer(rebias + (1 << 23)));
  Value *is_nan = builder_.CreateICmpUGT(magnitude, integer(0x7f800000));
  Value *special = builder_.CreateSelect(is_nan, integer(0x7e00), integer(0x7c00));
  Value *is_special = builder_.CreateICmpUGE(magnitude, integer(0x477ff000));  // 65520 rounds to infinity
  Value *result = builder_.CreateSelect(is_special, special, builder_.CreateSelect(is_subnormal, subnormal, normal));
  Value *sign = builder_.CreateAnd(builder_.CreateLShr(all, 16), 0x8000);
  return builder_.CreateTrunc(builder_.CreateOr(result, sign), i16());
}

/// bf16 is the upper half of an f32.
Value *Conversion::bf16_to_f32(Value *brain) {
  return as_float(builder_.CreateShl(builder_.CreateZExt(brain, i32()), 16));
}

/// A carry goes on into the exponent, up to infinity.
Value *Conversion::f32_to_bf16(Value *x) {
  Value *all = bits(x);
  Value *is_nan = builder_.CreateFCmpUNO(x, x);
  Value *nan = builder_.CreateOr(builder_.CreateLShr(all, 16), 0x40);  // quiet
  return builder_.CreateTrunc(builder_.CreateSelect(is_nan, nan, shifted_to_nearest_even(all, 16)), i16());
}

/// Rounded to odd, to 14 digits: of the two neighbours of such a number, where it isn't one, the one whose last bit
/// is 1. That is never halfway between two numbers of f16 or bf16, which have three digits less at least, nor is it on
/// the other side of such a place than the number itself: rounding it again gives what rounding the number once does
/// (Boldo and Melquiond 2008). f32 holds it, also among its subnormal numbers, down to where bf16 has but zero: below
/// 2^-135 its last place is 2^-149.
Value *Conversion::f64_to_odd_f32(Value *x) {
  constexpr std::uint64_t dropped = (std::uint64_t{1} << 39) - 1;
  llvm::Type *i64 = like(builder_.getInt64Ty());
  Value *all = builder_.CreateBitCast(x, i64);
  // The sum carries into the last bit that is kept if a dropped one is set.
  Value *carry = builder_.CreateAdd(builder_.CreateAnd(all, dropped), llvm::ConstantInt::get(i64, dropped));
  Value *odd = builder_.CreateAnd(builder_.CreateOr(all, carry), ~dropped);
  return builder_.CreateFPTrunc(builder_.CreateBitCast(odd, x->getType()), f32());
}

Value *Conversion::f32_to_halves_of_pairs(Value *x, llvm::Intrinsic::ID round_pair) {
  const auto pair_of = [&](Value *low, Value *high) {
    return builder_.CreateBitCast(builder_.CreateIntrinsic(round_pair, {}, {high, low}), builder_.getInt32Ty());
  };
  const auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(shape_);
  if (!vector) return builder_.CreateTrunc(pair_of(x, llvm::ConstantFP::get(f32(), 0)), i16());
  const unsigned pairs = vector->getNumElements() / 2;
  Value *all = llvm::PoisonValue::get(llvm::FixedVectorType::get(builder_.getInt32Ty(), pairs));
  for (unsigned i = 0; i < pairs; ++i) {
    Value *pair = pair_of(builder_.CreateExtractElement(x, 2 * i), builder_.CreateExtractElement(x, 2 * i + 1));
    all = builder_.CreateInsertElement(all, pair, i);
  }
  return builder_.CreateBitCast(all, i16());
}

}  // namespace

Value *emit_conversion(llvm::IRBuilderBase &builder, const Target &target, Type from, Type to, Value *value,
                       llvm::Type *type) {
  Conversion conversion(builder, target, type);
  if (from == Type::f16 || from == Type::bf16) {
    Value *f32 = from == Type::f16 ? conversion.f16_to_f32(value) : conversion.bf16_to_f32(value);
    return to == Type::f32 ? f32 : builder.CreateFPExt(f32, type);
  }
  if (to == Type::f16 || to == Type::bf16) {
    Value *f32 = from == Type::f32 ? value : conversion.f64_to_odd_f32(value);
    if (target.is_cuda())
      return conversion.f32_to_halves_of_pairs(
          f32, to == Type::f16 ? llvm::Intrinsic::nvvm_ff2f16x2_rn : llvm::Intrinsic::nvvm_ff2bf16x2_rn);
    return to == Type::f16 ? conversion.f32_to_f16(f32) : conversion.f32_to_bf16(f32);
  }
  return is_float(from) && to == Type::f64 ? builder.CreateFPExt(value, type) : builder.CreateFPTrunc(value, type);
}

}  // namespace actinide
