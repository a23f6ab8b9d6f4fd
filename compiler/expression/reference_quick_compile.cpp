#include "expression/reference_interval.h"
#include "expression/reference_quick.h"

#include <cmath>

namespace actinide::reference {
namespace {

Enclosure constant_of(const TapeNode &node) {
  const FullExponentRange range;
  Interval x(128);
  if (node.op == Op::constant) {
    set_rational(x, *node.rational);
  } else if (node.op == Op::pi) {
    mpfr_const_pi(x.lo.v, MPFR_RNDD);
    mpfr_const_pi(x.hi.v, MPFR_RNDU);
  } else {
    Interval one(2);
    set_rational(one, 1);
    exponential(x, one);
  }
  const long double rounded = mpfr_get_ld(x.lo.v, MPFR_RNDN);
  const bool exact = x.point() && mpfr_cmp_ld(x.lo.v, rounded) == 0;
  // Rounding to nearest, the rest of the 128 bits, and gradual underflow.
  return {rounded, exact ? 0 : std::fabs(rounded) * 0x1p-63L + 0x1p-16370L};
}

}  // namespace

std::vector<QuickNode> compile_quick(const Tape &tape) {
  constexpr long largest_exponent = 64;
  std::vector<QuickNode> nodes;
  for (const TapeNode &node : tape.nodes) {
    QuickNode quick{node.op, {node.operands[0], node.operands[1], node.operands[2]}, node.variable, {}, 0, false};
    if (node.op == Op::constant || node.op == Op::pi || node.op == Op::euler) quick.constant = constant_of(node);
    if (node.op == Op::pow && node.rational && node.rational->get_den() == 1 &&
        abs(*node.rational) <= largest_exponent) {
      quick.integral = true;
      quick.exponent = node.rational->get_num().get_si();
    }
    nodes.push_back(quick);
  }
  return nodes;
}

}  // namespace actinide::reference
