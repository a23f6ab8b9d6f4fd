// Emits the instructions of a program: equal instructions once, operations on literals done at once, identities that
// hold for every operand (signed zeros, infinities and NaN included) applied.
#pragma once

#include "approximation/program.h"

#include <map>
#include <vector>

namespace actinide {

class Builder {
 public:
  Type type(ValueId value) const { return instructions_[value].type; }
  const Instruction &instruction(ValueId value) const { return instructions_[value]; }

  ValueId tensor(std::size_t index, Type type);
  ValueId parameter(std::size_t index);
  /// A float of `type`; an f32 literal must be exact in f32.
  ValueId literal(Type type, double value);
  ValueId integer(Type type, std::int64_t value);
  bool is_literal(ValueId value) const { return instructions_[value].code == Code::literal; }
  /// True if `value` is the literal `number`, the sign of zero included.
  bool is_literal(ValueId value, double number) const;
  /// The same for every element: nothing that it is made of is a tensor's.
  bool is_uniform(ValueId value) const;
  double literal_value(ValueId value) const;

  ValueId add(ValueId a, ValueId b);
  ValueId sub(ValueId a, ValueId b);
  ValueId mul(ValueId a, ValueId b);
  /// `moderate`: the magnitudes of a, b and a / b are what instructions.def says.
  ValueId div(ValueId a, ValueId b, bool moderate = false);
  ValueId fma(ValueId a, ValueId b, ValueId c);
  ValueId exact_fma(ValueId a, ValueId b, ValueId c);  ///< see instructions.def
  ValueId sqrt(ValueId a) { return emit(Code::sqrt, type(a), {a}); }
  ValueId neg(ValueId a);
  ValueId abs(ValueId a);
  ValueId copysign(ValueId magnitude, ValueId sign) { return emit(Code::copysign, type(magnitude), {magnitude, sign}); }
  ValueId scale(ValueId a, ValueId n, std::int64_t largest_n) {
    return emit(Code::scale, type(a), {a, n}, static_cast<std::uint64_t>(largest_n));
  }

  ValueId less(ValueId a, ValueId b) { return emit(Code::less, Type::boolean, {a, b}); }
  ValueId less_equal(ValueId a, ValueId b) { return emit(Code::less_equal, Type::boolean, {a, b}); }
  ValueId equal(ValueId a, ValueId b) { return emit(Code::equal, Type::boolean, {a, b}); }
  ValueId unordered(ValueId a, ValueId b) { return emit(Code::unordered, Type::boolean, {a, b}); }
  ValueId logical_and(ValueId a, ValueId b) { return a == b ? a : emit(Code::logical_and, Type::boolean, {a, b}); }
  ValueId logical_or(ValueId a, ValueId b) { return a == b ? a : emit(Code::logical_or, Type::boolean, {a, b}); }
  ValueId logical_not(ValueId a);
  ValueId select(ValueId condition, ValueId a, ValueId b);
  /// The same where the condition seldom holds: see instructions.def.
  ValueId select_rarely(ValueId condition, ValueId a, ValueId b);

  ValueId integer_add(ValueId a, ValueId b);
  ValueId integer_sub(ValueId a, ValueId b) { return emit(Code::integer_sub, type(a), {a, b}); }
  ValueId bit_and(ValueId a, ValueId b) { return emit(Code::bit_and, type(a), {a, b}); }
  ValueId bit_or(ValueId a, ValueId b) { return emit(Code::bit_or, type(a), {a, b}); }
  ValueId bit_xor(ValueId a, ValueId b) { return emit(Code::bit_xor, type(a), {a, b}); }
  ValueId shift_left(ValueId a, unsigned count) { return emit(Code::shift_left, type(a), {a}, count); }
  ValueId shift_right(ValueId a, unsigned count) { return emit(Code::shift_right, type(a), {a}, count); }

  ValueId bits_of(ValueId a) { return emit(Code::bits_of, type(a) == Type::f32 ? Type::i32 : Type::i64, {a}); }
  ValueId float_of(ValueId a) { return emit(Code::float_of, type(a) == Type::i32 ? Type::f32 : Type::f64, {a}); }
  ValueId widen(ValueId a, Type to = Type::f64) { return emit(Code::widen, to, {a}); }
  ValueId narrow(ValueId a, Type to = Type::f32);

  /// The instruction of another program, whose operands are called `values` here.
  ValueId repeat(const Instruction &instruction, const std::vector<ValueId> &values);

  /// The instructions that `outputs` need, renumbered; the builder stays as it is.
  Program finish(std::vector<Tensor> inputs, std::vector<std::string> parameters, std::vector<Output> outputs) const;

 private:
  ValueId emit(Code code, Type type, std::array<ValueId, 3> operands, std::uint64_t bits = 0);
  ValueId literal_bits(Type type, std::uint64_t bits);
  /// Puts the operands of a commutative operation in order, literals last.
  void order(ValueId &a, ValueId &b) const;

  std::vector<Instruction> instructions_;
  std::map<Instruction, ValueId> numbers_;
};

/// The result of one instruction on operands given by their representations (f32 and i32 in the low half, a truth value
/// as 0 or 1). Not for leaves.
std::uint64_t apply(const Instruction &instruction, const Type *operand_types, const std::uint64_t *operands);

}  // namespace actinide
