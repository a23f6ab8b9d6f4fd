#include "lowering/calls.h"

#include <charconv>

namespace actinide {
namespace {

constexpr std::string_view prefix = "actinide.element.";

}  // namespace

std::string element_call(std::size_t output) {
  return std::string(prefix) + std::to_string(output);
}

std::optional<std::size_t> output_of_call(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::size_t output = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), output);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return output;
}

}  // namespace actinide
