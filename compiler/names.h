// Names of emitted things: how a request becomes part of a C identifier. The only place that knows.
#pragma once

#include "expression/expression.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide {

/// `leaky_relu` with slope = 1/5 -> `leaky_relu_slope0p2`: the name, then each bound parameter with its value.
std::string label_of(const std::string &name, const std::vector<std::pair<std::string, Rational>> &bound);

/// The text of a number as part of an identifier: `.` -> `p`, `-` -> `m`, `+` dropped, `/` -> `_over_`.
std::string mangle_number(std::string_view text);

/// True if `text` is an identifier of C (ASCII letters, digits and underscores, no digit first).
bool is_c_identifier(std::string_view text);

/// True if `text` is an identifier that C11 or C++20 reserves (keywords, double underscores, an underscore before a
/// capital, leading underscores at file scope), or a macro that compilers predefine outside the reserved names.
bool is_reserved_in_c(std::string_view text);

/// True if `text` is spelled like a macro or a type of the standard headers: `NULL`, `INT8_MAX`, `uint16_t`.
bool is_spelled_like_a_standard_name(std::string_view text);

/// An identifier without what reserves it whatever follows: an underscore in front, two of them together.
std::string with_single_underscores(std::string_view text);

}  // namespace actinide
