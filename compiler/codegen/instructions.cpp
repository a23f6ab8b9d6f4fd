#include "codegen/instructions.h"

#include "error.h"

#include <llvm/Analysis/VectorUtils.h>
#include <llvm/IR/IntrinsicsNVPTX.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace actinide {
namespace {

using llvm::Value;

int lanes_of(llvm::Type *type) {
  const auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector ? static_cast<int>(vector->getNumElements()) : 1;
}

llvm::Constant *literal(llvm::Type *type, std::uint64_t bits) {
  llvm::Type *element = type->getScalarType();
  if (element->isIntegerTy()) return llvm::ConstantInt::get(type, bits);
  const unsigned width = element->getScalarSizeInBits();
  const llvm::APFloat value(element->getFltSemantics(), llvm::APInt(width, bits));
  return llvm::ConstantFP::get(type, value);
}

/// The rounding error of p = a b, by Veltkamp's splitting and Dekker's product: exact unless a splitting overflows
/// (then it is not finite) or a partial product underflows (a b below about 2^-968).
Value *product_error(llvm::IRBuilderBase &builder, Value *a, Value *b, Value *p) {
  llvm::Constant *splitter = llvm::ConstantFP::get(a->getType(), 0x1p27 + 1);
  const auto high = [&](Value *x) {
    Value *scaled = builder.CreateFMul(x, splitter);
    return builder.CreateFSub(scaled, builder.CreateFSub(scaled, x));
  };
  Value *a1 = high(a);
  Value *a2 = builder.CreateFSub(a, a1);
  Value *b1 = high(b);
  Value *b2 = builder.CreateFSub(b, b1);
  Value *error = builder.CreateFSub(builder.CreateFMul(a1, b1), p);
  error = builder.CreateFAdd(error, builder.CreateFMul(a1, b2));
  error = builder.CreateFAdd(error, builder.CreateFMul(a2, b1));
  return builder.CreateFAdd(error, builder.CreateFMul(a2, b2));
}

/// fma of f64 in f64: the product and the sum with their errors (Dekker, Knuth). The errors are added in f64, so the
/// result is rounded twice: up to about 1 ULP from fma's, more where a b is below 2^-968. An infinity, a NaN or an
/// overflow on the way makes the correction infinite or NaN, and the plain sum stands. So it does for a correction of
/// zero, to keep the sign of a zero.
Value *emit_fma_in_pairs(llvm::IRBuilderBase &builder, Value *a, Value *b, Value *c) {
  Value *p = builder.CreateFMul(a, b);
  Value *s = builder.CreateFAdd(p, c);
  Value *c_in_s = builder.CreateFSub(s, p);
  Value *p_error = builder.CreateFSub(p, builder.CreateFSub(s, c_in_s));
  Value *sum_error = builder.CreateFAdd(p_error, builder.CreateFSub(c, c_in_s));
  Value *correction = builder.CreateFAdd(sum_error, product_error(builder, a, b, p));
  Value *size = builder.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, correction);
  Value *finite = builder.CreateFCmpOLT(size, llvm::ConstantFP::getInfinity(a->getType()));
  Value *nonzero = builder.CreateFCmpONE(size, llvm::ConstantFP::getZero(a->getType()));
  return builder.CreateSelect(builder.CreateAnd(finite, nonzero), builder.CreateFAdd(s, correction), s);
}

/// What `emit` makes of each lane of a scalar or a vector of a fixed length.
template <typename Emit>
Value *each_lane(llvm::IRBuilderBase &builder, Value *vector, const Emit &emit) {
  if (!vector->getType()->isVectorTy()) return emit(vector);
  Value *result = llvm::PoisonValue::get(vector->getType());
  for (int i = 0; i < lanes_of(vector->getType()); ++i)
    result = builder.CreateInsertElement(result, emit(builder.CreateExtractElement(vector, std::uint64_t(i))),
                                         std::uint64_t(i));
  return result;
}

/// With fma: itself. Without, f32 goes through f64, where the product is exact and the sum is rounded once before the
/// result is; f64 takes two roundings.
Value *emit_fma(llvm::IRBuilderBase &builder, const Target &target, Value *a, Value *b, Value *c) {
  llvm::Type *type = a->getType();
  if (target.has_fma) return builder.CreateIntrinsic(llvm::Intrinsic::fma, {type}, {a, b, c});
  if (type->getScalarType()->isDoubleTy()) return builder.CreateFAdd(builder.CreateFMul(a, b), c);
  llvm::Type *wide = type->getWithNewType(builder.getDoubleTy());
  Value *product = builder.CreateFMul(builder.CreateFPExt(a, wide), builder.CreateFPExt(b, wide));
  return builder.CreateFPTrunc(builder.CreateFAdd(product, builder.CreateFPExt(c, wide)), type);
}

