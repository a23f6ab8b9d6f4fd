// Numeric programs: the kernel of one element as a list of instructions in static single assignment, each with a type
// and exactly the rounding that the target performs. What a kernel computes, to the bit, is its program; everything
// later only moves it.
#pragma once

#include "vocabulary.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace actinide {

/// f16 and bf16 are for storage: tensors, widen and narrow.
enum class Type : std::uint8_t { f32, f64, i32, i64, boolean, f16, bf16 };
std::string_view to_string(Type);
/// A float to calculate with.
inline bool is_float(Type type) {
  return type == Type::f32 || type == Type::f64;
}
Type type_of(DType dtype);
/// In memory; of a truth value 1.
int bytes_of(Type);

enum class Code : std::uint8_t {
#define ACTINIDE_INSTRUCTION(name, arity, text) name,
#include "approximation/instructions.def"
};
struct CodeInfo {
  std::string_view name;
  int arity;
  std::string_view text;
};
const CodeInfo &info(Code code);

/// The index of the instruction that makes a value.
using ValueId = std::uint32_t;

struct Instruction {
  Code code;
  Type type;                        ///< of the result
  std::array<ValueId, 3> operands;  ///< the first info(code).arity count; the others are 0
  std::uint64_t bits;               ///< see instructions.def; 0 where it has no meaning
  friend auto operator<=>(const Instruction &, const Instruction &) = default;
};

/// The number that a literal of type f32 or f64 is.
double number_of(const Instruction &literal);

struct Tensor {
  std::string name;
  DType dtype;
  friend bool operator==(const Tensor &, const Tensor &) = default;
};
struct Output {
  std::string name;
  DType dtype;
  ValueId value;  ///< of type type_of(dtype)
  friend bool operator==(const Output &, const Output &) = default;
};

/// Operands precede their users. No two instructions are equal.
struct Program {
  std::vector<Instruction> instructions;
  std::vector<Tensor> inputs;
  std::vector<std::string> parameters;
  std::vector<Output> outputs;
  friend bool operator==(const Program &, const Program &) = default;
};

/// The values that it takes.
std::span<const ValueId> operands_of(const Instruction &instruction);
/// A select whose condition seldom holds: see instructions.def.
bool chooses_rarely(const Instruction &instruction);
/// Of each instruction, whether nothing but rare sides needs it.
std::vector<bool> waiting(const Program &program);

/// One line for each instruction: `v12 = fma(v3, v4, v11)  f32`; literals as hex floats with their decimal value.
std::string to_text(const Program &program);

/// Runs the program for one element with this machine's IEEE arithmetic. Inputs and outputs are exact in double.
/// For tests, compile-time probing and `check`; it defines what the compiled kernels must give, bit for bit.
std::vector<double> interpret(const Program &program, std::span<const double> inputs,
                              std::span<const double> parameters);

}  // namespace actinide
