// How numeric programs are spelled in Halide: one pure extern call an output, with the element's inputs as arguments.
//
// Halide moves, vectorises and predicates these calls, but sees no arithmetic: it can rewrite none, and lowering takes
// as long for nine hundred instructions as for one. Code generation puts the program's instructions in their place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace actinide {

/// An output of one of a kernel's programs, both by number.
struct ElementCall {
  std::size_t program;
  std::size_t output;
  /// The program merges two states, and is asked to merge those in the lanes of one: 0 with 16, 1 with 17, ...; then 0
  /// with 8; down to one. The arguments are the words of the state in its first lane, and then in its last: so Halide
  /// knows what is read. It sees one call, for it takes long for each Func, and five of them would halve the lanes.
  bool folds = false;

  friend bool operator==(const ElementCall &, const ElementCall &) = default;
};

/// `actinide.element.0.1`: the second output of the first program; `actinide.fold.0.1` where it folds.
std::string to_name(const ElementCall &call);

/// The call whose name is `name`; none if it isn't one of ours.
std::optional<ElementCall> call_of(std::string_view name);

}  // namespace actinide
