// Raising the two kinds of error, with formatted texts. The command line turns a UserError into exit status 1.
#pragma once

#include "exceptions.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace actinide {

/// Throws UserError with a formatted text.
template <typename... Args>
[[noreturn]] void user_error(fmt::format_string<Args...> text, Args &&...args) {
  throw UserError(fmt::format(text, std::forward<Args>(args)...));
}

/// Throws InternalError unless `condition` holds.
template <typename... Args>
void internal_check(bool condition, fmt::format_string<Args...> text, Args &&...args) {
  if (!condition) throw InternalError(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace actinide
