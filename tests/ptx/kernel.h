// An entry of a PTX module, decoded into steps that run fast.
#pragma once

#include "tests/ptx/operations.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::ptx {

enum class Kind : std::uint8_t { compute, load, store, branch, shuffle, synchronize, ret };

/// A decoded instruction. Registers, parameters, special registers and constants alike are slots.
struct Step {
  Kind kind = Kind::compute;
  bool taken_if = true;    ///< branch: if the predicate has this value
  std::uint8_t bytes = 0;  ///< load, store: of an element
  std::uint8_t count = 0;  ///< of `operands`
  /// compute: the result, then what it is made of; load, store: the elements; shuffle: the result, the value that the
  /// thread gives, and the thread whose value it takes
  std::array<std::uint32_t, 4> operands{};
  std::uint32_t slot = 0;    ///< load, store: of the address; branch: of the predicate
  std::uint32_t target = 0;  ///< branch: index of the step
  std::int64_t offset = 0;   ///< load, store: added to the address
  Compute compute = nullptr;
  int line = 0;  ///< in the module's text, from 1
};

/// Slots lie in this order: registers, parameters, special registers, constants.
struct Kernel {
  std::string name;
  std::vector<Type> parameters;
  std::size_t registers = 0;
  std::vector<std::uint64_t> constants;
  std::vector<Step> steps;         ///< the last never runs on
  bool joins_threads = false;      ///< some steps need all threads of a warp
  std::vector<std::string> lines;  ///< of the module, for messages

  std::size_t first_parameter() const { return registers; }
  std::size_t first_special() const { return first_parameter() + parameters.size(); }
  std::size_t first_constant() const;
};

/// The special registers that kernels use, in the order of their slots (PTX ISA, "Special Registers").
constexpr std::array<std::string_view, 4> special_registers = {"%tid.x", "%ntid.x", "%ctaid.x", "%nctaid.x"};

/// `line 12: add.rn.f32 %f1, %f2, %f3;`
std::string location(const std::vector<std::string> &lines, int line);

}  // namespace actinide::ptx
