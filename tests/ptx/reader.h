// From the text of a PTX module to decoded kernels.
#pragma once

#include "tests/ptx/kernel.h"

#include <string_view>
#include <vector>

namespace actinide::ptx {

/// The entries of a module. Throws Error, naming line and text, for any directive, instruction, modifier or operand
/// that the reader doesn't know, for operands whose type doesn't agree with the instruction, and for a register that
/// may be read before it is written.
std::vector<Kernel> read_module(std::string_view text);

/// The entry `name` of a module. Throws Error as read_module, also if there is no such entry.
Kernel read_kernel(std::string_view text, std::string_view name);

}  // namespace actinide::ptx
