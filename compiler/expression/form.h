// What a request makes of an activation: `gated(silu)`, `packed(gated(mish))`, `residual(biased(gelu))`.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace actinide {

struct Form {
  bool gated = false;     ///< x * f(gate)
  bool packed = false;    ///< both inputs lie in one tensor: a row of it is a row of the first, then one of the second
  bool biased = false;    ///< f(x + bias), with a bias for each channel
  bool residual = false;  ///< f(x) + r

  /// Sums stand before or after the function.
  bool fused() const { return biased || residual; }
  friend bool operator==(const Form &, const Form &) = default;
};

/// A word that may stand around an activation.
struct FormWord {
  std::string_view name;
  bool Form::*member;
  std::size_t inputs;        ///< of the activation
  std::string_view inside;   ///< the only form that may stand inside
  std::string_view example;  ///< an activation for it
  std::string_view meaning;  ///< of word(f)
};
/// In the order in which they stand.
std::span<const FormWord> all_forms();
/// `an activation of two inputs`
std::string taken_by(const FormWord &word);
/// The word next to the activation; null if there is none.
const FormWord *innermost(const Form &form);
/// True if definitions can't be called so.
bool is_form_name(std::string_view name);

struct FormedText {
  Form form;
  std::string activation;  ///< a name with its parameters, or a definition
};
/// Takes the words off. Throws UserError where they don't fit each other or lack their parentheses.
FormedText parse_form(std::string_view text);

/// The text that parse_form reads so.
std::string with_form(const Form &form, const std::string &activation);
/// What precedes the activation's name in names of C: `packed_gated_`.
std::string prefix_of(const Form &form);

}  // namespace actinide
