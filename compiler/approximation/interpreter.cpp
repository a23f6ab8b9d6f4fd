// What each instruction means, on this machine's IEEE arithmetic.
#include "approximation/builder.h"
#include "error.h"

#include <bit>
#include <cmath>

namespace actinide {
namespace {

template <typename Float>
using BitsOf = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;

template <typename Float>
Float as_float(std::uint64_t bits) {
  return std::bit_cast<Float>(static_cast<BitsOf<Float>>(bits));
}

template <typename Float>
std::uint64_t as_bits(Float value) {
  return std::bit_cast<BitsOf<Float>>(value);
}

/// Arithmetic, comparisons of floats and operations on the sign.
template <typename Float>
std::uint64_t apply_float(Code code, const std::uint64_t *v) {
  const auto f = [v](int i) { return as_float<Float>(v[i]); };
  switch (code) {
    case Code::add:
      return as_bits<Float>(f(0) + f(1));
    case Code::sub:
      return as_bits<Float>(f(0) - f(1));
    case Code::mul:
      return as_bits<Float>(f(0) * f(1));
    case Code::div:
      return as_bits<Float>(f(0) / f(1));
    case Code::fma:
    case Code::exact_fma:
      return as_bits<Float>(std::fma(f(0), f(1), f(2)));
    case Code::sqrt:
      return as_bits<Float>(std::sqrt(f(0)));
    case Code::neg:
      return as_bits<Float>(-f(0));
    case Code::abs:
      return as_bits<Float>(std::abs(f(0)));
    case Code::copysign:
      return as_bits<Float>(std::copysign(f(0), f(1)));
    case Code::scale: {
      const auto n = static_cast<std::make_signed_t<BitsOf<Float>>>(v[1]);
      return as_bits<Float>(std::scalbn(f(0), static_cast<int>(n)));
    }
    case Code::less:
      return f(0) < f(1);
    case Code::less_equal:
      return f(0) <= f(1);
    case Code::equal:
      return f(0) == f(1);
    case Code::unordered:
      return std::isunordered(f(0), f(1));
    case Code::bits_of:
      return v[0];
    default:
      throw InternalError(fmt::format("{} is not an operation on floats", info(code).name));
  }
}

template <typename Unsigned>
std::uint64_t apply_integer(const Instruction &instruction, const std::uint64_t *v) {
  const auto a = static_cast<Unsigned>(v[0]);
  const auto b = static_cast<Unsigned>(v[1]);
  switch (instruction.code) {
    case Code::integer_add:
      return static_cast<Unsigned>(a + b);
    case Code::integer_sub:
      return static_cast<Unsigned>(a - b);
    case Code::bit_and:
      return a & b;
    case Code::bit_or:
      return a | b;
    case Code::bit_xor:
      return a ^ b;
    case Code::shift_left:
      return static_cast<Unsigned>(a << instruction.bits);
    case Code::shift_right:
      return static_cast<Unsigned>(static_cast<std::make_signed_t<Unsigned>>(a) >> instruction.bits);
    case Code::float_of:
      return a;
    default:
      throw InternalError(fmt::format("{} is not an operation on integers", info(instruction.code).name));
  }
}

}  // namespace

std::uint64_t apply(const Instruction &instruction, const Type *types, const std::uint64_t *v) {
  switch (instruction.code) {
    case Code::select:
      return v[0] != 0 ? v[1] : v[2];
    case Code::logical_and:
      return v[0] & v[1];
    case Code::logical_or:
      return v[0] | v[1];
    case Code::logical_not:
      return v[0] ^ 1;
    case Code::widen:
      return as_bits<double>(as_float<float>(v[0]));
    case Code::narrow:
      return as_bits<float>(static_cast<float>(as_float<double>(v[0])));
    default:
      break;
  }
  switch (types[0]) {
    case Type::f32:
      return apply_float<float>(instruction.code, v);
    case Type::f64:
      return apply_float<double>(instruction.code, v);
    case Type::i32:
      return apply_integer<std::uint32_t>(instruction, v);
    case Type::i64:
      return apply_integer<std::uint64_t>(instruction, v);
    case Type::boolean:
      break;
  }
  throw InternalError(fmt::format("{} does not take truth values", info(instruction.code).name));
}

std::vector<double> interpret(const Program &program, std::span<const double> inputs,
                              std::span<const double> parameters) {
  std::vector<std::uint64_t> values(program.instructions.size());
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction &instruction = program.instructions[i];
    switch (instruction.code) {
      case Code::literal:
        values[i] = instruction.bits;
        continue;
      case Code::parameter:
        values[i] = as_bits<double>(parameters[instruction.bits]);
        continue;
      case Code::tensor: {
        const double input = inputs[instruction.bits];
        values[i] = instruction.type == Type::f32 ? as_bits<float>(static_cast<float>(input)) : as_bits<double>(input);
        continue;
      }
      default:
        break;
    }
    std::uint64_t operands[3] = {};
    Type types[3] = {};
    for (int k = 0; k < info(instruction.code).arity; ++k) {
      operands[k] = values[instruction.operands[k]];
      types[k] = program.instructions[instruction.operands[k]].type;
    }
    values[i] = apply(instruction, types, operands);
  }
  std::vector<double> outputs;
  for (const Output &output : program.outputs) {
    const std::uint64_t bits = values[output.value];
    outputs.push_back(output.dtype == DType::f32 ? as_float<float>(bits) : as_float<double>(bits));
  }
  return outputs;
}

}  // namespace actinide
