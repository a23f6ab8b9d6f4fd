// The C header of an emitted library.
#pragma once

#include "aot/plan.h"

#include <string>

namespace actinide::aot {

/// C11 and C++; includes only <stddef.h> and <stdint.h>.
std::string header_text(const Plan &plan);

/// The declaration of a function without its semicolon, in lines of at most 120 characters.
std::string prototype(const Function &function);

}  // namespace actinide::aot