/// The same, but f64 without fma takes pairs.
Value *emit_exact_fma(llvm::IRBuilderBase &builder, const Target &target, Value *a, Value *b, Value *c) {
  const bool in_pairs = !target.has_fma && a->getType()->getScalarType()->isDoubleTy();
  return in_pairs ? emit_fma_in_pairs(builder, a, b, c) : emit_fma(builder, target, a, b, c);
}

/// The parameters of a binary format that scaling needs.
struct Format {
  int mantissa;       ///< explicit bits
  int max_exponent;   ///< of the largest finite number, and the exponent's bias
  int min_subnormal;  ///< 2^min_subnormal is the smallest positive number
};
constexpr Format f32_format{23, 127, -149};
constexpr Format f64_format{52, 1023, -1074};

/// |x| of a scale lies in [2^-magnitude, 2^magnitude), see instructions.def.
constexpr int magnitude = 30;

/// The float 2^n, for n between the smallest normal and the largest exponent.
Value *power_of_two(llvm::IRBuilderBase &builder, const Format &format, llvm::Type *type, Value *n) {
  Value *biased = builder.CreateAdd(n, llvm::ConstantInt::get(n->getType(), format.max_exponent));
  return builder.CreateBitCast(builder.CreateShl(biased, format.mantissa), type);
}

Value *clamp(llvm::IRBuilderBase &builder, Value *n, int low, int high, std::int64_t largest) {
  n = builder.CreateBinaryIntrinsic(llvm::Intrinsic::smax, n, llvm::ConstantInt::getSigned(n->getType(), low));
  if (largest <= high) return n;
  return builder.CreateBinaryIntrinsic(llvm::Intrinsic::smin, n, llvm::ConstantInt::getSigned(n->getType(), high));
}

/// x 2^n as x 2^(n+K) 2^-K if n is never large, else as x 2^(n/2) 2^(n-n/2).
///
/// Rounds once: the first product is exact unless it is subnormal or infinite, and then so far beyond the limit that
/// the result is zero or infinite anyway. n is clamped to where the powers exist; beyond, the result is zero or
/// infinite too. With |x| < 2^M and n <= N, the first form takes the largest K for which x 2^(n+K) is always finite, M
/// + N + K = E + 1 (E the largest exponent); it is right if all results below the clamp n >= 1 - E - K are zero: 2^(M +
/// 1 - E - K) is at most half the smallest subnormal.
Value *emit_scale_by_products(llvm::IRBuilderBase &builder, Value *x, Value *n, std::int64_t largest) {
  llvm::Type *type = x->getType();
  const Format &format = type->getScalarType()->isFloatTy() ? f32_format : f64_format;
  const int least_normal = 1 - format.max_exponent;
  const std::int64_t spare = std::min<std::int64_t>(format.max_exponent + 1 - magnitude - largest, -least_normal);
  if (magnitude + least_normal - spare <= format.min_subnormal - 1) {
    const int k = static_cast<int>(spare);
    n = clamp(builder, n, least_normal - k, format.max_exponent - k, largest);
    Value *raised = builder.CreateAdd(n, llvm::ConstantInt::getSigned(n->getType(), k));
    Value *first = builder.CreateFMul(x, power_of_two(builder, format, type, raised));
    return builder.CreateFMul(first, llvm::ConstantFP::get(type, std::ldexp(1.0, -k)));
  }
  n = clamp(builder, n, 2 * least_normal, -2 * least_normal, largest);
  Value *half = builder.CreateAShr(n, 1);
  Value *rest = builder.CreateSub(n, half);
  Value *first = builder.CreateFMul(x, power_of_two(builder, format, type, half));
  return builder.CreateFMul(first, power_of_two(builder, format, type, rest));
}

/// AVX-512 has x 2^floor(n) as one instruction for each 64-byte vector.
Value *emit_scale_by_instruction(llvm::IRBuilderBase &builder, const Target &target, Value *x, Value *n) {
  llvm::Type *type = x->getType();
  const bool narrow = type->getScalarType()->isFloatTy();
  const int native = target.lanes(narrow ? 4 : 8);
  const auto intrinsic =
      narrow ? llvm::Intrinsic::x86_avx512_mask_scalef_ps_512 : llvm::Intrinsic::x86_avx512_mask_scalef_pd_512;
  Value *exponent = builder.CreateSIToFP(n, type);
  Value *all = llvm::ConstantInt::getSigned(builder.getIntNTy(native), -1);
  Value *current_rounding = builder.getInt32(4);
  std::vector<Value *> pieces;
  for (int first = 0; first < lanes_of(type); first += native) {
    std::vector<int> lanes(native);
    for (int lane = 0; lane < native; ++lane) lanes[lane] = first + lane;
    Value *part = builder.CreateShuffleVector(x, lanes);
    Value *power = builder.CreateShuffleVector(exponent, lanes);
    pieces.push_back(builder.CreateIntrinsic(intrinsic, {}, {part, power, part, all, current_rounding}));
  }
  return llvm::concatenateVectors(builder, pieces);
}

