#include "lowering/lower.h"

#include "error.h"
#include "lowering/calls.h"
#include "schedules/apply.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <map>
#include <sstream>

namespace actinide {
namespace {

using Halide::Expr;

Halide::Type halide_type(Type type) {
  switch (type) {
    case Type::f32:
      return Halide::Float(32);
    case Type::f64:
      return Halide::Float(64);
    case Type::i32:
      return Halide::Int(32);
    case Type::i64:
      return Halide::Int(64);
    case Type::boolean:
      return Halide::Bool();
  }
  throw InternalError("halide_type: no such type");
}

Expr immediate(std::uint64_t bits) {
  return Halide::Internal::IntImm::make(Halide::Int(64), std::bit_cast<std::int64_t>(bits));
}

/// A constant of Halide, or a call where Halide's comparison of constants can't tell the bits from others.
Expr literal(Type type, std::uint64_t bits) {
  using namespace Halide::Internal;
  switch (type) {
    case Type::i32:
      return IntImm::make(Halide::Int(32), static_cast<std::int32_t>(bits));
    case Type::i64:
      return immediate(bits);
    case Type::boolean:
      return UIntImm::make(Halide::Bool(), bits);
    case Type::f32:
    case Type::f64:
      break;
  }
  const double value =
      type == Type::f32 ? std::bit_cast<float>(static_cast<std::uint32_t>(bits)) : std::bit_cast<double>(bits);
  if (std::isnan(value) || (value == 0 && std::signbit(value))) {
    return Call::make(halide_type(type), call_name(Code::literal), {immediate(bits)}, Call::PureExtern);
  }
  return FloatImm::make(halide_type(type), value);
}

/// The tensors and parameters of a program as Halide sees them.
struct Arguments {
  std::vector<Halide::ImageParam> inputs;
  std::vector<Halide::Param<double>> parameters;

  explicit Arguments(const Program &program) {
    for (const Tensor &tensor : program.inputs) {
      inputs.emplace_back(halide_type(type_of(tensor.dtype)), 1, tensor.name);
      inputs.back().dim(0).set_min(0);
    }
    for (const std::string &name : program.parameters) parameters.emplace_back(name);
  }

  std::vector<Halide::Argument> all() const {
    std::vector<Halide::Argument> arguments;
    for (const auto &input : inputs) arguments.emplace_back(input);
    for (const auto &parameter : parameters) arguments.emplace_back(parameter);
    return arguments;
  }
};

/// The expression of each instruction at element `i`; operands are shared, Halide finds them again.
std::vector<Expr> expressions(const Program &program, const Arguments &arguments, const Halide::Var &i) {
  std::vector<Expr> values;
  values.reserve(program.instructions.size());
  for (const Instruction &instruction : program.instructions) {
    switch (instruction.code) {
      case Code::tensor:
        values.push_back(arguments.inputs.at(instruction.bits)(i));
        continue;
      case Code::parameter:
        values.push_back(arguments.parameters.at(instruction.bits));
        continue;
      case Code::literal:
        values.push_back(literal(instruction.type, instruction.bits));
        continue;
      default:
        break;
    }
    std::vector<Expr> operands;
    for (int k = 0; k < info(instruction.code).arity; ++k) operands.push_back(values.at(instruction.operands[k]));
    if (has_immediate(instruction.code)) operands.push_back(immediate(instruction.bits));
    values.push_back(Halide::Internal::Call::make(halide_type(instruction.type), call_name(instruction.code), operands,
                                                  Halide::Internal::Call::PureExtern));
  }
  return values;
}

/// One Func for all outputs: they are computed in one loop and share their work.
Halide::Func define(const Program &program, const std::vector<Expr> &values, const Halide::Var &i) {
  std::vector<Expr> results;
  std::string name;
  for (const Output &output : program.outputs) {
    const Expr &value = values.at(output.value);
    internal_check(value.type() == halide_type(type_of(output.dtype)), "lower: output {} isn't of its storage type",
                   output.name);
    results.push_back(value);
    name += (name.empty() ? "" : "_") + output.name;
  }
  Halide::Func function(name);
  if (results.size() == 1) {
    function(i) = results[0];
  } else {
    function(i) = Halide::Tuple(results);
  }
  function.output_buffers()[0].dim(0).set_min(0);  // the others follow the first
  return function;
}

/// Only the vector length that the schedule names comes from the target, so that any x86-64 serves to lower for all.
const Halide::Target &halide_target() {
  static const Halide::Target target("x86-64-linux-no_asserts-no_bounds_query-no_runtime-strict_float");
  return target;
}

LoweredKernel lower_with_halide(const Program &program, const Schedule &schedule, int native_lanes) {
  const Halide::Var i("i");
  const Arguments arguments(program);
  Halide::Func function = define(program, expressions(program, arguments, i), i);
  apply_elementwise(schedule, native_lanes, function, i);
  const Halide::Module module = function.compile_to_module(arguments.all(), "kernel", halide_target());
  internal_check(module.functions().size() == 1, "lower: Halide made {} functions", module.functions().size());

  const Halide::Internal::LoweredFunc &lowered = module.functions()[0];
  LoweredKernel kernel{lowered.body, {}, {}, {}, native_lanes};
  for (const Halide::Internal::LoweredArgument &argument : lowered.args) {
    if (argument.is_buffer()) {
      kernel.buffers.push_back(argument.name);
      kernel.element_bytes.push_back(argument.type.bytes());
    } else {
      kernel.parameters.push_back(argument.name);
    }
  }
  internal_check(kernel.buffers.size() == program.inputs.size() + program.outputs.size(),
                 "lower: {} buffers instead of {}", kernel.buffers.size(),
                 program.inputs.size() + program.outputs.size());
  return kernel;
}

/// Halide numbers its names over the life of the process (`y$3`, `t1033`): number them anew, so that the same kernel
/// has the same text whatever was lowered before.
std::string without_counters(const std::string &raw, const std::vector<std::string> &buffers) {
  const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; };
  std::map<std::string, std::string> temporaries;
  std::string text;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t end = at;
    while (end < raw.size() && in_name(raw[end])) ++end;
    if (end == at) {
      text += raw[at++];
      continue;
    }
    const std::string name = raw.substr(at, end - at);
    at = end;
    const bool temporary = name.size() > 1 && name[0] == 't' && name.find_first_not_of("0123456789", 1) == name.npos;
    if (temporary && std::find(buffers.begin(), buffers.end(), name) == buffers.end()) {
      const auto known = temporaries.try_emplace(name, fmt::format("t{}", temporaries.size() + 1)).first;
      text += known->second;
    } else {
      text += name.substr(0, name.find('$'));
    }
  }
  return text;
}

}  // namespace

LoweredKernel lower(const Program &program, const Schedule &schedule, int native_lanes) {
  internal_check(!program.outputs.empty(), "lower: a program without outputs");
  try {
    return lower_with_halide(program, schedule, native_lanes);
  } catch (const Halide::Error &error) {
    throw InternalError(fmt::format("lower: Halide refused the kernel: {}", error.what()));
  }
}

std::string to_text(const LoweredKernel &kernel) {
  std::ostringstream raw;
  raw << kernel.body;
  return without_counters(raw.str(), kernel.buffers);
}

}  // namespace actinide
