#include "approximation/nan_flow.h"

#include <algorithm>
#include <array>
#include <vector>

namespace actinide {
namespace {

/// What is known of a value while the source is NaN; `yes` and `no` of truth values.
enum class Known : std::uint8_t { nothing, nan, yes, no };

using Operands = std::array<Known, 3>;

Known opposite(Known truth) {
  if (truth == Known::yes) return Known::no;
  return truth == Known::no ? Known::yes : truth;
}

Known conjunction(Known a, Known b) {
  if (a == Known::no || b == Known::no) return Known::no;
  return a == b ? a : Known::nothing;
}

Known chosen(const Operands &v) {
  if (v[0] == Known::yes) return v[1];
  if (v[0] == Known::no) return v[2];
  return v[1] == v[2] ? v[1] : Known::nothing;
}

Known flow(Code code, const Operands &v) {
  const bool any = std::ranges::find(v, Known::nan) != v.end();
  switch (code) {
    case Code::add:
    case Code::sub:
    case Code::mul:
    case Code::div:
    case Code::fma:
    case Code::exact_fma:
    case Code::sqrt:
    case Code::neg:
    case Code::abs:
    case Code::widen:
    case Code::narrow:
      return any ? Known::nan : Known::nothing;
    case Code::copysign:
    case Code::scale:
      return v[0] == Known::nan ? Known::nan : Known::nothing;
    case Code::less:
    case Code::less_equal:
    case Code::equal:
      return any ? Known::no : Known::nothing;
    case Code::unordered:
      return any ? Known::yes : Known::nothing;
    case Code::logical_and:
      return conjunction(v[0], v[1]);
    case Code::logical_or:
      return opposite(conjunction(opposite(v[0]), opposite(v[1])));
    case Code::logical_not:
      return opposite(v[0]);
    case Code::select:
      return chosen(v);
    default:  // leaves, and what works on bits
      return Known::nothing;
  }
}

}  // namespace

bool is_nan_with(const Builder &builder, ValueId source, ValueId value) {
  std::vector<Known> known(value + 1, Known::nothing);
  for (ValueId id = 0; id <= value; ++id) {
    const Instruction &instruction = builder.instruction(id);
    Operands operands{};
    for (int i = 0; i < info(instruction.code).arity; ++i)
      operands[static_cast<std::size_t>(i)] = known[instruction.operands[static_cast<std::size_t>(i)]];
    known[id] = id == source ? Known::nan : flow(instruction.code, operands);
  }
  return known[value] == Known::nan;
}

}  // namespace actinide
