#include "expression/lexer.h"

#include "expression/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

// Longer symbols first.
constexpr auto symbols = std::to_array<std::string_view>(
    {"<=", ">=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", ",", ";", "=", "<", ">"});

// What people type, and what the language has for it.
struct Hint {
  std::string_view text;
  std::string_view advice;
};
constexpr auto hints = std::to_array<Hint>({
    {"×", "write *"},
    {"·", "write *"},
    {"⋅", "write *"},
    {"÷", "write /"},
    {"−", "write -"},
    {"–", "write -"},
    {"²", "write ^2"},
    {"³", "write ^3"},
    {"π", "write pi"},
    {"√", "write sqrt(...)"},
    {"Φ", "write normcdf(...)"},
    {"φ", "write normpdf(...)"},
    {"σ", "write sigmoid(...)"},
    {"≤", "write <="},
    {"≥", "write >="},
    {"≠", "write !="},
    {"[", "write ("},
    {"]", "write )"},
    {"{", "write ("},
    {"}", "write )"},
    {":", "a choice is written select(condition, a, b)"},
    {"?", "a choice is written select(condition, a, b)"},
    {"&", "nest select(condition, a, b) to combine conditions"},
    {"|", "an absolute value is written abs(...); nest select(condition, a, b) to combine conditions"},
    {"!", "swap the last two arguments of select to negate its condition"},
    {"'", "the derivative is the pass `derivative`"},
    {".", "a number needs a digit next to its point"},
});

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// Digits with at most one point, then perhaps an exponent; 0 if `text` starts with no number. In `2exp(x)` and `2e` the
// letter is no exponent.
std::size_t number_length(std::string_view text) {
  const std::size_t whole = count_digits(text);
  std::size_t length = whole;
  if (text.substr(length).starts_with('.')) {
    const std::size_t fraction = count_digits(text.substr(length + 1));
    if (whole + fraction == 0) return 0;
    length += 1 + fraction;
  }
  if (length == 0) return 0;
  const std::string_view rest = text.substr(length);
  if (!rest.starts_with('e') && !rest.starts_with('E')) return length;
  const std::size_t sign = rest.size() > 1 && (rest[1] == '+' || rest[1] == '-') ? 1 : 0;
  const std::size_t digits = count_digits(rest.substr(1 + sign));
  return digits ? length + 1 + sign + digits : length;
}

std::size_t name_length(std::string_view text) {
  if (!is_letter(text[0])) return 0;
  const auto end = std::ranges::find_if_not(text, [](char c) { return is_letter(c) || is_digit(c); });
  return static_cast<std::size_t>(end - text.begin());
}

[[noreturn]] void fail_at_character(std::string_view source, std::size_t place) {
  const std::string_view rest = source.substr(place);
  for (const Hint &hint : hints)
    if (rest.starts_with(hint.text))
      fail_at(source, place, fmt::format("unexpected character {}; {}", quoted(hint.text), hint.advice));
  const std::size_t length = utf8_length(rest);
  const auto byte = static_cast<unsigned char>(rest[0]);
  if (length == 0 || byte < 0x20 || byte == 0x7f)
    fail_at(source, place, fmt::format("unexpected byte 0x{:02x}; a definition is ASCII text", byte));
  const char *advice = length > 1 ? "names are of ASCII letters, digits and _" : "the operators are + - * / ^";
  fail_at(source, place, fmt::format("unexpected character {}; {}", quoted(rest.substr(0, length)), advice));
}

Token read_token(std::string_view source, std::size_t place) {
  const std::string_view rest = source.substr(place);
  if (const std::size_t length = number_length(rest)) return {TokenKind::number, rest.substr(0, length), place};
  if (const std::size_t length = name_length(rest)) return {TokenKind::name, rest.substr(0, length), place};
  for (const std::string_view symbol : symbols)
    if (rest.starts_with(symbol)) return {TokenKind::symbol, rest.substr(0, symbol.size()), place};
  fail_at_character(source, place);
}

}  // namespace

bool Token::integer() const {
  return kind == TokenKind::number && std::ranges::all_of(text, is_digit);
}

std::vector<Token> tokenize(std::string_view source) {
  if (source.size() > max_source_bytes)
    fail_at(source, 0, fmt::format("the text has {} bytes; at most {} are allowed", source.size(), max_source_bytes));
  std::vector<Token> tokens;
  std::size_t end = 0;
  for (std::size_t place = 0; place < source.size();) {
    if (is_space(source[place])) {
      ++place;
      continue;
    }
    tokens.push_back(read_token(source, place));
    place = end = place + tokens.back().text.size();
  }
  tokens.push_back({TokenKind::end, {}, end});
  return tokens;
}

Rational number_value(const Token &token, std::string_view source) {
  const std::size_t mark = std::min(token.text.find_first_of("eE"), token.text.size());
  std::string digits(token.text.substr(0, mark));
  std::size_t fraction = 0;
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    fraction = digits.size() - point - 1;
    digits.erase(point, 1);
  }
  long exponent = 0;
  if (mark < token.text.size()) {
    const std::string_view written = token.text.substr(mark + 1);
    for (const char c : written)
      if (is_digit(c)) exponent = std::min(10 * exponent + (c - '0'), max_decimal_exponent + 1);
    if (exponent > max_decimal_exponent)
      fail_at(source, token.place,
              fmt::format("the exponent of {} is beyond +-{}", quoted(token.text), max_decimal_exponent));
    if (written[0] == '-') exponent = -exponent;
  }
  exponent -= static_cast<long>(fraction);
  mpz_class scale;
  mpz_ui_pow_ui(scale.get_mpz_t(), 10, static_cast<unsigned long>(std::abs(exponent)));
  Rational value(mpz_class(digits, 10));
  if (exponent < 0)
    value /= scale;
  else
    value *= scale;
  return value;
}

}  // namespace actinide
