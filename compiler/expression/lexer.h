// The words of the language of activations.
#pragma once

#include "expression/expression.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace actinide {

enum class TokenKind : std::uint8_t { number, name, symbol, end };

struct Token {
  TokenKind kind;
  std::string_view text;  ///< empty at the end
  std::size_t place;      ///< in bytes; the end counts as the place after the last word

  bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
  /// True for a number of digits alone.
  bool integer() const;
};

/// The words of `source`, the last of kind `end`. Throws UserError at a character that starts no word.
std::vector<Token> tokenize(std::string_view source);

/// The exact value of a token of kind `number`. Throws UserError if its exponent is beyond +-400.
Rational number_value(const Token &token, std::string_view source);

constexpr std::size_t max_source_bytes = 64 * 1024;
constexpr long max_decimal_exponent = 400;

}  // namespace actinide
