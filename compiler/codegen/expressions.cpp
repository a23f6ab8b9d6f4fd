#include "codegen/expressions.h"

#include "lowering/calls.h"

#include <algorithm>

namespace actinide {
namespace {

namespace ir = Halide::Internal;
using Halide::Expr;
using llvm::Value;

bool is_vector(const Expr &expr) {
  return expr.type().is_vector();
}

/// Halide's division rounds down; its remainder is never negative.
Value *floor_division(llvm::IRBuilderBase &builder, Value *a, Value *b, bool remainder) {
  const auto *constant = llvm::dyn_cast<llvm::ConstantInt>(b);
  internal_check(constant && constant->getValue().isStrictlyPositive(), "codegen: division by a variable");
  if (constant->getValue().isPowerOf2()) {
    return remainder ? builder.CreateAnd(a, constant->getZExtValue() - 1)
                     : builder.CreateAShr(a, constant->getValue().logBase2());
  }
  Value *rest = builder.CreateSRem(a, b);
  Value *negative = builder.CreateICmpSLT(rest, llvm::ConstantInt::get(a->getType(), 0));
  if (remainder) return builder.CreateSelect(negative, builder.CreateAdd(rest, b), rest);
  return builder.CreateSub(builder.CreateSDiv(a, b), builder.CreateZExt(negative, a->getType()));
}

}  // namespace

void ExpressionEmitter::set_arguments(KernelArguments arguments) {
  arguments_ = std::move(arguments);
  elements_.set_parameters(arguments_.parameters);
}

void ExpressionEmitter::set_window(Window window) {
  window_ = window;
  outputs_.clear();
}

llvm::Type *ExpressionEmitter::element_type(Halide::Type type) {
  if (type.is_handle()) return builder_.getPtrTy();
  if (type.is_int_or_uint()) return builder_.getIntNTy(type.bits());
  if (type == Halide::Float(32, type.lanes())) return builder_.getFloatTy();
  if (type == Halide::Float(64, type.lanes())) return builder_.getDoubleTy();
  unknown_node("type", type);
}

Value *ExpressionEmitter::variable(const std::string &name) {
  const auto found = values_.find(name);
  internal_check(found != values_.end(), "codegen: the variable {} has no value", name);
  return found->second;
}

Value *ExpressionEmitter::value_of(const Expr &expr) {
  switch (expr.node_type()) {
    case ir::IRNodeType::IntImm:
      return llvm::ConstantInt::getSigned(element_type(expr.type()), expr.as<ir::IntImm>()->value);
    case ir::IRNodeType::UIntImm:
      return llvm::ConstantInt::get(element_type(expr.type()), expr.as<ir::UIntImm>()->value);
    case ir::IRNodeType::Variable:
      return variable(expr.as<ir::Variable>()->name);
    case ir::IRNodeType::Let:
      return let(expr.as<ir::Let>());
    case ir::IRNodeType::Load:
      return load(expr.as<ir::Load>());
    case ir::IRNodeType::Call:
      return call(expr.as<ir::Call>());
    default:
      return integer_operation(expr);
  }
}

/// The arithmetic of indices and their comparisons. Arithmetic on elements comes as calls only.
Value *ExpressionEmitter::integer_operation(const Expr &expr) {
  using Build = Value *(llvm::IRBuilderBase &, Value *, Value *);
  const auto binary = [&](const auto *node, Build build) {
    if (is_vector(node->a) || !node->a.type().is_int_or_uint()) unknown_node("expression", expr);
    Value *a = value_of(node->a);
    return build(builder_, a, value_of(node->b));
  };
#define ACTINIDE_BINARY(node, expression) \
  case ir::IRNodeType::node:              \
    return binary(expr.as<ir::node>(), [](llvm::IRBuilderBase &at, Value *a, Value *b) { return expression; });
  switch (expr.node_type()) {
    ACTINIDE_BINARY(Add, at.CreateNSWAdd(a, b))
    ACTINIDE_BINARY(Sub, at.CreateNSWSub(a, b))
    ACTINIDE_BINARY(Mul, at.CreateNSWMul(a, b))
    ACTINIDE_BINARY(Div, floor_division(at, a, b, false))
    ACTINIDE_BINARY(Mod, floor_division(at, a, b, true))
    ACTINIDE_BINARY(Min, at.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b))
    ACTINIDE_BINARY(Max, at.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b))
    ACTINIDE_BINARY(EQ, at.CreateICmpEQ(a, b))
    ACTINIDE_BINARY(NE, at.CreateICmpNE(a, b))
    ACTINIDE_BINARY(LT, at.CreateICmpSLT(a, b))
    ACTINIDE_BINARY(LE, at.CreateICmpSLE(a, b))
    ACTINIDE_BINARY(GT, at.CreateICmpSGT(a, b))
    ACTINIDE_BINARY(GE, at.CreateICmpSGE(a, b))
    ACTINIDE_BINARY(And, at.CreateAnd(a, b))
    ACTINIDE_BINARY(Or, at.CreateOr(a, b))
    case ir::IRNodeType::Not:
      return builder_.CreateNot(value_of(expr.as<ir::Not>()->a));
    default:
      unknown_node("expression", expr);
  }
