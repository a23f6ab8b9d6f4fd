// THE table: every built-in activation, one row each. No other list of their names exists.
#pragma once

#include "approximation/precision.h"
#include "expression/definition.h"
#include "vocabulary.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

/// What values a parameter may take.
struct Constraint {
  std::string_view parameter;
  std::string_view text;  ///< for messages and documents: "k > 0"
  std::optional<Rational> low = {};
  std::optional<Rational> high = {};
  bool low_open = false;  ///< `low` itself is not allowed
  bool integral = false;
  bool option = false;  ///< always compiled in, never an argument of the kernel
};

/// An interior root of the derivative at parameter * x = product. Where the parameter is an argument of the kernel, the
/// root moves and no form of its own is known for it: near it f64 gradients keep an absolute bound only, |error| <=
/// absolute where |parameter * x - product| <= half_width. A debt of the row; with the parameter compiled in there is
/// none.
struct MovingRoot {
  std::string_view parameter;
  double product;
  double half_width;
  double absolute;
};

struct Activation {
  std::string_view name;
  std::vector<std::string_view> aliases = {};
  std::string_view definition;
  std::vector<Constraint> constraints = {};
  /// The derivative by the input, where differentiating the definition wouldn't give it as wanted; empty: symbolic.
  std::string_view derivative = {};
  /// What the derivative is at the kinks, in words; empty: there is none.
  std::string_view at_kink = {};
  std::optional<MovingRoot> moving_root = {};
  ShapeClass shape = ShapeClass::element;
  /// Arithmetic in the result's own type keeps the tier `standard` in this pass; elsewhere f32 kernels compute in f64,
  /// f64 kernels in pairs.
  bool f32_forward = false;
  bool f32_derivative = false;
  bool f64_forward = false;
  bool f64_derivative = false;
};

std::span<const Activation> all_activations();
/// By name or alias; null if unknown.
const Activation *find_activation(std::string_view name);
/// The parsed definition of a row.
const Definition &definition_of(const Activation &activation);
/// Every name and alias: what a definition may refer to.
const Scope &activation_scope();

}  // namespace actinide
