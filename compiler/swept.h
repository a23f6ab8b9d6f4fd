// Which kernels of 16 bits compute in plain f32: those that were swept. swept_table.cpp is written by
// tools/update_swept.
#pragma once

#include "vocabulary.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace actinide {

/// A row of the table in a pass, with its default parameters compiled in, or as arguments that have these values. Plain
/// f32 arithmetic gives the correctly rounded result for each of the 65,536 inputs but `exceptions`, a handful next to
/// the middle of two numbers, which are looked up.
struct SweptKernel {
  std::string_view activation;
  Pass pass;  ///< forward or derivative
  DType dtype;
  bool arguments;                         ///< has parameters that are arguments
  std::vector<std::uint16_t> exceptions;  ///< bit patterns of inputs
};

std::span<const SweptKernel> swept_kernels();
/// Null if there is none: the kernel computes in f64.
const SweptKernel *find_swept(std::string_view activation, Pass pass, DType dtype, bool arguments);

/// The exactness of approximations that kernels are swept with, as in Precision::bits: fewer terms would cost more
/// exceptions than they save.
int swept_bits(DType dtype);

}  // namespace actinide
