#include "codegen/expressions.h"

#include "codegen/rest.h"
#include "lowering/body.h"
#include "lowering/calls.h"

#include <actinide/kernel.h>

#include <llvm/Analysis/VectorUtils.h>

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
  for (ElementEmitter &elements : elements_) elements.set_parameters(arguments_.parameters);
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

void ExpressionEmitter::bind_product(const std::string &name, Value *product, std::int64_t factor) {
  Value *narrow = builder_.CreateTrunc(product, builder_.getInt32Ty(), "", false, true);
  if (factor == 1) return bind(name, narrow);
  products_[name] = {narrow, factor};
}

/// Null if it isn't at hand.
Value *ExpressionEmitter::product(const ir::Mul *product) {
  const auto *variable = product->a.as<ir::Variable>();
  const auto known = variable ? products_.find(variable->name) : products_.end();
  return known != products_.end() && ir::is_const(product->b, known->second.factor) ? known->second.value : nullptr;
}

/// Counters of loops are that wide already.
Value *ExpressionEmitter::in_64_bits(Value *index) {
  const auto *narrowed = llvm::dyn_cast<llvm::TruncInst>(index);
  if (narrowed && narrowed->hasNoSignedWrap()) return narrowed->getOperand(0);
  return builder_.CreateSExt(index, builder_.getInt64Ty());
}

/// What a loop doesn't change comes first, and is computed before it.
Value *ExpressionEmitter::at(llvm::Type *element, Value *pointer, const Expr &index) {
  if (const auto *sum = index.as<ir::Add>()) return at(element, at(element, pointer, sum->a), sum->b);
  return builder_.CreateGEP(element, pointer, in_64_bits(value_of(index)));
}

