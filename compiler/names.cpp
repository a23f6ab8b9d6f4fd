#include "names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace actinide {
namespace {

// Keywords of C11 and C++20 (and their alternative tokens), and the macros that GCC and Clang predefine in their GNU
// modes.
constexpr std::array reserved_words = std::to_array<std::string_view>({
    "alignas",   "alignof",   "and",           "and_eq",       "asm",
    "auto",      "bitand",    "bitor",         "bool",         "break",
    "case",      "catch",     "char",          "char16_t",     "char32_t",
    "char8_t",   "class",     "co_await",      "co_return",    "co_yield",
    "compl",     "concept",   "const",         "const_cast",   "consteval",
    "constexpr", "constinit", "continue",      "decltype",     "default",
    "delete",    "do",        "double",        "dynamic_cast", "else",
    "enum",      "explicit",  "export",        "extern",       "false",
    "float",     "for",       "friend",        "goto",         "i386",
    "if",        "inline",    "int",           "linux",        "long",
    "mutable",   "namespace", "new",           "noexcept",     "not",
    "not_eq",    "nullptr",   "operator",      "or",           "or_eq",
    "private",   "protected", "public",        "register",     "reinterpret_cast",
    "requires",  "restrict",  "return",        "short",        "signed",
    "sizeof",    "static",    "static_assert", "static_cast",  "struct",
    "switch",    "template",  "this",          "thread_local", "throw",
    "true",      "try",       "typedef",       "typeid",       "typename",
    "union",     "unix",      "unsigned",      "using",        "virtual",
    "void",      "volatile",  "wchar_t",       "while",        "xor",
    "xor_eq",
});
static_assert(std::ranges::is_sorted(reserved_words));

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Removes every factor `prime` from `number`; returns how many there were.
int remove_factor(mpz_class &number, unsigned prime) {
  const mpz_class factor = prime;
  return static_cast<int>(mpz_remove(number.get_mpz_t(), number.get_mpz_t(), factor.get_mpz_t()));
}

}  // namespace

std::string number_text(const Rational &value) {
  // num / (2^a 5^b) is the decimal num 2^(k-a) 5^(k-b) / 10^k with k = max(a, b).
  mpz_class rest = value.get_den();
  const int twos = remove_factor(rest, 2);
  const int fives = remove_factor(rest, 5);
  if (rest != 1) return value.get_str();
  int exponent = -std::max(twos, fives);
  mpz_class scale;
  mpz_ui_pow_ui(scale.get_mpz_t(), 10, static_cast<unsigned long>(-exponent));
  mpz_class digits_value = abs(value.get_num()) * (scale / value.get_den());
  std::string digits = digits_value.get_str();
  while (digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  const std::string sign = sgn(value) < 0 ? "-" : "";
  const int point = static_cast<int>(digits.size()) + exponent;  // digits before the decimal point
  if (point > 16 || point < -6) return fmt::format("{}{}e{}", sign, digits, exponent);
  if (exponent >= 0) return sign + digits + std::string(static_cast<std::size_t>(exponent), '0');
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  return sign + digits.substr(0, static_cast<std::size_t>(point)) + "." +
         digits.substr(static_cast<std::size_t>(point));
}

std::string mangle_number(std::string_view text) {
  std::string mangled;
  for (const char c : text) {
    if (c == '.')
      mangled += 'p';
    else if (c == '-')
      mangled += 'm';
    else if (c == '/')
      mangled += "_over_";
    else if (c != '+')
      mangled += c;
  }
  return mangled;
}

std::string label_of(const std::string &name, const std::vector<std::pair<std::string, Rational>> &bound) {
  std::string label = name;
  for (const auto &[parameter, value] : bound) label += "_" + parameter + mangle_number(number_text(value));
  return label;
}

bool is_c_identifier(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_reserved_in_c(std::string_view text) {
  return text.starts_with('_') || text.find("__") != std::string_view::npos ||
         std::ranges::binary_search(reserved_words, text);
}

}  // namespace actinide
