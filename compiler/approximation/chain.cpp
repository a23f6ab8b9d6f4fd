#include "approximation/chain.h"

#include "approximation/builder.h"
#include "error.h"

#include <algorithm>
#include <cmath>
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

Program either(const Program &usual, const Program &sure) {
  const bool all_sure = usual.outputs.empty() || usual.outputs.back().name != kOpen;
  if (all_sure) return usual;
  Writer writer;
  std::vector<ValueId> inputs;
  for (const Tensor &input : sure.inputs) inputs.push_back(writer.tensor(input));
  const std::vector<ValueId> values = writer.append(usual, inputs), others = writer.append(sure, inputs);
  Builder &b = writer.builder;
  const ValueId open = b.less(b.literal(Type::f32, 0), values[usual.outputs.back().value]);
  std::vector<Output> outputs = sure.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    outputs[i].value = b.select_rarely(open, others[outputs[i].value], values[usual.outputs[i].value]);
  return writer.finish(sure.parameters, std::move(outputs));
}

/// Rounding doesn't decrease, so what both ends of the interval are rounded to is what all of it is rounded to (Ziv,
/// Fast evaluation of elementary mathematical functions with correctly rounded last bit, ACM Trans. Math. Software 17,
/// 1991).
Program rounded_if_clear(const Program &program, const std::vector<Output> &results, int bits) {
  Writer writer;
  Builder &b = writer.builder;
  std::vector<ValueId> inputs;
  for (const Tensor &input : program.inputs) inputs.push_back(writer.tensor(input));
  const std::vector<ValueId> values = writer.append(program, inputs);
  const bool has_open = program.outputs.size() > results.size();
  const ValueId zero = b.literal(Type::f32, 0), one = b.literal(Type::f32, 1);
  ValueId open = has_open ? values[program.outputs.back().value] : zero;
  std::vector<Output> outputs = results;
  for (std::size_t i = 0; i < results.size(); ++i) {
    // Two errors further out in units of the last place, of which there are between 2^52 and 2^53 in the number. Zero
    // stays as good as zero, infinity becomes NaN.
    const ValueId near = b.mul(values[program.outputs[i].value], b.literal(Type::f64, 1 - std::ldexp(1.0, -bits)));
    const ValueId two_errors = b.integer(Type::i64, std::int64_t{1} << (54 - bits));
    const ValueId far = b.float_of(b.integer_add(b.bits_of(near), two_errors));
    const Type type = type_of(results[i].dtype);
    const ValueId low = b.narrow(near, type), high = b.narrow(far, type);
    open = b.select(b.logical_or(b.less(low, high), b.less(high, low)), one, open);
    outputs[i].value = low;
  }
  outputs.push_back({std::string(kOpen), DType::f32, open});
  return writer.finish(program.parameters, std::move(outputs));
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
