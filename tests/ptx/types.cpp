#include "tests/ptx/types.h"

#include <algorithm>
#include <iterator>

namespace actinide::ptx {
namespace {

constexpr std::string_view names[] = {"pred", "b16", "b32", "b64", "u16", "u32",
                                      "u64",  "s32", "s64", "f16", "f32", "f64"};

bool is_untyped(Type type) {
  return type == Type::b16 || type == Type::b32 || type == Type::b64;
}

}  // namespace

std::string_view to_string(Type type) {
  return names[static_cast<std::size_t>(type)];
}

std::optional<Type> parse_type(std::string_view text) {
  const auto *found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return {};
  return static_cast<Type>(found - std::begin(names));
}

std::size_t size_of(Type type) {
  if (type == Type::pred) return 0;
  return to_string(type).ends_with("64") ? 8 : to_string(type).ends_with("32") ? 4 : 2;
}

bool agrees(Type wanted, Type declared) {
  if (size_of(wanted) != size_of(declared)) return false;
  return is_float(wanted) == is_float(declared) || is_untyped(wanted) || is_untyped(declared);
}

}  // namespace actinide::ptx
