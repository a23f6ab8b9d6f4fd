// The steps of rows, and how the lanes of a state become one.
#include "codegen/kernel_emitter.h"
#include "codegen/shuffle.h"
#include "lowering/body.h"

#include <algorithm>
#include <numeric>
#include <ranges>

namespace actinide {

namespace ir = Halide::Internal;
using Halide::Expr;
using llvm::Value;

namespace {

std::vector<Value *> joined(std::vector<Value *> some, const std::vector<Value *> &others) {
  some.insert(some.end(), others.begin(), others.end());
  return some;
}

/// Lanes [first, first + count).
Value *part_of(llvm::IRBuilderBase &builder, Value *vector, unsigned first, unsigned count) {
  if (count == 1) return builder.CreateExtractElement(vector, first);
  std::vector<int> lanes(count);
  std::iota(lanes.begin(), lanes.end(), static_cast<int>(first));
  return builder.CreateShuffleVector(vector, lanes);
}

}  // namespace

/// Each row as a space of its own.
void KernelEmitter::emit_rows(const LoweredBody &body) {
  const KernelArguments all = entry_.arguments;
  emit_loop(builder_.getInt32(0), all.space.outer, builder_.getInt32(1), [&](Value *row) {
    KernelArguments one = all;
    one.space.outer = builder_.getInt32(1);
    for (std::size_t i = 0; i < one.pointers.size(); ++i) {
      const KernelBuffer &buffer = kernel_.kernel.buffers[i];
      const auto wide = [&](Value *number) { return builder_.CreateSExt(number, builder_.getInt64Ty()); };
      Value *elements = wide(row);
      if (buffer.along == Along::element) elements = builder_.CreateNSWMul(elements, wide(all.row_strides[i]));
      one.pointers[i] = builder_.CreateGEP(llvm_type(builder_, type_of(buffer.dtype)), all.pointers[i], elements);
    }
    expressions_.set_arguments(one);
    emit_steps(body, one);
  });
}

/// One row.
void KernelEmitter::emit_steps(const LoweredBody &body, const KernelArguments &row) {
  const NumericKernel &kernel = kernel_.kernel;
  ExpressionEmitter::Numbers numbers;
  for (const View &view : kernel.inputs) {
    const KernelBuffer &buffer = kernel.buffers[view.buffer];
    if (buffer.along == Along::row)
      numbers[view.name] = builder_.CreateAlignedLoad(llvm_type(builder_, type_of(buffer.dtype)),
                                                      row.pointers[view.buffer], llvm::Align(1));
  }
  auto part = body.parts.begin();
  std::size_t program = 0;
  for (const Step &step : kernel.steps) {
    expressions_.set_step(program, numbers);
    Values results;
    if (step.kind == Step::Kind::reduce) {
      results = emit_gathering(*part++, step);
      ++program;
    } else if (step.along == Along::row) {
      results = expressions_.outputs_of_step();
    } else {
      expressions_.set_part(*part);
      emit_statement(part++->statement);
    }
    ++program;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::string &name = step.program.outputs[i].name;
      const auto output = std::ranges::find(kernel.outputs, name, &View::name);
      if (output != kernel.outputs.end())
        builder_.CreateAlignedStore(results[i], row.pointers[output->buffer], llvm::Align(1));
      else
        numbers.insert_or_assign(name, results[i]);
    }
  }
}

/// In lanes, which are then merged.
KernelEmitter::Values KernelEmitter::emit_gathering(const LoweredPart &part, const Step &step) {
  Values words;
  for (const Output &word : step.program.outputs)
    words.push_back(memory_of(llvm_type(builder_, type_of(word.dtype)), reduction_lanes));
  const auto is_word = [](const HalideBuffer &buffer) { return buffer.is_word; };
  for (const HalideBuffer &buffer : part.buffers | std::views::filter(is_word)) own_memory_.insert(buffer.name);
  expressions_.set_part(part, words);
  emit_statement(part.statement);
  own_memory_.clear();
  return expressions_.fold_words();
}

void ExpressionEmitter::set_step(std::size_t first_program, const Numbers &numbers) {
  first_program_ = first_program;
  numbers_ = numbers;
  std::vector<Value *> known;
  for (const Tensor &input : kernel_.programs[first_program].inputs) {
    const auto number = numbers.find(input.name);
    known.push_back(number == numbers.end() ? nullptr : number->second);
  }
  elements_[first_program].set_parameters(arguments_.parameters, known);
}

std::vector<Value *> ExpressionEmitter::outputs_of_step() {
  const std::vector<Value *> nothing(kernel_.programs[first_program_].inputs.size());
  return elements_[first_program_].outputs(nothing, llvm::ElementCount::getFixed(1));
}

std::vector<Value *> ExpressionEmitter::fold_words() {
  std::vector<Lanes> words;
  for (Value *word : words_)
    words.push_back({llvm::cast<llvm::AllocaInst>(word)->getAllocatedType()->getArrayElementType(), word});
  return fold(elements_[first_program_ + 1], words);
}

/// ElementCall::folds.
std::vector<Value *> ExpressionEmitter::fold(ElementEmitter &merge, const std::vector<Lanes> &words) {
  const auto fixed = [](unsigned lanes) { return llvm::ElementCount::getFixed(lanes); };
  constexpr unsigned first_half = reduction_lanes / 2;
  std::vector<Value *> low, high;
  for (const auto &[element, first] : words) {
    low.push_back(load_whole(with_lanes(element, fixed(first_half)), first));
    high.push_back(load_whole(low.back()->getType(), builder_.CreateConstGEP1_64(element, first, first_half)));
  }
  for (unsigned lanes = first_half;; lanes /= 2) {
    const std::vector<Value *> merged = merge.outputs(joined(low, high), fixed(lanes));
    if (lanes == 1) return merged;
    for (std::size_t word = 0; word < merged.size(); ++word) {
      low[word] = part_of(builder_, merged[word], 0, lanes / 2);
      high[word] = part_of(builder_, merged[word], lanes / 2, lanes / 2);
    }
  }
}

/// The same, where a warp holds the state, a lane in each thread. All threads have the result.
std::vector<Value *> ExpressionEmitter::fold_held(ElementEmitter &merge, std::span<const Expr> first_lanes) {
  std::vector<Value *> own;
  Value *lane = nullptr;
  for (const Expr &word : first_lanes) {
    const Held &held = held_.at(word.as<ir::Load>()->name);
    own.push_back(builder_.CreateLoad(element_type(word.type()), held.slot));
    lane = held.lane;
  }
  const auto from = [&](Value *place) {
    std::vector<Value *> words;
    for (Value *word : own) words.push_back(shuffle(builder_, word, place));
    return words;
  };
  const auto one = llvm::ElementCount::getFixed(1);
  for (std::uint32_t half = reduction_lanes / 2; half > 1; half /= 2)
    own = merge.outputs(joined(own, from(builder_.CreateAdd(builder_.getInt32(half), lane))), one);
  return merge.outputs(joined(from(builder_.getInt32(0)), from(builder_.getInt32(1))), one);
}

}  // namespace actinide
