// ptxas, where it is installed, as a judge of what is emitted.
#pragma once

#include "aot/ptxas.h"
#include "codegen/target.h"

#include <optional>
#include <string>
#include <vector>

namespace actinide::ptx {

/// Found once a process; none where there is no ptxas.
const std::optional<aot::Ptxas> &assembler();

/// Expects ptxas to find these entries, and no others, in the text, to assemble it for the target, and to keep all of
/// it in registers. Where there is no ptxas nothing is expected.
void expect_everything_in_registers(const std::string &ptx, const Target &target,
                                    const std::vector<std::string> &entries);

}  // namespace actinide::ptx
