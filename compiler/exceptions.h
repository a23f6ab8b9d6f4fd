// The two kinds of error of the compiler, as exceptions. Part of the public C++ API: standard library only.
#pragma once

#include <stdexcept>

namespace actinide {

/// The input or the request was wrong. The text is one line that names the cause and the remedy (a diagnostic of the
/// language adds the source line and a caret below).
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Actinide broke one of its own rules. It is never the user's fault and is never caught to go on.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace actinide
