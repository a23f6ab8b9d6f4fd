#include "lowering/blocks.h"

#include "error.h"

#include <algorithm>

namespace actinide {
namespace {

/// A buffer for each word of the state, under names that no tensor has.
std::vector<KernelBuffer> word_buffers(const NumericKernel &kernel, std::size_t words, Along along) {
  std::string family = "state";
  const auto taken = [&](const View &view) { return view.name.starts_with(family); };
  while (std::ranges::any_of(kernel.inputs, taken) || std::ranges::any_of(kernel.outputs, taken)) family += '_';
  std::vector<KernelBuffer> buffers;
  for (std::size_t word = 0; word < words; ++word)
    buffers.push_back({.name = fmt::format("{}{}", family, word), .dtype = DType::f64, .along = along});
  return buffers;
}

/// A view of each of the buffers, whose first has the number `first`.
std::vector<View> views_of(const std::vector<KernelBuffer> &buffers, std::size_t first) {
  std::vector<View> views;
  for (const KernelBuffer &buffer : buffers) views.push_back({buffer.name, first + views.size()});
  return views;
}

/// Gives the words as they are.
Program copy_of(const std::vector<Output> &words, const std::vector<KernelBuffer> &to) {
  Program program;
  for (const Output &word : words) {
    const auto i = static_cast<ValueId>(program.inputs.size());
    program.inputs.push_back({word.name, word.dtype});
    program.instructions.push_back({Code::tensor, type_of(word.dtype), {}, i});
    program.outputs.push_back({to[i].name, word.dtype, i});
  }
  return program;
}

}  // namespace

bool sums_everything(const NumericKernel &kernel) {
  const auto sums = [&](const View &view) { return kernel.buffers.at(view.buffer).along == Along::nothing; };
  return kernel.shape == ShapeClass::row && std::ranges::all_of(kernel.outputs, sums);
}

BlockKernels by_blocks(const NumericKernel &kernel) {
  internal_check(kernel.shape == ShapeClass::row && kernel.steps.size() == 2 &&
                     kernel.steps[0].kind == Step::Kind::reduce && kernel.steps[1].kind == Step::Kind::map,
                 "lower: these sums are no gathering and what is made of it");
  const Step &gather = kernel.steps[0], &give = kernel.steps[1];
  const std::vector<Output> &words = gather.program.outputs;
  const auto first_output = kernel.buffers.end() - static_cast<long>(kernel.outputs.size());

  BlockKernels result{.blocks = kernel, .merge = kernel};
  NumericKernel &blocks = result.blocks;
  blocks.buffers.assign(kernel.buffers.begin(), first_output);
  const std::vector<KernelBuffer> states = word_buffers(kernel, words.size(), Along::row);
  blocks.outputs = views_of(states, blocks.buffers.size());
  blocks.buffers.insert(blocks.buffers.end(), states.begin(), states.end());
  blocks.steps[0].along = Along::row;
  blocks.steps[1] = {.along = Along::row, .program = copy_of(words, states)};

  NumericKernel &merge = result.merge;
  merge.buffers = word_buffers(kernel, words.size(), Along::element);
  merge.inputs = views_of(merge.buffers, 0);
  merge.outputs.clear();
  for (auto buffer = first_output; buffer != kernel.buffers.end(); ++buffer) {
    merge.outputs.push_back({buffer->name, merge.buffers.size()});
    merge.buffers.push_back(*buffer);
  }
  // The element that the next state is made of is itself a state.
  merge.steps[0].program = gather.merge;
  for (std::size_t word = 0; word < words.size(); ++word)
    merge.steps[0].program.inputs.at(words.size() + word).name = merge.inputs[word].name;
  merge.steps[1] = give;
  return result;
}

}  // namespace actinide
