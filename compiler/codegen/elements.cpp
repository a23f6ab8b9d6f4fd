#include "codegen/elements.h"

#include "codegen/conversions.h"
#include "codegen/instructions.h"
#include "error.h"

#include <llvm/IR/MDBuilder.h>

#include <algorithm>
#include <iterator>

namespace actinide {
namespace {

using llvm::Value;

/// What waits and is needed by {1} of the selects from `first` to `end`.
std::vector<ValueId> needed_by(const Program &program, const std::vector<bool> &waits, std::size_t first,
                               std::size_t end) {
  std::vector<bool> needs(first, false);
  for (std::size_t id = first; id < end; ++id) needs[program.instructions[id].operands[1]] = true;
  std::vector<ValueId> needed;
  for (std::size_t id = first; id-- > 0;) {
    if (!needs[id] || !waits[id]) continue;
    needed.push_back(static_cast<ValueId>(id));
    for (const ValueId operand : operands_of(program.instructions[id])) needs[operand] = true;
  }
  std::ranges::reverse(needed);
  return needed;
}

/// Each run of selects by one condition that don't wait themselves. What several need is computed in each.
std::vector<RareSide> rare_sides(const Program &program, const std::vector<bool> &waits) {
  const auto &instructions = program.instructions;
  std::vector<RareSide> sides;
  for (std::size_t first = 0; first < instructions.size(); ++first) {
    const auto belongs = [&](std::size_t id) {
      const auto &[condition, rare, usual] = instructions[id].operands;
      return chooses_rarely(instructions[id]) && !waits[id] && condition == instructions[first].operands[0] &&
             rare < first && usual < first;
    };
    std::size_t end = first;
    while (end < instructions.size() && belongs(end)) ++end;
    if (end == first) continue;
    sides.push_back({.first = first, .end = end, .needed = needed_by(program, waits, first, end)});
    first = end - 1;
  }
  return sides;
}

}  // namespace

ElementEmitter::ElementEmitter(llvm::IRBuilderBase &builder, const Target &target, const Program &program)
    : builder_(builder),
      target_(target),
      program_(program),
      waits_(waiting(program)),
      rare_sides_(rare_sides(program, waits_)) {}

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

void ElementEmitter::set_parameters(std::span<Value *const> parameters, std::span<Value *const> numbers) {
  // A literal's lanes are known only where it is used; in between, the scalar stands for it.
  const auto scalar = llvm::ElementCount::getFixed(1);
  std::vector<Value *> values;
  uniform_.clear();
  has_numbers_ = !numbers.empty();
  for (const Instruction &instruction : program_.instructions) {
    Value *value = nullptr;
    if (instruction.code == Code::parameter) {
      value = parameters[instruction.bits];
    } else if (instruction.code == Code::tensor) {
      value = has_numbers_ ? numbers[instruction.bits] : nullptr;
    } else {
      const bool uniform = std::ranges::all_of(operands_of(instruction), [&](ValueId id) { return values[id]; });
      if (uniform) value = emit(instruction, values, scalar);
    }
    values.push_back(value);
    uniform_.push_back(instruction.code == Code::literal ? nullptr : value);
  }
}

Value *ElementEmitter::value(ValueId id, std::span<Value *const> values, llvm::ElementCount lanes) {
  Value *uniform = uniform_[id];
  if (!uniform) return emit(program_.instructions[id], values, lanes);
  return lanes.isScalar() ? uniform : splat(uniform, lanes);
}

/// A number of a row fills a register where it is made, before the loops over the row: LLVM would do so in each turn.
Value *ElementEmitter::splat(Value *scalar, llvm::ElementCount lanes) {
  auto *made = llvm::dyn_cast<llvm::Instruction>(scalar);
  const auto bits = static_cast<unsigned>(scalar->getType()->getPrimitiveSizeInBits());
  const unsigned native = 8 * static_cast<unsigned>(target_.vector_bytes) / bits;
  if (!has_numbers_ || !made || bits == 1 || lanes.isScalable() || lanes.getFixedValue() % native != 0)
    return builder_.CreateVectorSplat(lanes, scalar);
  Value *&whole = splats_[scalar];
  if (!whole) {
    llvm::IRBuilder<> behind(made->getParent(), *made->getInsertionPointAfterDef());
    whole = behind.CreateVectorSplat(native, scalar);
  }
  std::vector<int> places(lanes.getFixedValue());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<int>(i % native);
  return places.size() == native ? whole : builder_.CreateShuffleVector(whole, places);
}

/// The lanes of a thread of CUDA branch on their own: so many at once would take more registers than it has.
void ElementEmitter::emit_rarely(const RareSide &side, std::vector<Value *> &values, llvm::ElementCount lanes) {
  const auto run = std::span(uniform_).subspan(side.first, side.end - side.first);
  if (std::ranges::all_of(run, [](Value *uniform) { return uniform != nullptr; })) {
    for (std::size_t id = side.first; id < side.end; ++id) values[id] = value(static_cast<ValueId>(id), values, lanes);
  } else if (target_.is_cuda() && !lanes.isScalar() && !uniform_[program_.instructions[side.first].operands[0]]) {
    for (std::uint64_t lane = 0; lane < lanes.getFixedValue(); ++lane) emit_lane_rarely(side, values, lane);
  } else {
    emit_branch(side, values, lanes);
  }
}

void ElementEmitter::emit_lane_rarely(const RareSide &side, std::vector<Value *> &values, std::uint64_t lane) {
  std::vector<Value *> scalars(values.size(), nullptr);
  const auto extract_operands = [&](std::size_t id) {
    for (const ValueId operand : operands_of(program_.instructions[id]))
      if (!waits_[operand] && !scalars[operand])
        scalars[operand] = builder_.CreateExtractElement(values[operand], lane);
  };
  for (const ValueId id : side.needed) extract_operands(id);
  for (std::size_t id = side.first; id < side.end; ++id) extract_operands(id);
  emit_branch(side, scalars, llvm::ElementCount::getFixed(1));
  for (std::size_t id = side.first; id < side.end; ++id) {
    // Not into poison: two lanes of 16 bits share a register, which would be read before it is written.
    Value *others = values[id] ? values[id] : values[program_.instructions[id].operands[2]];
    values[id] = builder_.CreateInsertElement(others, scalars[id], lane);
  }
}

/// A truth value from memory: LLVM would make the comparison again where it is branched upon, in each turn of a loop.
Value *ElementEmitter::kept(Value *truth) {
  auto *made = llvm::dyn_cast<llvm::Instruction>(truth);
  if (!made || target_.is_cuda()) return truth;
  llvm::AllocaInst *&memory = kept_[truth];
  if (!memory) {
    llvm::BasicBlock &first = made->getFunction()->getEntryBlock();
    memory = llvm::IRBuilder<>(&first, first.begin()).CreateAlloca(builder_.getInt8Ty());
    llvm::IRBuilder<> behind(made->getParent(), *made->getInsertionPointAfterDef());
    behind.CreateStore(behind.CreateZExt(truth, builder_.getInt8Ty()), memory);
  }
  return builder_.CreateIsNotNull(builder_.CreateLoad(builder_.getInt8Ty(), memory, true));
}

/// A branch around the rare side, where no lane takes it.
void ElementEmitter::emit_branch(const RareSide &side, std::vector<Value *> &values, llvm::ElementCount lanes) {
  llvm::LLVMContext &context = builder_.getContext();
  const auto &instructions = program_.instructions;
  const ValueId condition = instructions[side.first].operands[0];
  Value *uniform = uniform_[condition];
  Value *any = uniform            ? kept(uniform)
               : lanes.isScalar() ? values[condition]
                                  : builder_.CreateOrReduce(values[condition]);
  llvm::BasicBlock *before = builder_.GetInsertBlock();
  auto *rarely = llvm::BasicBlock::Create(context, "rarely", before->getParent());
  auto *after = llvm::BasicBlock::Create(context, "after", before->getParent());
  constexpr std::uint32_t often = 2000;
  builder_.CreateCondBr(any, rarely, after, llvm::MDBuilder(context).createBranchWeights(1, often));

  builder_.SetInsertPoint(rarely);
  constexpr std::size_t few = 8;  // instructions, which are no longer than a call
  const llvm::ElementCount piece = piece_of(side, lanes);
  if (side.needed.size() > few && piece.isVector() && lanes.hasKnownScalarFactor(piece))
    call_rare_function(side, values, lanes, piece);
  else
    for (const ValueId id : side.needed) values[id] = value(id, values, lanes);
  for (std::size_t id = side.first; id < side.end; ++id)
    values[id] = uniform ? values[instructions[id].operands[1]] : emit(instructions[id], values, lanes);
  llvm::BasicBlock *end = builder_.GetInsertBlock();
  builder_.CreateBr(after);

  builder_.SetInsertPoint(after);
  for (std::size_t id = side.first; id < side.end; ++id) {
    llvm::PHINode *either = builder_.CreatePHI(values[id]->getType(), 2);
    either->addIncoming(values[id], end);
    either->addIncoming(values[instructions[id].operands[2]], before);
    values[id] = either;
  }
}

/// One register of the widest type that the rare side computes in.
llvm::ElementCount ElementEmitter::piece_of(const RareSide &side, llvm::ElementCount lanes) const {
  int bytes = 1;
  for (const ValueId id : side.needed) bytes = std::max(bytes, bytes_of(program_.instructions[id].type));
  return llvm::ElementCount::get(static_cast<unsigned>(target_.vector_bytes / bytes), lanes.isScalable());
}

/// The side's results by a function that all places of the kernel call. The code of a rare side is longer than all the
/// rest (an angle's reduction by hundreds of bits): for each loop, and as wide as it is, it took most of a compile.
void ElementEmitter::call_rare_function(const RareSide &side, std::vector<Value *> &values, llvm::ElementCount lanes,
                                        llvm::ElementCount piece) {
  const RareInterface interface = interface_of(side);
  llvm::Function *&function = rare_functions_[side.first];
  if (!function) function = rare_function(side, interface, piece);
  llvm::BasicBlock &first = builder_.GetInsertBlock()->getParent()->getEntryBlock();
  llvm::IRBuilder<> at_entry(&first, first.begin());
  std::vector<Value *> arguments;
  const auto add_memory = [&](ValueId id) {
    llvm::AllocaInst *memory = at_entry.CreateAlloca(with_lanes(stored_type(id), lanes));
    memory->setAlignment(llvm::Align(static_cast<std::uint64_t>(target_.vector_bytes)));
    arguments.push_back(memory);
  };
  for (const ValueId id : interface.vectors) {
    add_memory(id);
    Value *stored = builder_.CreateZExtOrBitCast(values[id], with_lanes(stored_type(id), lanes));
    builder_.CreateAlignedStore(stored, arguments.back(), llvm::Align(1));
  }
  std::ranges::for_each(interface.results, add_memory);
  for (const ValueId id : interface.scalars) arguments.push_back(uniform_[id]);
  arguments.push_back(builder_.CreateElementCount(builder_.getInt32Ty(), lanes));
  builder_.CreateCall(function, arguments);
  for (std::size_t k = 0; k < interface.results.size(); ++k) {
    const ValueId id = interface.results[k];
    llvm::Type *type = with_lanes(llvm_type(builder_, program_.instructions[id].type), lanes);
    Value *stored = builder_.CreateAlignedLoad(with_lanes(stored_type(id), lanes),
                                               arguments[interface.vectors.size() + k], llvm::Align(1));
    values[id] = builder_.CreateTruncOrBitCast(stored, type);
  }
}

/// void (pointers to vectors, pointers to results, scalars, number of lanes), piece by piece.
llvm::Function *ElementEmitter::rare_function(const RareSide &side, const RareInterface &interface,
                                              llvm::ElementCount piece) {
  const llvm::IRBuilderBase::InsertPointGuard guard(builder_);
  const std::vector<Value *> outside = uniform_;
  llvm::LLVMContext &context = builder_.getContext();
  llvm::Function &kernel = *builder_.GetInsertBlock()->getParent();
  std::vector<llvm::Type *> types(interface.vectors.size() + interface.results.size(), builder_.getPtrTy());
  for (const ValueId id : interface.scalars) types.push_back(uniform_[id]->getType());
  types.push_back(builder_.getInt32Ty());
  auto *function =
      llvm::Function::Create(llvm::FunctionType::get(builder_.getVoidTy(), types, false),
                             llvm::GlobalValue::InternalLinkage, kernel.getName() + "__rarely", *kernel.getParent());
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr(llvm::Attribute::NoInline);

  auto *entry = llvm::BasicBlock::Create(context, "entry", function);
  auto *loop = llvm::BasicBlock::Create(context, "loop", function);
  auto *done = llvm::BasicBlock::Create(context, "done", function);
  builder_.SetInsertPoint(entry);
  builder_.CreateBr(loop);
  builder_.SetInsertPoint(loop);
  llvm::PHINode *lane = builder_.CreatePHI(builder_.getInt32Ty(), 2);
  lane->addIncoming(builder_.getInt32(0), entry);
  llvm::Argument *argument = function->arg_begin();
  const auto place = [&](ValueId id) { return builder_.CreateGEP(stored_type(id), argument++, lane); };
  std::vector<Value *> values(program_.instructions.size(), nullptr);
  for (const ValueId id : interface.vectors) {
    Value *stored = builder_.CreateAlignedLoad(with_lanes(stored_type(id), piece), place(id), llvm::Align(1));
    llvm::Type *type = with_lanes(llvm_type(builder_, program_.instructions[id].type), piece);
    values[id] = builder_.CreateTruncOrBitCast(stored, type);
  }
  std::vector<Value *> results;
  for (const ValueId id : interface.results) results.push_back(place(id));
  for (const ValueId id : interface.scalars) uniform_[id] = argument++;
  for (const ValueId id : side.needed) {
    // What a uniform value is made of stays outside.
    for (const ValueId operand : operands_of(program_.instructions[id]))
      if (!uniform_[id] && !values[operand]) values[operand] = value(operand, values, piece);
    values[id] = value(id, values, piece);
  }
  for (std::size_t k = 0; k < results.size(); ++k) {
    const ValueId id = interface.results[k];
    Value *stored = builder_.CreateZExtOrBitCast(values[id], with_lanes(stored_type(id), piece));
    builder_.CreateAlignedStore(stored, results[k], llvm::Align(1));
  }
  Value *next = builder_.CreateNSWAdd(lane, builder_.CreateElementCount(builder_.getInt32Ty(), piece));
  lane->addIncoming(next, loop);
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, argument), loop, done);
  builder_.SetInsertPoint(done);
  builder_.CreateRetVoid();
  uniform_ = outside;
  return function;
}

