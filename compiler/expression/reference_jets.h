// Taylor's coefficients in intervals, at many places at a time. See reference_taylor.h.
#pragma once

#include "expression/reference_batch_functions.h"
#include "expression/reference_tape.h"

#include <array>

namespace actinide::reference {

/// of[k] encloses f^(k) / k!; those beyond `order` are 0.
struct Jet {
  std::size_t order = 0;
  std::array<Band, 4> of;
};

Jet constant_jet(Band value);
/// Nothing is known where the band isn't a point.
Band where_point(Band band);

/// `most`: the last coefficient that is asked for.
Jet add(const Jet &a, const Jet &b);
Jet negative(const Jet &a);
Jet multiply(const Jet &a, const Jet &b, std::size_t most);
Jet reciprocal(const Jet &a, std::size_t most);
Jet power(const Jet &a, const Jet &b, const std::optional<Rational> &exponent, std::size_t most);
/// By a condition of order 0.
Jet choose(const Jet &condition, const Jet &yes, const Jet &no);
/// A function of one argument.
Jet function(Op op, const Jet &a, std::size_t most);

}  // namespace actinide::reference
