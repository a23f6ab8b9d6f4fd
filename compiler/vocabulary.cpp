#include "vocabulary.h"

#include "error.h"

#include <algorithm>
#include <array>

namespace actinide {
namespace {

constexpr std::array passes{
    Pass::forward,          Pass::derivative,        Pass::backward,        Pass::backward_from_output,
    Pass::forward_backward, Pass::second_derivative, Pass::double_backward, Pass::parameter_gradient};
constexpr std::array dtypes{DType::f32, DType::f64, DType::f16, DType::bf16};
constexpr std::array pairs{DTypes(DType::bf16, DType::f32), DTypes(DType::f32, DType::bf16),
                           DTypes(DType::f16, DType::f32), DTypes(DType::f32, DType::f16)};
constexpr std::array tiers{Tier::relaxed, Tier::standard, Tier::faithful, Tier::exact};
constexpr std::array shape_classes{ShapeClass::element, ShapeClass::channel, ShapeClass::split, ShapeClass::group,
                                   ShapeClass::row};

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
    case Pass::backward_from_output:
      return "backward_from_output";
    case Pass::forward_backward:
      return "forward_backward";
    case Pass::second_derivative:
      return "second_derivative";
    case Pass::double_backward:
      return "double_backward";
    case Pass::parameter_gradient:
      return "parameter_gradient";
  }
  throw InternalError("no such pass");
}

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
    case DType::f16:
      return "f16";
    case DType::bf16:
      return "bf16";
  }
  throw InternalError("no such dtype");
}

std::string_view to_string(Tier tier) {
  switch (tier) {
    case Tier::relaxed:
      return "relaxed";
    case Tier::standard:
      return "standard";
    case Tier::faithful:
      return "faithful";
    case Tier::exact:
      return "exact";
  }
  throw InternalError("no such tier");
}

std::string_view to_string(ShapeClass shape) {
  switch (shape) {
    case ShapeClass::element:
      return "element";
    case ShapeClass::channel:
      return "channel";
    case ShapeClass::split:
      return "split";
    case ShapeClass::group:
      return "group";
    case ShapeClass::row:
      return "row";
  }
  throw InternalError("no such shape class");
}

std::span<const Pass> all_passes() {
  return passes;
}
std::span<const DType> all_dtypes() {
  return dtypes;
}
std::span<const ShapeClass> all_shape_classes() {
  return shape_classes;
}

std::span<const std::string_view> extent_names(ShapeClass shape) {
  static constexpr std::string_view one[] = {"n"}, two[] = {"rows", "columns"},
                                    three[] = {"outer", "channels", "inner"};
  switch (shape) {
    case ShapeClass::element:
    case ShapeClass::group:
      return one;
    case ShapeClass::split:
    case ShapeClass::row:
      return two;
    case ShapeClass::channel:
      return three;
  }
  throw InternalError("no such shape class");
}

std::span<const Tier> all_tiers() {
  return tiers;
}

std::span<const Tier> tiers_of(DType dtype) {
  return dtype == DType::f64 ? all_tiers().first(all_tiers().size() - 1) : all_tiers();
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

const FloatFormat &float_format(DType dtype) {
  static constexpr FloatFormat f32{.bytes = 4, .digits = 24, .least = -149, .top = 128};
  static constexpr FloatFormat f64{.bytes = 8, .digits = 53, .least = -1074, .top = 1024};
  static constexpr FloatFormat f16{.bytes = 2, .digits = 11, .least = -24, .top = 16};
  static constexpr FloatFormat bf16{.bytes = 2, .digits = 8, .least = -133, .top = 128};
  switch (dtype) {
    case DType::f32:
      return f32;
    case DType::f64:
      return f64;
    case DType::f16:
      return f16;
    case DType::bf16:
      return bf16;
  }
  throw InternalError("no such dtype");
}

std::size_t size_of(DType dtype) {
  return float_format(dtype).bytes;
}

std::span<const DTypes> mixed_dtypes() {
  return pairs;
}

std::string to_string(DTypes dtypes) {
  std::string text(to_string(dtypes.inputs));
  if (dtypes.mixed()) text.append(":").append(to_string(dtypes.outputs));
  return text;
}

DTypes parse_dtypes(std::string_view text) {
  return text.find(':') == text.npos ? parse_dtype(text) : parse(text, "pair of dtypes", mixed_dtypes());
}

std::size_t widest_size(DTypes dtypes) {
  return std::max(size_of(dtypes.inputs), size_of(dtypes.outputs));
}

DType parameter_dtype(DType dtype) {
  return dtype == DType::f64 ? DType::f64 : DType::f32;
}

}  // namespace actinide
