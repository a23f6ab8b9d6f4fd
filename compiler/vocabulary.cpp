#include "vocabulary.h"

#include "error.h"

#include <algorithm>
#include <array>

namespace actinide {
namespace {

constexpr std::array passes{Pass::forward, Pass::derivative, Pass::backward};
constexpr std::array dtypes{DType::f32, DType::f64};
constexpr std::array tiers{Tier::standard, Tier::faithful};

template <typename Word>
Word parse(std::string_view text, std::string_view kind, std::span<const Word> words) {
  const auto found = std::ranges::find(words, text, [](Word word) { return to_string(word); });
  if (found != words.end()) return *found;
  std::string known;
  for (const Word word : words) known.append(known.empty() ? "" : ", ").append(to_string(word));
  user_error("unknown {} '{}'; known are: {}", kind, text, known);
}

}  // namespace

std::string_view to_string(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::derivative:
      return "derivative";
    case Pass::backward:
      return "backward";
  }
  throw InternalError("no such pass");
}

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
  }
  throw InternalError("no such dtype");
}

std::string_view to_string(Tier tier) {
  switch (tier) {
    case Tier::standard:
      return "standard";
    case Tier::faithful:
      return "faithful";
  }
  throw InternalError("no such tier");
}

std::string_view to_string(ShapeClass shape) {
  switch (shape) {
    case ShapeClass::element:
      return "element";
  }
  throw InternalError("no such shape class");
}

std::span<const Pass> all_passes() {
  return passes;
}
std::span<const DType> all_dtypes() {
  return dtypes;
}
std::span<const Tier> all_tiers() {
  return tiers;
}

Pass parse_pass(std::string_view text) {
  return parse(text, "pass", all_passes());
}
DType parse_dtype(std::string_view text) {
  return parse(text, "dtype", all_dtypes());
}
Tier parse_tier(std::string_view text) {
  return parse(text, "tier", all_tiers());
}

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 4;
    case DType::f64:
      return 8;
  }
  throw InternalError("no such dtype");
}

}  // namespace actinide
