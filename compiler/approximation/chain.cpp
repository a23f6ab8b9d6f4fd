#include "approximation/chain.h"

#include "approximation/builder.h"
#include "error.h"

#include <algorithm>
#include <span>
#include <utility>

namespace actinide {
namespace {

/// A program being written: tensors by name, each once.
class Writer {
 public:
  ValueId tensor(const Tensor &tensor) {
    auto known = std::ranges::find(tensors_, tensor.name, &Tensor::name);
    if (known == tensors_.end()) known = tensors_.insert(known, tensor);
    internal_check(known->dtype == tensor.dtype, "chain: {} is two tensors", tensor.name);
    return builder.tensor(static_cast<std::size_t>(known - tensors_.begin()), type_of(tensor.dtype));
  }

  /// The tensor as a number of `type`.
  ValueId number(const Tensor &stored, Type type) {
    const ValueId value = tensor(stored);
    return builder.type(value) == type ? value : builder.widen(value, type);
  }

  /// Adds the program's instructions, its tensors being `inputs`; returns its values.
  std::vector<ValueId> append(const Program &program, std::span<const ValueId> inputs) {
    std::vector<ValueId> values;
    for (const Instruction &instruction : program.instructions)
      values.push_back(instruction.code == Code::tensor ? inputs[instruction.bits]
                                                        : builder.repeat(instruction, values));
    return values;
  }

  Program finish(const std::vector<std::string> &parameters, std::vector<Output> outputs) const {
    return builder.finish(tensors_, parameters, std::move(outputs));
  }

  Builder builder;

 private:
  std::vector<Tensor> tensors_;
};

bool differs(const std::map<std::string, Storage> &tensors, const std::string &name, DType dtype) {
  const auto found = tensors.find(name);
  return found != tensors.end() && (found->second.dtype != dtype || found->second.addend);
}

ValueId with_addend(Writer &writer, ValueId value, const Storage &storage) {
  if (!storage.addend) return value;
  return writer.builder.add(value, writer.number(*storage.addend, writer.builder.type(value)));
}

/// The function's inputs, made of what is stored.
Program loaded(const std::vector<Tensor> &inputs, const std::map<std::string, Storage> &tensors) {
  Writer writer;
  std::vector<Output> outputs;
  for (const Tensor &input : inputs) {
    if (!differs(tensors, input.name, input.dtype)) continue;
    const Storage &storage = tensors.at(input.name);
    const ValueId value = writer.number({input.name, storage.dtype}, type_of(input.dtype));
    outputs.push_back({input.name, input.dtype, with_addend(writer, value, storage)});
  }
  return writer.finish({}, std::move(outputs));
}

/// What is stored, made of the function's outputs.
Program rounded(const std::vector<Output> &results, const std::map<std::string, Storage> &tensors) {
  Writer writer;
  std::vector<Output> outputs;
  for (const Output &result : results) {
    ValueId value = writer.tensor({result.name, result.dtype});
    DType dtype = result.dtype;
    if (differs(tensors, result.name, dtype)) {
      const Storage &storage = tensors.at(result.name);
      value = with_addend(writer, value, storage);
      if (storage.dtype != dtype) value = writer.builder.narrow(value, type_of(storage.dtype));
      dtype = storage.dtype;
    }
    outputs.push_back({result.name, dtype, value});
  }
  return writer.finish({}, std::move(outputs));
}

}  // namespace

Program chain(const Program &first, const Program &second) {
  internal_check(first.parameters.empty() || second.parameters.empty() || first.parameters == second.parameters,
                 "chain: two lists of parameters");
  Writer writer;
  std::vector<ValueId> inputs;
  for (const Tensor &input : first.inputs) inputs.push_back(writer.tensor(input));
  const std::vector<ValueId> before = writer.append(first, inputs);
  inputs.clear();
  for (const Tensor &input : second.inputs) {
    const auto made = std::ranges::find(first.outputs, input.name, &Output::name);
    inputs.push_back(made == first.outputs.end() ? writer.tensor(input) : before[made->value]);
  }
  const std::vector<ValueId> after = writer.append(second, inputs);
  std::vector<Output> outputs = second.outputs;
  for (Output &output : outputs) output.value = after[output.value];
  return writer.finish(first.parameters.empty() ? second.parameters : first.parameters, std::move(outputs));
}

Program stored(const Program &function, const std::map<std::string, Storage> &tensors) {
  const auto other_input = [&](const Tensor &input) { return differs(tensors, input.name, input.dtype); };
  const auto other_output = [&](const Output &output) { return differs(tensors, output.name, output.dtype); };
  const bool loads = std::ranges::any_of(function.inputs, other_input);
  const bool rounds = std::ranges::any_of(function.outputs, other_output);
  Program program = loads ? chain(loaded(function.inputs, tensors), function) : function;
  return rounds ? chain(program, rounded(function.outputs, tensors)) : program;
}

}  // namespace actinide
