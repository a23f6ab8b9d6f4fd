// The names of an entry, and its instructions as steps.
#pragma once

#include "tests/ptx/error.h"
#include "tests/ptx/kernel.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide::ptx {

/// The tokens of one operand: `%f1`, `-` `5`, `[` `%rd1` `]`, `{` `%f1` `,` `%f2` `}`.
using Operand = std::vector<std::string>;

/// `@!%p1` in front of an instruction.
struct Guard {
  std::string predicate;  ///< empty: none
  bool negated = false;
};

/// Builds one kernel: parameters, registers, end_declarations, then labels and instructions in their order, finish.
/// Throws Error for whatever it doesn't know.
class Decoder {
 public:
  Decoder(const std::vector<std::string> &lines, std::string name);

  void declare_parameter(int line, const std::string &name, Type type);
  void declare_register(int line, const std::string &name, Type type);
  /// The register of a block within the entry, until end_local.
  void declare_local(int line, const std::string &name, Type type);
  void end_local(const std::string &name);
  void end_declarations();
  void label(int line, const std::string &name);
  void instruction(int line, const Guard &guard, const std::string &opcode, const std::vector<Operand> &operands);
  Kernel finish();

 private:
  struct Declared {
    Type type;
    std::uint32_t slot;
  };
  struct Jump {
    std::size_t step;
    std::string label;
  };

  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> text, Args &&...args) const {
    fail("{}: {}", location(kernel_.lines, line_), fmt::format(text, std::forward<Args>(args)...));
  }
  void expect_count(const std::vector<Operand> &operands, std::size_t count) const;

  Step branch(const Guard &guard, const std::vector<Operand> &operands);
  Step load_parameter(const Operation &move, Type type, const std::vector<Operand> &operands);
  void expect_whole_warp(const Operand &mask) const;
  Step shuffle(const std::vector<Operand> &operands);
  Step access(Kind kind, std::string_view type, const std::vector<Operand> &operands);
  Step compute(const Operation &operation, const std::vector<Operand> &operands);

  std::uint32_t register_slot(const std::string &name, Type type) const;
  std::uint32_t element_slot(const std::string &name, Type type) const;
  std::uint32_t source_slot(const Operation &operation, Type type, const Operand &operand);
  std::uint32_t constant_slot(Type type, const Operand &operand);
  std::uint64_t integer(Type type, const Operand &operand) const;
  std::uint64_t floating(Type type, const std::string &text) const;

  Kernel kernel_;
  int line_ = 1;
  std::uint32_t local_ = 0;  ///< the slot of the register of a block
  std::map<std::string, Declared> parameters_, registers_;
  std::map<std::string, std::size_t> labels_;
  std::vector<Jump> jumps_;
};

}  // namespace actinide::ptx
