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
  std::string_view not_below = {};  ///< a parameter that this one may not be below
  bool option = false;              ///< always compiled in, never an argument of the kernel

  /// By itself; `not_below` is another's business.
  bool allows(const Rational &value) const;
};

/// A point at which the definition has no derivative, and what is decided there; both are formulas of the parameters.
struct Kink {
  std::string_view at;
  std::string_view derivative;
  std::string_view input = {};  ///< of which input, where there are several
};

/// A name for the row with parameters bound: `relu6` is `clip(low = 0, high = 6)`.
struct Preset {
  std::string_view name;
  ParameterValues bound;
};

/// What an activation of rows makes of the definition's body u, an exponent: rows.h.
enum class RowFunction : std::uint8_t { none, softmax, log_softmax, logsumexp };

struct Activation {
  std::string_view name;
  std::vector<std::string_view> aliases = {};
  std::vector<Preset> presets = {};
  std::string_view definition;
  std::vector<Constraint> constraints = {};
  /// The derivative by the input, where differentiating the definition wouldn't give it as wanted; empty: symbolic.
  std::string_view derivative = {};
  /// The second derivative, where differentiating the derivative wouldn't give it as wanted; empty: symbolic. 0 at
  /// kinks.
  std::string_view second_derivative = {};
  /// The derivative as a function of `y`, the output, and of the parameters, in a form that keeps `standard` in plain
  /// arithmetic, unless f64 needs pairs for it; at kinks it agrees with `derivative`. Empty: none is known.
  std::string_view derivative_from_output = {};
  bool pairs_from_output = false;
  /// Where alone the output determines the derivative; the text begins with the parameter.
  std::optional<Constraint> from_output_where = {};
  std::vector<Kink> kinks = {};
  /// Roots that move with a parameter. As an argument: f64 promises no bound of f'' near its roots. Compiled in: f'
  /// needs more than f32, in which the product of parameter and input is rounded.
  bool roots_move = false;
  /// Where results differ from a tie of 16-bit numbers by less than arithmetic sees (x - tanh(x) at 258): what is
  /// computed in 16 bits instead, on the same side of the tie, by more: "select(where, instead, y)". Empty: nowhere.
  std::string_view off_ties = {};
  /// With other parameters than the defaults, an argument (x/a) is rounded where it is subnormal: f64 `faithful` has
  /// 1.02 ULP there.
  bool scales_argument = false;
  /// With other parameters than the defaults a result is made of what may be subnormal where the result isn't, e^-kx/k:
  /// compiled in, `forward` needs more than f32.
  bool scales_result = false;
  ShapeClass shape = ShapeClass::element;
  /// Of ShapeClass::row: what is made of the row.
  RowFunction row = RowFunction::none;
  /// For people, where the definition isn't all that the activation does.
  std::string_view formula = {};
  std::string_view latex = {};
  /// Of ShapeClass::split: the second part of the output.
  std::string_view second_part = {};
  /// What the tier `faithful` of f32 computes `forward` in: f64, or pairs of f32 where a sweep has shown that they do,
  /// and they are cheaper.
  Compute faithful_forward = Compute::f64;
  /// What `exact` computes `forward` in is plain f64: of results that are often ties, at which pairs would be needed,
  /// all have been tried.
  bool nearest_in_f64 = false;
  /// Arithmetic in the result's own type keeps the tier `standard` in this pass; elsewhere f32 kernels compute in f64,
  /// f64 kernels in pairs.
  bool f32_forward = false;
  /// To 2^-bits, that is.
  int f32_forward_bits = 26;
  /// Of `gated`, that is, in plain f32: x f(gate).
  bool f32_gated = false;
  bool f32_beside_gate = false;  ///< of a row x f(gate): f and f' as factors
  bool f32_with_factor = true;   ///< f32_forward leaves room for the rounding of a product
  bool f32_derivative = false;
  bool f32_second_derivative = false;
  /// Plain f32 keeps the tier `standard` in `forward` and `derivative` with the default values of the row's options,
  /// which are compiled in.
  bool f32_by_default = false;
  bool f64_forward = false;
  bool f64_derivative = false;
  bool f64_second_derivative = false;
};

/// What is known of a parameter of the row; null: it may be any number.
const Constraint *find_constraint(const Activation &row, std::string_view parameter);

std::span<const Activation> all_activations();

/// What a name of the table stands for.
struct BuiltIn {
  const Activation *row;
  Definition definition;  ///< called by the row's name, or the preset's, whose parameters are bound in it
  ParameterValues bound;  ///< the preset's
};
/// By name, alias or preset; null if unknown.
const BuiltIn *find_built_in(std::string_view name);

/// The row of a name, alias or preset; null if unknown.
const Activation *find_activation(std::string_view name);
/// The parsed definition of a row.
const Definition &definition_of(const Activation &activation);
/// What is decided at its kinks, in words: "slope at x = 0". `input`: what the row's only input is called.
std::string kinks_text(const Activation &activation, std::string_view input);
/// Every name: what a definition may refer to.
const Scope &activation_scope();

}  // namespace actinide
