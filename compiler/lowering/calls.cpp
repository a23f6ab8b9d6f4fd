#include "lowering/calls.h"

#include <charconv>

namespace actinide {
namespace {

constexpr std::string_view element_prefix = "actinide.element.", fold_prefix = "actinide.fold.";

/// Takes a number off the front of `text`.
bool take(std::string_view &text, std::size_t &number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

}  // namespace

std::string to_name(const ElementCall &call) {
  return std::string(call.folds ? fold_prefix : element_prefix) + std::to_string(call.program) + "." +
         std::to_string(call.output);
}

std::optional<ElementCall> call_of(std::string_view name) {
  ElementCall call{};
  call.folds = name.starts_with(fold_prefix);
  if (!call.folds && !name.starts_with(element_prefix)) return std::nullopt;
  name.remove_prefix((call.folds ? fold_prefix : element_prefix).size());
  if (!take(name, call.program) || !name.starts_with('.')) return std::nullopt;
  name.remove_prefix(1);
  if (!take(name, call.output) || !name.empty()) return std::nullopt;
  return call;
}

}  // namespace actinide
