// What the interpreter can't or won't do.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace actinide::ptx {

/// Text that the reader refuses, or a thread that does what it mustn't. Names the line and its text.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args &&...args) {
  throw Error(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace actinide::ptx
