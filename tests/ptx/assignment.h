// No register is read that hasn't been written: PTX leaves open what it would hold.
#pragma once

#include "tests/ptx/kernel.h"

namespace actinide::ptx {

/// Throws Error, naming line and text, if on some path through the kernel a register may be read before it is written.
void check_assignment(const Kernel &kernel);

}  // namespace actinide::ptx