#undef ACTINIDE_BINARY
}

Value *ExpressionEmitter::let(const ir::Let *let) {
  values_[let->name] = value_of(let->value);
  Value *result = value_of(let->body);
  values_.erase(let->name);
  return result;
}

/// Where a load or store begins. Vectors are of neighbouring elements.
Value *ExpressionEmitter::address(const std::string &buffer, llvm::Type *element, const Expr &index) {
  Expr first = index;
  if (is_vector(index)) {
    const auto *ramp = index.as<ir::Ramp>();
    if (!ramp || !ir::is_const_one(ramp->stride)) unknown_node("index", index);
    first = ramp->base;
  }
  Value *offset = value_of(first);
  if (is_vector(index) && window_.offset) offset = builder_.CreateNSWAdd(offset, window_.offset);
  return builder_.CreateGEP(element, variable(buffer), builder_.CreateSExt(offset, builder_.getInt64Ty()));
}

/// A CPU takes any alignment. CUDA wants each access aligned to its size; the runtime sees to it, see
/// actinide_cuda_entry.
llvm::Align ExpressionEmitter::alignment(llvm::Type *type) {
  return llvm::Align(target_.is_cuda() ? type->getPrimitiveSizeInBits().getFixedValue() / 8 : 1);
}

Value *ExpressionEmitter::load(const ir::Load *load) {
  llvm::Type *element = element_type(load->type);
  Value *from = address(load->name, element, load->index);
  llvm::Type *type = load->type.is_vector() ? with_lanes(element, window_.lanes) : element;
  if (!window_.mask) return builder_.CreateAlignedLoad(type, from, alignment(type));
  return builder_.CreateMaskedLoad(type, from, alignment(type), window_.mask, llvm::Constant::getNullValue(type));
}

void ExpressionEmitter::store(const ir::Store *store, Value *value) {
  llvm::Type *type = value->getType();
  Value *to = address(store->name, type->getScalarType(), store->index);
  if (!window_.mask) {
    builder_.CreateAlignedStore(value, to, alignment(type));
  } else {
    builder_.CreateMaskedStore(value, to, alignment(type), window_.mask);
  }
}

Value *ExpressionEmitter::call(const ir::Call *call) {
  if (call->is_intrinsic({ir::Call::likely, ir::Call::likely_if_innermost})) return value_of(call->args[0]);
  if (call->name.starts_with("_halide_buffer_get_")) return buffer_field(call);
  const auto output = output_of_call(call->name);
  if (!output) unknown_node("call", Expr(call));
  // All calls of a window are of the same elements: lowering writes no others.
  if (outputs_.empty()) {
    std::vector<Value *> inputs;
    for (const Expr &input : call->args) inputs.push_back(value_of(input));
    outputs_ = elements_.outputs(inputs, window_.lanes);
  }
  return outputs_.at(*output);
}

/// Halide's buffers are the kernel's own arguments: one dimension from 0, dense, all of the same size.
Value *ExpressionEmitter::buffer_field(const ir::Call *call) {
  const auto *buffer = call->args[0].as<ir::Variable>();
  if (!buffer) unknown_node("call", Expr(call));
  const auto found = std::find_if(kernel_.buffers.begin(), kernel_.buffers.end(),
                                  [&](const std::string &name) { return name + ".buffer" == buffer->name; });
  internal_check(found != kernel_.buffers.end(), "codegen: {} is no buffer of the kernel", buffer->name);
  if (call->name == ir::Call::buffer_get_host) return arguments_.pointers[found - kernel_.buffers.begin()];
  if (call->name == ir::Call::buffer_get_min) return builder_.getInt32(0);
  if (call->name == ir::Call::buffer_get_extent) return arguments_.size;
  if (call->name == ir::Call::buffer_get_stride) return builder_.getInt32(1);
  unknown_node("call", Expr(call));
}

}  // namespace actinide
