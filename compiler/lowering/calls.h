// How the instructions of a numeric program are spelled in Halide: pure extern calls named after their code, with the
// operands as arguments and, where instructions.def says so, the immediate `bits` as a last i64 constant.
//
// Two instructions are no calls: a tensor is a load, a parameter a variable. Literals are Halide's constants, except
// those whose bits Halide might not keep apart (minus zero, NaN): these are calls of their immediate alone.
#pragma once

#include "approximation/program.h"

#include <optional>
#include <string>
#include <string_view>

namespace actinide {

/// `actinide.fma` for Code::fma.
std::string call_name(Code code);

/// The code whose call_name is `name`; none if it isn't one of ours.
std::optional<Code> code_of_call(std::string_view name);

/// True if calls of `code` end with the immediate.
bool has_immediate(Code code);

}  // namespace actinide
