#include "codegen/elements.h"

#include "codegen/conversions.h"
#include "codegen/instructions.h"
#include "error.h"

#include <algorithm>
#include <iterator>

namespace actinide {
namespace {

using llvm::Value;

llvm::Type *llvm_type(llvm::IRBuilderBase &builder, Type type) {
  switch (type) {
    case Type::f32:
      return builder.getFloatTy();
    case Type::f64:
      return builder.getDoubleTy();
    case Type::i32:
      return builder.getInt32Ty();
    case Type::i64:
      return builder.getInt64Ty();
    case Type::boolean:
      return builder.getInt1Ty();
    case Type::f16:
    case Type::bf16:
      return builder.getInt16Ty();
  }
  throw InternalError("codegen: no such type");
}

std::span<const ValueId> operands_of(const Instruction &instruction) {
  return std::span(instruction.operands).first(static_cast<std::size_t>(info(instruction.code).arity));
}

}  // namespace

llvm::Type *with_lanes(llvm::Type *element, llvm::ElementCount lanes) {
  return lanes.isScalar() ? element : llvm::VectorType::get(element, lanes);
}

Value *ElementEmitter::emit(const Instruction &instruction, std::span<Value *const> values, llvm::ElementCount lanes) {
  std::vector<Value *> operands;
  std::ranges::transform(operands_of(instruction), std::back_inserter(operands),
                         [&](ValueId id) { return values[id]; });
  llvm::Type *type = with_lanes(llvm_type(builder_, instruction.type), lanes);
  if (instruction.code == Code::widen || instruction.code == Code::narrow) {
    const Type from = program_.instructions[instruction.operands[0]].type;
    return emit_conversion(builder_, target_, from, instruction.type, operands[0], type);
  }
  return emit_instruction(builder_, target_, instruction.code, type, operands, instruction.bits);
}

void ElementEmitter::set_parameters(std::span<Value *const> parameters) {
  // A literal's lanes are known only where it is used; in between, the scalar stands for it.
  const auto scalar = llvm::ElementCount::getFixed(1);
  std::vector<Value *> values;
  uniform_.clear();
  for (const Instruction &instruction : program_.instructions) {
    Value *value = nullptr;
    if (instruction.code == Code::parameter) {
      value = parameters[instruction.bits];
    } else if (instruction.code != Code::tensor) {
      const bool uniform = std::ranges::all_of(operands_of(instruction), [&](ValueId id) { return values[id]; });
      if (uniform) value = emit(instruction, values, scalar);
    }
    values.push_back(value);
    uniform_.push_back(instruction.code == Code::literal ? nullptr : value);
  }
}

std::vector<Value *> ElementEmitter::outputs(std::span<Value *const> inputs, llvm::ElementCount lanes) {
  std::vector<Value *> values;
  for (const Instruction &instruction : program_.instructions) {
    Value *uniform = uniform_[values.size()];
    if (instruction.code == Code::tensor) {
      values.push_back(inputs[instruction.bits]);
    } else if (uniform) {
      values.push_back(lanes.isScalar() ? uniform : builder_.CreateVectorSplat(lanes, uniform));
    } else {
      values.push_back(emit(instruction, values, lanes));
    }
  }
  std::vector<Value *> results;
  for (const Output &output : program_.outputs) results.push_back(values.at(output.value));
  return results;
}

}  // namespace actinide
