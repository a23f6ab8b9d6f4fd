// The processor that this program runs on, by name.
#pragma once

#include <string>

namespace actinide {

/// "AMD EPYC 7763 64-Core Processor (family 25, model 1)"; "unknown" where the system doesn't tell.
std::string cpu_name();

}  // namespace actinide
