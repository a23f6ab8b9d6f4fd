// Random numeric programs, rich in what optimisers like to rewrite: units, zeros, equal operands, minima, signs.
#pragma once

#include "approximation/program.h"

#include <cstdint>

namespace actinide::test {

/// A program of two tensors and a parameter that stores f32 or f64 and uses both; the same for the same seed. No bit of
/// a NaN reaches its outputs but by way of a NaN. `exact_fma`: also with that instruction, which targets without fma
/// only approximate.
Program random_program(Type stored, std::uint64_t seed, bool exact_fma);

}  // namespace actinide::test
