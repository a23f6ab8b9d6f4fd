#include "approximation/roundings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace actinide {
namespace {

constexpr int often = 2;

/// 1 unless the literal is exactly what is meant.
int roundings_of_literal(const Instruction &literal, const std::set<double> &exact) {
  if (literal.type != Type::f32 && literal.type != Type::f64) return 0;
  const double size = std::fabs(number_of(literal));
  int exponent = 0;
  const bool is_power_of_two = std::frexp(size, &exponent) == 0.5;
  const double largest =
      literal.type == Type::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  return size == 0 || size >= largest || is_power_of_two || exact.contains(size) ? 0 : 1;
}

/// How often the instruction itself rounds.
int own_roundings(const Program &program, const Instruction &instruction, const std::set<double> &exact) {
  switch (instruction.code) {
    case Code::literal:
      return roundings_of_literal(instruction, exact);
    case Code::tensor:
    case Code::parameter:
    case Code::neg:
    case Code::abs:
    case Code::copysign:
    case Code::less:
    case Code::less_equal:
    case Code::equal:
    case Code::unordered:
    case Code::logical_and:
    case Code::logical_or:
    case Code::logical_not:
    case Code::select:
    case Code::widen:
      return 0;
    case Code::add:
      return instruction.operands[0] == instruction.operands[1] ? 0 : 1;
    case Code::sub:
    case Code::mul:
    case Code::div:
    case Code::fma:
    case Code::exact_fma:
    case Code::sqrt:
      return 1;
    case Code::narrow: {
      const bool to_16_bits = instruction.type != Type::f32;
      return to_16_bits || program.instructions[instruction.operands[0]].code == Code::parameter ? 0 : 1;
    }
    case Code::scale:
    case Code::integer_add:
    case Code::integer_sub:
    case Code::bit_and:
    case Code::bit_or:
    case Code::bit_xor:
    case Code::shift_left:
    case Code::shift_right:
    case Code::bits_of:
    case Code::float_of:
      return often;
  }
  return often;
}

}  // namespace

int most_roundings(const Program &program, const std::set<double> &exact) {
  std::vector<int> roundings;
  for (const Instruction &instruction : program.instructions) {
    int before = 0;
    for (const ValueId operand : std::span(instruction.operands).first(std::size_t(info(instruction.code).arity)))
      before = std::max(before, roundings[operand]);
    // What has been rounded may fall on the other side of what it is compared with.
    const bool decides = instruction.type == Type::boolean && before > 0;
    roundings.push_back(decides ? often : before + own_roundings(program, instruction, exact));
  }
  int most = 0;
  for (const Output &output : program.outputs) most = std::max(most, roundings[output.value]);
  return most;
}

}  // namespace actinide