/// In memory, where lanes of one bit couldn't be told apart.
llvm::Type *ElementEmitter::stored_type(ValueId id) const {
  const Type type = program_.instructions[id].type;
  return type == Type::boolean ? builder_.getInt8Ty() : llvm_type(builder_, type);
}

/// What is constant is known inside.
ElementEmitter::RareInterface ElementEmitter::interface_of(const RareSide &side) const {
  RareInterface interface;
  const auto add = [](std::vector<ValueId> &list, ValueId id) {
    if (std::ranges::find(list, id) == list.end()) list.push_back(id);
  };
  const auto takes = [&](ValueId id) {
    if (uniform_[id]) {
      if (!llvm::isa<llvm::Constant>(uniform_[id])) add(interface.scalars, id);
    } else if (program_.instructions[id].code != Code::literal &&
               std::ranges::find(side.needed, id) == side.needed.end()) {
      add(interface.vectors, id);
    }
  };
  for (const ValueId id : side.needed) {
    if (uniform_[id])
      takes(id);
    else
      std::ranges::for_each(operands_of(program_.instructions[id]), takes);
  }
  for (std::size_t id = side.first; id < side.end; ++id) {
    const ValueId rare = program_.instructions[id].operands[1];
    if (std::ranges::find(side.needed, rare) != side.needed.end()) add(interface.results, rare);
  }
  return interface;
}

std::vector<Value *> ElementEmitter::outputs(std::span<Value *const> inputs, llvm::ElementCount lanes) {
  std::vector<Value *> values(program_.instructions.size(), nullptr);
  auto side = rare_sides_.begin();
  for (std::size_t id = 0; id < values.size(); ++id) {
    const Instruction &instruction = program_.instructions[id];
    if (side != rare_sides_.end() && side->first == id) {
      emit_rarely(*side, values, lanes);
      id = side->end - 1;
      ++side;
    } else if (instruction.code == Code::tensor && !uniform_[id]) {
      values[id] = inputs[instruction.bits];
    } else if (!waits_[id]) {
      values[id] = value(static_cast<ValueId>(id), values, lanes);
    }
  }
  std::vector<Value *> results;
  for (const Output &output : program_.outputs) results.push_back(values.at(output.value));
  return results;
}

}  // namespace actinide
