#include "approximation/roundings.h"

#include <algorithm>
#include <span>

namespace actinide {
namespace {

constexpr int often = 2;

/// How often the instruction itself rounds.
int own_roundings(const Program &program, const Instruction &instruction) {
  switch (instruction.code) {
    case Code::tensor:
    case Code::parameter:
    case Code::literal:
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
    case Code::sub:
    case Code::mul:
    case Code::div:
    case Code::fma:
    case Code::exact_fma:
    case Code::sqrt:
      return 1;
    case Code::narrow:
      return program.instructions[instruction.operands[0]].code == Code::parameter ? 0 : 1;
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

bool rounds_at_most_once(const Program &program) {
  std::vector<int> roundings;
  for (const Instruction &instruction : program.instructions) {
    int before = 0;
    for (const ValueId operand : std::span(instruction.operands).first(std::size_t(info(instruction.code).arity)))
      before = std::max(before, roundings[operand]);
    // What has been rounded may fall on the other side of what it is compared with.
    const bool decides = instruction.type == Type::boolean && before > 0;
    roundings.push_back(decides ? often : before + own_roundings(program, instruction));
  }
  return std::ranges::all_of(program.outputs, [&](const Output &output) { return roundings[output.value] <= 1; });
}

}  // namespace actinide
