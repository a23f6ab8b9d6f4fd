#include "approximation/builder.h"

#include "error.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

namespace actinide {
namespace {

bool is_power_of_two(double value) {
  int exponent;
  return std::isfinite(value) && value != 0 && std::frexp(std::abs(value), &exponent) == 0.5;
}

bool reciprocal_is_normal(double value, Type type) {
  const int exponent = std::ilogb(value);
  return type == Type::f32 ? exponent > -126 && exponent < 126 : exponent > -1022 && exponent < 1022;
}

}  // namespace

ValueId Builder::emit(Code code, Type type, std::array<ValueId, 3> operands, std::uint64_t bits) {
  const int arity = info(code).arity;
  if (arity > 0) {
    bool constant = true;
    std::array<Type, 3> types{};
    std::array<std::uint64_t, 3> values{};
    for (int i = 0; i < arity; ++i) {
      constant = constant && is_literal(operands[i]);
      types[i] = instructions_[operands[i]].type;
      values[i] = instructions_[operands[i]].bits;
    }
    if (constant) return literal_bits(type, apply({code, type, operands, bits}, types.data(), values.data()));
  }
  const Instruction instruction{code, type, operands, bits};
  const auto [place, inserted] = numbers_.try_emplace(instruction, static_cast<ValueId>(instructions_.size()));
  if (inserted) instructions_.push_back(instruction);
  return place->second;
}

ValueId Builder::literal_bits(Type type, std::uint64_t bits) {
  return emit(Code::literal, type, {}, bits);
}

ValueId Builder::tensor(std::size_t index, Type type) {
  return emit(Code::tensor, type, {}, index);
}
ValueId Builder::parameter(std::size_t index) {
  return emit(Code::parameter, Type::f64, {}, index);
}

ValueId Builder::literal(Type type, double value) {
  if (type == Type::f64) return literal_bits(type, std::bit_cast<std::uint64_t>(value));
  const auto narrow = static_cast<float>(value);
  internal_check(std::isnan(value) || narrow == value, "the literal {} is not exact in f32", value);
  return literal_bits(type, std::bit_cast<std::uint32_t>(narrow));
}

ValueId Builder::integer(Type type, std::int64_t value) {
  return literal_bits(type, type == Type::i32 ? static_cast<std::uint32_t>(value) : static_cast<std::uint64_t>(value));
}

double Builder::literal_value(ValueId value) const {
  return number_of(instructions_[value]);
}

bool Builder::is_literal(ValueId value, double number) const {
  return is_literal(value) && is_float(type(value)) &&
         std::bit_cast<std::uint64_t>(literal_value(value)) == std::bit_cast<std::uint64_t>(number);
}

bool Builder::is_uniform(ValueId value) const {
  std::vector<bool> uniform;
  for (ValueId id = 0; id <= value; ++id) {
    const Instruction &instruction = instructions_[id];
    const auto operands = std::span(instruction.operands).first(std::size_t(info(instruction.code).arity));
    uniform.push_back(instruction.code != Code::tensor &&
                      std::ranges::all_of(operands, [&](ValueId operand) { return uniform[operand]; }));
  }
  return uniform[value];
}

void Builder::order(ValueId &a, ValueId &b) const {
  if (is_literal(a) != is_literal(b) ? is_literal(a) : a > b) std::swap(a, b);
}

ValueId Builder::add(ValueId a, ValueId b) {
  if (instructions_[b].code == Code::neg) return sub(a, instructions_[b].operands[0]);
  if (instructions_[a].code == Code::neg) return sub(b, instructions_[a].operands[0]);
  order(a, b);
  if (is_literal(b, -0.0)) return a;
  return emit(Code::add, type(a), {a, b});
}

ValueId Builder::sub(ValueId a, ValueId b) {
  if (instructions_[b].code == Code::neg) return add(a, instructions_[b].operands[0]);
  if (is_literal(b, 0.0)) return a;
  if (is_literal(a, -0.0)) return neg(b);
  return emit(Code::sub, type(a), {a, b});
}

ValueId Builder::mul(ValueId a, ValueId b) {
  order(a, b);
  if (is_literal(b, 1.0)) return a;
  if (is_literal(b, -1.0)) return neg(a);
  return emit(Code::mul, type(a), {a, b});
}

ValueId Builder::div(ValueId a, ValueId b, bool moderate) {
  if (is_literal(b) && is_power_of_two(literal_value(b)) && reciprocal_is_normal(literal_value(b), type(b))) {
    return mul(a, literal(type(b), 1 / literal_value(b)));
  }
  return emit(Code::div, type(a), {a, b}, moderate ? 1 : 0);
}

ValueId Builder::fma(ValueId a, ValueId b, ValueId c) {
  order(a, b);
  if (is_literal(c, -0.0)) return mul(a, b);
  if (is_literal(b, 1.0)) return add(a, c);
  if (is_literal(b, -1.0)) return sub(c, a);
  return emit(Code::fma, type(a), {a, b, c});
}

ValueId Builder::exact_fma(ValueId a, ValueId b, ValueId c) {
  order(a, b);
  return emit(Code::exact_fma, type(a), {a, b, c});
}

ValueId Builder::neg(ValueId a) {
  if (instructions_[a].code == Code::neg) return instructions_[a].operands[0];
  return emit(Code::neg, type(a), {a});
}

ValueId Builder::abs(ValueId a) {
  if (instructions_[a].code == Code::abs) return a;
  if (instructions_[a].code == Code::neg) return abs(instructions_[a].operands[0]);
  return emit(Code::abs, type(a), {a});
}

ValueId Builder::logical_not(ValueId a) {
  if (instructions_[a].code == Code::logical_not) return instructions_[a].operands[0];
  return emit(Code::logical_not, Type::boolean, {a});
}

ValueId Builder::select(ValueId condition, ValueId a, ValueId b) {
  if (a == b) return a;
  if (is_literal(condition)) return instructions_[condition].bits != 0 ? a : b;
  if (instructions_[condition].code == Code::logical_not) return select(instructions_[condition].operands[0], b, a);
  return emit(Code::select, type(a), {condition, a, b});
}

ValueId Builder::select_rarely(ValueId condition, ValueId a, ValueId b) {
  if (a == b || is_literal(condition)) return select(condition, a, b);
  return emit(Code::select, type(a), {condition, a, b}, 1);
}

ValueId Builder::integer_add(ValueId a, ValueId b) {
  order(a, b);
  if (is_literal(b) && instructions_[b].bits == 0) return a;
  return emit(Code::integer_add, type(a), {a, b});
}

ValueId Builder::narrow(ValueId a, Type to) {
  const ValueId source = instructions_[a].operands[0];
  if (instructions_[a].code == Code::widen && type(source) == to) return source;
  return emit(Code::narrow, to, {a});
}

ValueId Builder::repeat(const Instruction &instruction, const std::vector<ValueId> &values) {
  std::array<ValueId, 3> operands{};
  for (int i = 0; i < info(instruction.code).arity; ++i) operands[i] = values[instruction.operands[i]];
  return emit(instruction.code, instruction.type, operands, instruction.bits);
}

Program Builder::finish(std::vector<Tensor> inputs, std::vector<std::string> parameters,
                        std::vector<Output> outputs) const {
  std::vector<bool> needed(instructions_.size(), false);
  for (const Output &output : outputs) needed[output.value] = true;
  for (std::size_t i = instructions_.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (int k = 0; k < info(instructions_[i].code).arity; ++k) needed[instructions_[i].operands[k]] = true;
  }
  Program program{{}, std::move(inputs), std::move(parameters), std::move(outputs)};
  std::vector<ValueId> renumbered(instructions_.size(), 0);
  for (std::size_t i = 0; i < instructions_.size(); ++i) {
    if (!needed[i]) continue;
    Instruction instruction = instructions_[i];
    for (int k = 0; k < info(instruction.code).arity; ++k)
      instruction.operands[k] = renumbered[instruction.operands[k]];
    renumbered[i] = static_cast<ValueId>(program.instructions.size());
    program.instructions.push_back(instruction);
  }
  for (Output &output : program.outputs) output.value = renumbered[output.value];
  return program;
}

}  // namespace actinide