Value *emit_scale(llvm::IRBuilderBase &builder, const Target &target, Value *x, Value *n, std::uint64_t largest) {
  const int native = target.lanes(static_cast<int>(x->getType()->getScalarSizeInBits()) / 8);
  if (target.has_scalef && lanes_of(x->getType()) % native == 0)
    return emit_scale_by_instruction(builder, target, x, n);
  return emit_scale_by_products(builder, x, n, std::bit_cast<std::int64_t>(largest));
}

/// The same bits as those of div.rn.f32, without its branch for extreme operands (NVIDIA's own steps between): from a
/// reciprocal within 1 ULP, made as good as a rounded one, a quotient within 1 ULP whose rest is exact, and what the
/// rest adds to it rounds it (Markstein 1990).
Value *emit_moderate_division(llvm::IRBuilderBase &builder, Value *a, Value *b) {
  llvm::Type *type = a->getType();
  const auto fma = [&](Value *x, Value *y, Value *z) {
    return builder.CreateIntrinsic(llvm::Intrinsic::fma, {type}, {x, y, z});
  };
  Value *minus_b = builder.CreateFNeg(b);
  Value *y = each_lane(builder, b, [&](Value *lane) {
    return builder.CreateIntrinsic(llvm::Intrinsic::nvvm_rcp_approx_ftz_f, {}, {lane});
  });
  y = fma(fma(minus_b, y, llvm::ConstantFP::get(type, 1)), y, y);
  Value *q = builder.CreateFMul(a, y);
  q = fma(fma(minus_b, q, a), y, q);
  return fma(fma(minus_b, q, a), y, q);
}

}  // namespace

Value *emit_instruction(llvm::IRBuilderBase &builder, const Target &target, Code code, llvm::Type *type,
                        std::span<Value *const> operands, std::uint64_t immediate) {
  const auto a = [&] { return operands[0]; };
  const auto b = [&] { return operands[1]; };
  const auto c = [&] { return operands[2]; };
  switch (code) {
    case Code::tensor:
    case Code::parameter:
      break;
    case Code::literal:
      return literal(type, immediate);

    case Code::add:
      return builder.CreateFAdd(a(), b());
    case Code::sub:
      return builder.CreateFSub(a(), b());
    case Code::mul:
      return builder.CreateFMul(a(), b());
    case Code::div:
      return immediate != 0 && target.is_cuda() ? emit_moderate_division(builder, a(), b())
                                                : builder.CreateFDiv(a(), b());
    case Code::fma:
      return emit_fma(builder, target, a(), b(), c());
    case Code::exact_fma:
      return emit_exact_fma(builder, target, a(), b(), c());
    case Code::sqrt:
      return builder.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a());
    case Code::neg:
      return builder.CreateFNeg(a());
    case Code::abs:
      return builder.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, a());
    case Code::copysign:
      return builder.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, a(), b());
    case Code::scale:
      return emit_scale(builder, target, a(), b(), immediate);

    case Code::less:
      return builder.CreateFCmpOLT(a(), b());
    case Code::less_equal:
      return builder.CreateFCmpOLE(a(), b());
    case Code::equal:
      return builder.CreateFCmpOEQ(a(), b());
    case Code::unordered:
      return builder.CreateFCmpUNO(a(), b());
    case Code::logical_and:
      return builder.CreateAnd(a(), b());
    case Code::logical_or:
      return builder.CreateOr(a(), b());
    case Code::logical_not:
      return builder.CreateNot(a());
    case Code::select:
      return builder.CreateSelect(a(), b(), c());

    case Code::integer_add:
      return builder.CreateAdd(a(), b());
    case Code::integer_sub:
      return builder.CreateSub(a(), b());
    case Code::bit_and:
      return builder.CreateAnd(a(), b());
    case Code::bit_or:
      return builder.CreateOr(a(), b());
    case Code::bit_xor:
      return builder.CreateXor(a(), b());
    case Code::shift_left:
      return builder.CreateShl(a(), immediate);
    case Code::shift_right:
      return builder.CreateAShr(a(), immediate);

    case Code::bits_of:
    case Code::float_of:
      return builder.CreateBitCast(a(), type);
    case Code::widen:
    case Code::narrow:
      break;
  }
  throw InternalError(fmt::format("codegen: no rule for the instruction {}", info(code).name));
}

}  // namespace actinide
