#include "approximation/program.h"

#include "approximation/precision.h"
#include "element.h"
#include "error.h"

#include <bit>

namespace actinide {
namespace {

constexpr CodeInfo codes[] = {
#define ACTINIDE_INSTRUCTION(name, arity, text) {#name, arity, text},
#include "approximation/instructions.def"
};

std::string literal_text(const Instruction &literal) {
  switch (literal.type) {
    case Type::f32:
      return fmt::format("{0:a} ({0:.9g})", static_cast<float>(number_of(literal)));
    case Type::f64:
      return fmt::format("{0:a} ({0:.17g})", number_of(literal));
    case Type::i32:
      return fmt::format("{}", static_cast<std::int32_t>(literal.bits));
    case Type::i64:
      return fmt::format("{}", static_cast<std::int64_t>(literal.bits));
    case Type::boolean:
      return literal.bits != 0 ? "true" : "false";
    case Type::f16:
      return fmt::format("{:#06x} ({:.5g})", literal.bits,
                         decode_16_bit(static_cast<std::uint16_t>(literal.bits), DType::f16));
    case Type::bf16:
      return fmt::format("{:#06x} ({:.5g})", literal.bits,
                         decode_16_bit(static_cast<std::uint16_t>(literal.bits), DType::bf16));
  }
  throw InternalError("a literal of no type");
}

std::string instruction_text(const Program &program, const Instruction &instruction) {
  switch (instruction.code) {
    case Code::tensor:
      return program.inputs[instruction.bits].name;
    case Code::parameter:
      return "parameter " + program.parameters[instruction.bits];
    case Code::literal:
      return literal_text(instruction);
    default:
      break;
  }
  const auto &v = instruction.operands;
  std::string text = fmt::format(fmt::runtime(info(instruction.code).text), fmt::format("v{}", v[0]),
                                 fmt::format("v{}", v[1]), fmt::format("v{}", v[2]));
  if (const auto count = text.find('#'); count != std::string::npos) {
    text.replace(count, 1, fmt::format("{}", instruction.bits));
  }
  return text;
}

}  // namespace

const CodeInfo &info(Code code) {
  return codes[static_cast<std::size_t>(code)];
}

double number_of(const Instruction &literal) {
  if (literal.type == Type::f32) return std::bit_cast<float>(static_cast<std::uint32_t>(literal.bits));
  return std::bit_cast<double>(literal.bits);
}

int bytes_of(Type type) {
  switch (type) {
    case Type::boolean:
      return 1;
    case Type::f16:
    case Type::bf16:
      return 2;
    case Type::f32:
    case Type::i32:
      return 4;
    case Type::f64:
    case Type::i64:
      return 8;
  }
  throw InternalError("a type without a size");
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::f32:
      return "f32";
    case Type::f64:
      return "f64";
    case Type::i32:
      return "i32";
    case Type::i64:
      return "i64";
    case Type::boolean:
      return "boolean";
    case Type::f16:
      return "f16";
    case Type::bf16:
      return "bf16";
  }
  throw InternalError("no such type");
}

Type type_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return Type::f32;
    case DType::f64:
      return Type::f64;
    case DType::f16:
      return Type::f16;
    case DType::bf16:
      return Type::bf16;
  }
  throw InternalError("no such dtype");
}

std::string_view to_string(Compute compute) {
  switch (compute) {
    case Compute::f32:
      return "f32";
    case Compute::f32_odd:
      return "f32, products rounded to odd";
    case Compute::f32_pair:
      return "pairs of f32";
    case Compute::f64:
      return "f64";
    case Compute::f64_pair:
      return "f64 pairs";
    case Compute::f32_then_f64:
      return "f32, and f64 where that lacks range";
    case Compute::f64_then_pair:
      return "f64, and pairs where that doesn't tell the nearest result";
  }
  throw InternalError("no such way to compute");
}

std::span<const ValueId> operands_of(const Instruction &instruction) {
  return std::span(instruction.operands).first(static_cast<std::size_t>(info(instruction.code).arity));
}

bool chooses_rarely(const Instruction &instruction) {
  return instruction.code == Code::select && instruction.bits != 0;
}

std::vector<bool> waiting(const Program &program) {
  std::vector<bool> here(program.instructions.size(), false), elsewhere = here, waits = here;
  for (const Output &output : program.outputs) elsewhere[output.value] = true;
  for (std::size_t id = program.instructions.size(); id-- > 0;) {
    const Instruction &instruction = program.instructions[id];
    const auto operands = operands_of(instruction);
    waits[id] = here[id] && !elsewhere[id] && !operands.empty();
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const bool is_rare_side = waits[id] || (chooses_rarely(instruction) && k == 1);
      (is_rare_side ? here : elsewhere)[operands[k]] = true;
    }
  }
  return waits;
}

std::string to_text(const Program &program) {
  std::string text;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction &instruction = program.instructions[i];
    text += fmt::format("v{} = {}  {}\n", i, instruction_text(program, instruction), to_string(instruction.type));
  }
  for (const Output &output : program.outputs) text += fmt::format("{} = v{}\n", output.name, output.value);
  return text;
}

}  // namespace actinide
