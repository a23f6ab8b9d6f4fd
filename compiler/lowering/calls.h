// How a numeric program is spelled in Halide: one pure extern call an output, with the element's inputs as arguments.
//
// Halide moves, vectorises and predicates these calls, but sees no arithmetic: it can rewrite none, and lowering takes
// as long for nine hundred instructions as for one. Code generation puts the program's instructions in their place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace actinide {

/// `actinide.element.1` for the second output of the program.
std::string element_call(std::size_t output);

/// The output whose element_call is `name`; none if it isn't one of ours.
std::optional<std::size_t> output_of_call(std::string_view name);

}  // namespace actinide