Value *ExpressionEmitter::value_of(const Expr &expr) {
  switch (expr.node_type()) {
    case ir::IRNodeType::IntImm:
      return llvm::ConstantInt::getSigned(element_type(expr.type()), expr.as<ir::IntImm>()->value);
    case ir::IRNodeType::UIntImm:
      return llvm::ConstantInt::get(element_type(expr.type()), expr.as<ir::UIntImm>()->value);
    case ir::IRNodeType::FloatImm:
      return llvm::ConstantFP::get(element_type(expr.type()), expr.as<ir::FloatImm>()->value);
    case ir::IRNodeType::Variable:
      return variable(expr.as<ir::Variable>()->name);
    case ir::IRNodeType::Let:
      return let(expr.as<ir::Let>());
    case ir::IRNodeType::Cast:
      if (is_vector(expr) || !expr.type().is_int()) unknown_node("expression", expr);
      return expr.type().bits() == 64
                 ? in_64_bits(value_of(expr.as<ir::Cast>()->value))
                 : builder_.CreateTrunc(value_of(expr.as<ir::Cast>()->value), element_type(expr.type()));
    case ir::IRNodeType::Broadcast:
      return vector_of(expr.as<ir::Broadcast>());
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
    case ir::IRNodeType::Mul:
      if (Value *known = product(expr.as<ir::Mul>())) return known;
      return binary(expr.as<ir::Mul>(),
                    [](llvm::IRBuilderBase &at, Value *a, Value *b) { return at.CreateNSWMul(a, b); });
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

Value *ExpressionEmitter::vector_of(const ir::Broadcast *broadcast) {
  Value *value = value_of(broadcast->value);
  if (window_.lanes.isScalar()) return value;
  return builder_.CreateVectorSplat(window_.lanes, value);
}

/// Vectors are of elements at one distance.
ExpressionEmitter::Place ExpressionEmitter::place_of(const std::string &buffer, llvm::Type *element,
                                                     const Expr &index) {
  if (!is_vector(index)) return {at(element, variable(buffer), index)};
  const auto *ramp = index.as<ir::Ramp>();
  if (!ramp) unknown_node("index", index);
  Value *stride = ir::is_const_one(ramp->stride) ? nullptr : in_64_bits(value_of(ramp->stride));
  Value *first = at(element, variable(buffer), ramp->base);
  if (window_.offset) {
    Value *offset = in_64_bits(window_.offset);
    first = builder_.CreateGEP(element, first, stride ? builder_.CreateNSWMul(offset, stride) : offset);
  }
  return {first, stride};
}

/// A CPU takes any alignment. CUDA wants each access, of 16 bytes at most, aligned to its size; the runtime sees to it,
/// see actinide_cuda_entry.
llvm::Align ExpressionEmitter::alignment(llvm::Type *type) {
  if (!target_.is_cuda()) return llvm::Align(1);
  const std::uint64_t bytes = type->getPrimitiveSizeInBits().getFixedValue() / 8;
  return llvm::Align(std::min(bytes, std::uint64_t(target_.vector_bytes)));
}

/// The pointers of a window whose elements are no neighbours.
Value *ExpressionEmitter::pointers(const Place &place, llvm::Type *element) {
  Value *steps = builder_.CreateStepVector(llvm::VectorType::get(builder_.getInt64Ty(), window_.lanes));
  Value *stride = builder_.CreateVectorSplat(window_.lanes, place.stride);
  return builder_.CreateGEP(element, place.pointer, builder_.CreateNSWMul(steps, stride));
}

/// Asks for the cache lines that a later block will load.
void ExpressionEmitter::prefetch(Value *pointer, llvm::Type *type) {
  const std::uint64_t bytes = type->getPrimitiveSizeInBits().getFixedValue() / 8;
  constexpr std::uint32_t read = 0, near = 3, data = 1;
  for (std::uint64_t line = 0; line < bytes; line += ACTINIDE_CACHE_LINE) {
    Value *ahead = builder_.CreateConstGEP1_64(builder_.getInt8Ty(), pointer, std::uint64_t(kernel_.prefetch) + line);
    builder_.CreateIntrinsic(llvm::Intrinsic::prefetch, {ahead->getType()},
                             {ahead, builder_.getInt32(read), builder_.getInt32(near), builder_.getInt32(data)});
  }
}

/// The output begins on a cache line (actinide_variant::stream_bytes), and each of its blocks where the last one ended.
void ExpressionEmitter::store_past_caches(Value *value, Value *pointer) {
  const std::uint64_t bytes = value->getType()->getPrimitiveSizeInBits().getFixedValue() / 8;
  const std::uint64_t aligned = std::min<std::uint64_t>(bytes & ~(bytes - 1), ACTINIDE_CACHE_LINE);
  llvm::StoreInst *store = builder_.CreateAlignedStore(value, pointer, llvm::Align(aligned));
  llvm::Metadata *one = llvm::ConstantAsMetadata::get(builder_.getInt32(1));
  store->setMetadata(llvm::LLVMContext::MD_nontemporal, llvm::MDNode::get(builder_.getContext(), one));
}

/// A CUDA thread loads 16 bytes at most by one instruction. LLVM would split longer vectors itself, but declares wrong
/// registers where it does and their f32 are then widened to f64 (LLVM 19).
Value *ExpressionEmitter::load_whole(llvm::Type *type, Value *pointer) {
  const auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  const int bytes = static_cast<int>(type->getPrimitiveSizeInBits().getFixedValue() / 8);
  if (!target_.is_cuda() || !vector || bytes <= target_.vector_bytes)
    return builder_.CreateAlignedLoad(type, pointer, alignment(type));
  const auto lanes = static_cast<unsigned>(target_.lanes(bytes / static_cast<int>(vector->getNumElements())));
  llvm::Type *part = llvm::FixedVectorType::get(vector->getElementType(), lanes);
  std::vector<Value *> parts;
  for (unsigned first = 0; first < vector->getNumElements(); first += lanes) {
    Value *place = builder_.CreateConstGEP1_64(vector->getElementType(), pointer, first);
    parts.push_back(builder_.CreateAlignedLoad(part, place, alignment(part)));
  }
  return llvm::concatenateVectors(builder_, parts);
}

/// The thread's own element: only what folds reads those of others.
Value *ExpressionEmitter::load_held(const ir::Load *load, const Held &held) {
  const auto *ramp = load->index.as<ir::Ramp>();
  internal_check(held.elements == 1 || (ramp && ir::is_const_zero(ramp->base)), "codegen: a thread can't load {}",
                 load->name);
  return builder_.CreateLoad(element_type(load->type), held.slot);
}

Value *ExpressionEmitter::load(const ir::Load *load) {
  if (const auto held = held_.find(load->name); held != held_.end()) return load_held(load, held->second);
  const Expr expr(load);
  for (const auto &[known, value] : loaded_)
    if (ir::equal(known, expr)) return value;
  llvm::Type *element = element_type(load->type);
  const Place place = place_of(load->name, element, load->index);
  llvm::Type *type = load->type.is_vector() ? with_lanes(element, window_.lanes) : element;
  if (window_.is_block && kernel_.prefetch > 0) prefetch(place.pointer, type);
  // Lanes that are masked off are 0: a branch may ask for any lane.
  Value *masked_off = llvm::Constant::getNullValue(type);
  if (place.stride && type->isVectorTy())
    return builder_.CreateMaskedGather(type, pointers(place, element), alignment(element), window_.mask, masked_off);
  if (!window_.mask || !type->isVectorTy()) return load_whole(type, place.pointer);
  if (!loads_under_mask(target_, load->type.bytes()))
    return load_rest(builder_, llvm::cast<llvm::FixedVectorType>(type), place.pointer, window_.rest);
  return builder_.CreateMaskedLoad(type, place.pointer, alignment(type), window_.mask, masked_off);
}

void ExpressionEmitter::store(const ir::Store *store, Value *value, bool past_caches) {
  if (const auto held = held_.find(store->name); held != held_.end()) {
    builder_.CreateStore(value, held->second.slot);
    return;
  }
  llvm::Type *type = value->getType(), *element = type->getScalarType();
  const Place place = place_of(store->name, element, store->index);
  if (place.stride && type->isVectorTy()) {
    builder_.CreateMaskedScatter(value, pointers(place, element), alignment(element), window_.mask);
  } else if (past_caches) {
    store_past_caches(value, place.pointer);
  } else if (!window_.mask) {
    builder_.CreateAlignedStore(value, place.pointer, alignment(type));
  } else if (!stores_under_mask(target_)) {
    store_rest(builder_, value, place.pointer, window_.rest);
  } else {
    builder_.CreateMaskedStore(value, place.pointer, alignment(type), window_.mask);
  }
}

Value *ExpressionEmitter::call(const ir::Call *call) {
  if (call->is_intrinsic({ir::Call::likely, ir::Call::likely_if_innermost})) return value_of(call->args[0]);
  if (call->name.starts_with("_halide_buffer_get_")) return buffer_field(call);
  const auto element = call_of(call->name);
  if (!element) unknown_node("call", Expr(call));
  internal_check(call->type.is_vector() || window_.lanes.isScalar(), "codegen: a scalar {} in a vector statement",
                 call->name);
  // All calls of a window are of one program and the same elements: lowering writes no others.
  if (outputs_.empty()) {
    outputs_ = outputs_of(call, *element);
    program_ = element->program;
  }
  internal_check(element->program == program_, "codegen: two programs in one statement");
  return outputs_.at(element->output);
}

std::vector<Value *> ExpressionEmitter::outputs_of(const ir::Call *call, const ElementCall &element) {
  const std::size_t number = first_program_ + element.program;
  if (element.folds) {
    const auto words = std::span(call->args).first(call->args.size() / 2);
    std::vector<Lanes> lanes;
    for (const Expr &word : words) {
      const auto *load = word.as<ir::Load>();
      if (!load) unknown_node("state", word);
      if (holds(load->name)) return fold_held(elements_.at(number), words);
      llvm::Type *type = element_type(load->type);
      lanes.push_back({type, place_of(load->name, type, load->index).pointer});
    }
    return fold(elements_.at(number), lanes);
  }
  std::vector<Value *> inputs(kernel_.programs.at(number).inputs.size());
  for (std::size_t i = 0; i < call->args.size(); ++i)
    inputs.at(part_->arguments.empty() ? i : part_->arguments.at(i)) = value_of(call->args[i]);
  return elements_.at(number).outputs(inputs, window_.lanes);
}

Value *ExpressionEmitter::extent(Axis axis) const {
  const Space &space = arguments_.space;
  return axis == Axis::inner ? space.inner : axis == Axis::channels ? space.channels : space.outer;
}

/// Neighbours, but for groups; channels are dense; the distance of rows is the caller's.
Value *ExpressionEmitter::stride(const HalideBuffer &buffer, std::size_t dimension) {
  if (dimension == 0) return builder_.getInt32(std::uint32_t(kernel_.kernel.buffers[buffer.view.buffer].members));
  return buffer.axes.at(dimension) == Axis::channels ? extent(Axis::inner)
                                                     : arguments_.row_strides.at(buffer.view.buffer);
}

/// Of the view's first element: its part of the first row, its member of the first group.
Value *ExpressionEmitter::host_pointer(const View &view) {
  Value *buffer = arguments_.pointers.at(view.buffer);
  if (view.part == 0 && view.member == 0) return buffer;
  Value *skipped = builder_.CreateNSWMul(builder_.CreateSExt(extent(Axis::inner), builder_.getInt64Ty()),
                                         builder_.getInt64(std::uint64_t(view.part)));
  skipped = builder_.CreateNSWAdd(skipped, builder_.getInt64(std::uint64_t(view.member)));
  const auto bytes = size_of(kernel_.kernel.buffers.at(view.buffer).dtype);
  return builder_.CreateGEP(builder_.getIntNTy(unsigned(8 * bytes)), buffer, skipped);
}

/// Halide's buffers are views of the kernel's own arguments, from 0 in every dimension.
Value *ExpressionEmitter::buffer_field(const ir::Call *call) {
  const auto *buffer = call->args[0].as<ir::Variable>();
  if (!buffer) unknown_node("call", Expr(call));
  const auto found = std::ranges::find_if(
      part_->buffers, [&](const HalideBuffer &known) { return known.name + ".buffer" == buffer->name; });
  internal_check(found != part_->buffers.end(), "codegen: {} is no buffer of the kernel", buffer->name);
  if (call->name == ir::Call::buffer_get_host) {
    if (!found->is_word) return host_pointer(found->view);
    // The words of the state are the part's outputs, after the tensors.
    return words_.at(words_.size() - static_cast<std::size_t>(part_->buffers.end() - found));
  }
  if (call->name == ir::Call::buffer_get_min) return builder_.getInt32(0);
  const auto dimension = ir::as_const_int(call->args.at(1));
  if (!dimension) unknown_node("call", Expr(call));
  if (call->name == ir::Call::buffer_get_extent) return extent(found->axes.at(std::size_t(*dimension)));
  if (call->name == ir::Call::buffer_get_stride) return stride(*found, std::size_t(*dimension));
  unknown_node("call", Expr(call));
}

}  // namespace actinide
