// Errors in a text of the language: what is wrong, the line, and a caret under the place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actinide {

/// Throws UserError with three lines: `message`, the line of `source` that holds byte `place`, a caret below the place;
/// with `message` alone where that line is empty.
[[noreturn]] void fail_at(std::string_view source, std::size_t place, const std::string &message);

/// `text` in single quotes, fit for a message: cut if long, bytes that don't print replaced.
std::string quoted(std::string_view text);

/// The length in bytes of the UTF-8 character at the start of `text`; 0 if there is no valid one.
std::size_t utf8_length(std::string_view text);

}  // namespace actinide
