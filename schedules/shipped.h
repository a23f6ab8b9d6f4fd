// The files of schedules/tuned, which the build puts into the compiler.
#pragma once

#include <span>
#include <string_view>

namespace actinide {

/// Their texts, as Database::parse reads them.
std::span<const std::string_view> shipped_databases();

}  // namespace actinide
