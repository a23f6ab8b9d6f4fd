// The fast half of the reference: long double with a running bound of its own error.
#pragma once

#include "expression/reference.h"
#include "expression/reference_tape.h"

#include <span>
#include <vector>

namespace actinide::reference {

/// What evaluate_quickly relies on: the relative error of the long double functions of the C library (x87, 64 bits), in
/// units of 2^-63, wherever the result is normal. glibc documents 1 for exp, log, sin, cos and erf on x86-64, at most 5
/// for expm1, log1p, tanh, erfc and pow. A test measures them.
inline constexpr long double close_library_error = 2;
inline constexpr long double library_error = 8;

struct QuickNode {
  Op op;
  std::uint32_t operands[3];
  std::uint32_t variable;
  Enclosure constant;  ///< of Op::constant
  long exponent;       ///< of Op::pow: its integer exponent, if `integral`
  bool integral;
};

std::vector<QuickNode> compile_quick(const Tape &tape);

Enclosure evaluate_quick(std::span<const QuickNode> nodes, std::span<const double> inputs);

}  // namespace actinide::reference
