#include "names.h"

#include "expression/printer.h"

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

}  // namespace

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
  for (const auto &[parameter, value] : bound) label += "_" + parameter + mangle_number(to_text(value));
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

bool is_spelled_like_a_standard_name(std::string_view text) {
  const bool capitals = std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
  return text.ends_with("_t") || (capitals && !text.ends_with('_'));
}

std::string with_single_underscores(std::string_view text) {
  std::string result = text.starts_with('_') ? "arg" : "";
  for (const char c : text)
    if (c != '_' || !result.ends_with('_')) result += c;
  return result;
}

}  // namespace actinide
