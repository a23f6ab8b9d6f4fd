#include "expression/reference_batch.h"

#include "error.h"
#include "expression/reference_batch_functions.h"
#include "expression/reference_interval.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace actinide::reference {
namespace {

Band varying_input(std::span<const double> x) {
  Band r = everywhere(0, 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool finite = std::isfinite(x[i]);
    r.low[i] = r.high[i] = finite ? x[i] : 0.0;
    if (!finite) r.known[i] = Known::nothing;
  }
  return r;
}

bool is_constant(const TapeNode &node) {
  return node.op == Op::constant || node.op == Op::pi || node.op == Op::euler;
}

}  // namespace

Batch::Batch(const Tape &tape) : tape_(&tape) {
  static std::atomic<std::uint64_t> made = 0;
  number_ = ++made;
  const FullExponentRange range;
  for (const TapeNode &node : tape.nodes) {
    Interval x(128);
    if (node.op == Op::constant) {
      set_rational(x, *node.rational);
    } else if (node.op == Op::pi) {
      mpfr_const_pi(x.lo.v, MPFR_RNDD);
      mpfr_const_pi(x.hi.v, MPFR_RNDU);
    } else if (node.op == Op::euler) {
      Interval one(2);
      set_rational(one, 1);
      reference::exponential(x, one);
    }
    constants_.push_back({mpfr_get_d(x.lo.v, MPFR_RNDD), mpfr_get_d(x.hi.v, MPFR_RNDU)});
  }
}

Band Batch::constant(std::size_t node) const {
  return everywhere(constants_[node].low, constants_[node].high);
}

void Batch::set_constants(Workspace &workspace) const {
  const std::size_t nodes = tape_->nodes.size();
  if (workspace.values.size() < nodes) workspace.values.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i)
    if (is_constant(tape_->nodes[i])) workspace.values[i] = constant(i);
  workspace.constants_of = number_;
}

const Band &Batch::run(std::span<const double> inputs, std::size_t varying, std::span<const double> x,
                       Workspace &workspace) const {
  internal_check(x.size() <= batch_points, "a batch of {} points", x.size());
  if (workspace.constants_of != number_) set_constants(workspace);
  std::vector<Band> &values = workspace.values;
  const std::size_t nodes = tape_->nodes.size();
  for (std::size_t i = 0; i < nodes; ++i) {
    const TapeNode &node = tape_->nodes[i];
    if (is_constant(node)) continue;
    const auto value = [&]() -> Band {
      const Band &a = values[node.operands[0]], &b = values[node.operands[1]];
      switch (node.op) {
        case Op::variable:
          return node.variable == varying ? varying_input(x) : fixed_input(inputs[node.variable]);
        case Op::add:
          return add(a, b);
        case Op::sub:
          return subtract(a, b);
        case Op::mul:
          return multiply(a, b);
        case Op::div:
          return divide(a, b);
        case Op::neg:
          return negative(a);
        case Op::pow:
          return power(a, b, node.rational);
        case Op::less:
          return is_less(a, b);
        case Op::less_equal:
          return is_less_equal(a, b);
        case Op::equal:
          return is_equal(a, b);
        case Op::not_equal:
          return logical_not(is_equal(a, b));
        case Op::select:
          return choose(a, b, values[node.operands[2]]);
        case Op::max:
          return larger(a, b);
        case Op::min:
          return smaller(a, b);
        case Op::abs:
          return absolute(a);
        case Op::sign:
          return sign(a);
        case Op::step:
          return larger(sign(a), everywhere(0, 0));
        case Op::sqrt:
          return square_root(a);
        case Op::exp:
          return exponential(a);
        case Op::expm1:
          return exponential_minus_one(a);
        case Op::log:
          return logarithm(a);
        case Op::log1p:
          return logarithm_plus_one(a);
        case Op::sin:
          return sine(a);
        case Op::cos:
          return cosine(a);
        case Op::tanh:
          return hyperbolic_tangent(a);
        case Op::erf:
          return error_function(a);
        case Op::erfc:
          return complementary_error_function(a);
        case Op::normcdf:
          return normal_cdf(a);
        case Op::normpdf:
          return normal_pdf(a);
        case Op::sigmoid:
          return logistic(a);
        case Op::softplus:
          return soft_plus(a);
        case Op::root_sum:
          return square_root(add(multiply(a, a), b));
        case Op::constant:
        case Op::pi:
        case Op::euler:
        case Op::scaled_exp:
        case Op::nearest:
          break;
      }
      throw InternalError("the tape holds an unknown operation");
    };
    values[i] = value();
  }
  return values[nodes - 1];
}

}  // namespace actinide::reference
