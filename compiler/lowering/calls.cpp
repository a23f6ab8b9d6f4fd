#include "lowering/calls.h"

#include <map>

namespace actinide {
namespace {

constexpr Code codes[] = {
#define ACTINIDE_INSTRUCTION(name, arity, text) Code::name,
#include "approximation/instructions.def"
};

}  // namespace

std::string call_name(Code code) {
  return "actinide." + std::string(info(code).name);
}

std::optional<Code> code_of_call(std::string_view name) {
  static const std::map<std::string, Code, std::less<>> by_name = [] {
    std::map<std::string, Code, std::less<>> names;
    for (Code code : codes) names.emplace(call_name(code), code);
    return names;
  }();
  const auto found = by_name.find(name);
  if (found == by_name.end()) return std::nullopt;
  return found->second;
}

bool has_immediate(Code code) {
  return code == Code::literal || code == Code::scale || code == Code::shift_left || code == Code::shift_right;
}

}  // namespace actinide
