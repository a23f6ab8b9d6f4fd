// A value or the error in its place, for programs without exceptions; as C++23's std::expected.
#pragma once

#include "actinide/exceptions.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace actinide {

enum class ErrorCode : std::uint8_t {
  wrong_request,  ///< or the system refuses something: what would be a UserError
  out_of_memory,
  internal,  ///< a bug of Actinide's
};

struct Error {
  ErrorCode code;
  std::string message;  ///< that names cause and remedy
};

template <typename T>
class Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(std::move(error)) {}

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Throws UserError with the error's message if there is no value.
  const T &value() const {
    if (!has_value()) throw UserError(error().message);
    return **this;
  }
  /// Only if there is a value.
  const T &operator*() const noexcept { return *std::get_if<0>(&content_); }
  const T *operator->() const noexcept { return std::get_if<0>(&content_); }
  /// Only if there is none.
  const Error &error() const noexcept { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, Error> content_;
};

}  // namespace actinide
