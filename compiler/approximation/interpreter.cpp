// What each instruction means, on this machine's IEEE arithmetic.
#include "approximation/builder.h"
#include "element.h"
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

/// A float of any type as an f64, exactly, and an f64 rounded to a float of any type.
double to_f64(Type type, std::uint64_t bits) {
  switch (type) {
    case Type::f32:
      return as_float<float>(bits);
    case Type::f64:
      return as_float<double>(bits);
    case Type::f16:
      return decode_16_bit(static_cast<std::uint16_t>(bits), DType::f16);
    case Type::bf16:
      return decode_16_bit(static_cast<std::uint16_t>(bits), DType::bf16);
    default:
      throw InternalError(fmt::format("{} is no float", to_string(type)));
  }
}

std::uint64_t from_f64(Type type, double value) {
  switch (type) {
    case Type::f32:
      return as_bits<float>(static_cast<float>(value));
    case Type::f64:
      return as_bits<double>(value);
    case Type::f16:
      return encode_16_bit(value, DType::f16);
    case Type::bf16:
      return encode_16_bit(value, DType::bf16);
    default:
      throw InternalError(fmt::format("{} is no float", to_string(type)));
  }
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
    case Code::narrow:
      return from_f64(instruction.type, to_f64(types[0], v[0]));
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
    case Type::f16:
    case Type::bf16:
      break;
  }
  throw InternalError(fmt::format("{} does not take {}", info(instruction.code).name, to_string(types[0])));
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
      case Code::tensor:
        values[i] = from_f64(instruction.type, inputs[instruction.bits]);
        continue;
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
  for (const Output &output : program.outputs) outputs.push_back(to_f64(type_of(output.dtype), values[output.value]));
  return outputs;
}

}  // namespace actinide
