#include "cost.h"

#include "error.h"

#include <algorithm>

namespace actinide {
namespace {

// A core of today, roughly: the figures only place the threshold for threads, where a factor of two doesn't matter.
constexpr double cycle = 0.3;          // ns
constexpr double result_bytes = 64;    // of vector results in a cycle, at most, and
constexpr double vectors = 2;          // vector results in a cycle
constexpr double memory_bytes = 64;    // to and from the caches, in a ns
constexpr double division_weight = 8;  // cycles of div and sqrt, which aren't pipelined, against those of add

double weight(Code code) {
  switch (code) {
    case Code::tensor:
    case Code::parameter:
    case Code::literal:
      return 0;
    case Code::div:
    case Code::sqrt:
      return division_weight;
    default:
      return 1;
  }
}

/// Bytes of a vector lane that holds a value of this type. A truth value takes as much as what is compared.
double lane_bytes(Type type, double widest) {
  return type == Type::boolean ? widest : bytes_of(type);
}

/// As ptxas makes them of one instruction in f32, for sm_90.
double cuda_instructions(const Instruction &instruction) {
  constexpr double moderate_division = 9, division = 15;  // without and with the branch for extreme operands
  constexpr double root = 12, scaling = 6, conversion = 1.5;
  switch (instruction.code) {
    case Code::tensor:
    case Code::parameter:
    case Code::literal:
    case Code::neg:
    case Code::abs:  // both are modifiers of what takes their results
      return 0;
    case Code::div:
      return instruction.bits != 0 ? moderate_division : division;
    case Code::sqrt:
      return root;
    case Code::scale:
      return scaling;
    case Code::widen:
    case Code::narrow:
      return conversion;
    default:
      return 1;
  }
}

/// All but what rare sides alone need.
std::vector<Instruction> run_by_most(const Program &program) {
  const std::vector<bool> waits = waiting(program);
  std::vector<Instruction> instructions;
  for (std::size_t id = 0; id < waits.size(); ++id)
    if (!waits[id]) instructions.push_back(program.instructions[id]);
  return instructions;
}

}  // namespace

double cuda_slots(const Program &program) {
  constexpr double of_every_element = 3;  // indices, the load and the store
  double slots = of_every_element;
  for (const Instruction &i : run_by_most(program)) {
    const bool wide = i.type == Type::f64 || i.type == Type::i64;  // half as many lanes
    slots += cuda_instructions(i) * (wide ? 2 : 1);
  }
  return slots;
}

std::uint32_t cost_of(const Program &program, const Target &target) {
  const std::vector<Instruction> instructions = run_by_most(program);
  const bool wide = std::ranges::any_of(instructions, [](const Instruction &i) { return i.type == Type::f64; });
  double work = 0;
  for (const Instruction &i : instructions) work += weight(i.code) * lane_bytes(i.type, wide ? 8 : 4);
  double traffic = 0;
  for (const Tensor &input : program.inputs) traffic += static_cast<double>(size_of(input.dtype));
  for (const Output &output : program.outputs) traffic += static_cast<double>(size_of(output.dtype));
  const double compute = work / std::min(result_bytes, vectors * target.vector_bytes) * cycle;
  const double nanoseconds = std::max(compute, traffic / memory_bytes);
  return static_cast<std::uint32_t>(std::max(1.0, nanoseconds * 1024));
}

}  // namespace actinide
