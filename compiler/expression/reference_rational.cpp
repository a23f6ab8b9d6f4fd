#include "expression/reference_rational.h"

#include <gmp.h>

#include <cstdlib>
#include <vector>

namespace actinide::reference {
namespace {

using Value = std::optional<Rational>;  // truth values are 0 and 1

constexpr std::size_t most_bits = 1 << 16;
constexpr long most_factors = 64;

Value unless_long(Rational value) {
  const bool is_long =
      mpz_sizeinbase(value.get_num_mpz_t(), 2) > most_bits || mpz_sizeinbase(value.get_den_mpz_t(), 2) > most_bits;
  return is_long ? std::nullopt : Value(std::move(value));
}

Value quotient(const Rational &a, const Rational &b) {
  return b == 0 ? std::nullopt : unless_long(a / b);
}

Value power(const Rational &base, const Value &exponent) {
  if (!exponent || exponent->get_den() != 1 || abs(*exponent) > most_factors) return std::nullopt;
  const long n = exponent->get_num().get_si();
  Value result = Rational(1);
  for (long i = 0; i < std::labs(n) && result; ++i) result = unless_long(*result * base);
  return n >= 0 || !result ? result : quotient(Rational(1), *result);
}

Value by_sign(const Rational &a, int negative) {
  return Rational(sgn(a) < 0 ? negative : sgn(a));
}

/// Of operands that all have values.
Value apply(const TapeNode &node, const Rational &a, const Rational &b) {
  switch (node.op) {
    case Op::add:
      return unless_long(a + b);
    case Op::sub:
      return unless_long(a - b);
    case Op::mul:
      return unless_long(a * b);
    case Op::div:
      return quotient(a, b);
    case Op::neg:
      return Rational(-a);
    case Op::pow:
      return power(a, node.rational);
    case Op::less:
      return Rational(a < b);
    case Op::less_equal:
      return Rational(a <= b);
    case Op::equal:
      return Rational(a == b);
    case Op::not_equal:
      return Rational(a != b);
    case Op::max:
      return a < b ? b : a;
    case Op::min:
      return b < a ? b : a;
    case Op::abs:
      return Rational(abs(a));
    case Op::sign:
      return by_sign(a, -1);
    case Op::step:
      return by_sign(a, 0);
    default:
      return std::nullopt;
  }
}

/// A limit's inputs may have exponents that GMP has no memory for.
Value rational(const Real &input) {
  if (!mpfr_number_p(input.v)) return std::nullopt;
  constexpr auto most = static_cast<mpfr_exp_t>(most_bits);
  if (mpfr_regular_p(input.v) && (mpfr_get_exp(input.v) > most || mpfr_get_exp(input.v) < -most)) return std::nullopt;
  Rational value;
  mpfr_get_q(value.get_mpq_t(), input.v);
  return unless_long(std::move(value));
}

}  // namespace

std::optional<Rational> exact_value(const Tape &tape, std::span<const Real> inputs) {
  std::vector<Value> values;
  values.reserve(tape.nodes.size());
  for (const TapeNode &node : tape.nodes) {
    const auto operand = [&](std::size_t i) -> const Value & { return values[node.operands[i]]; };
    const int count = info(node.op).arity;
    if (node.op == Op::constant) {
      values.emplace_back(*node.rational);
    } else if (node.op == Op::variable) {
      values.push_back(rational(inputs[node.variable]));
    } else if (node.op == Op::select) {
      const Value &condition = operand(0);
      values.push_back(condition ? operand(*condition != 0 ? 1 : 2) : std::nullopt);
    } else if (count == 0 || !operand(0) || (count > 1 && !operand(1))) {
      values.emplace_back();
    } else {
      values.push_back(apply(node, *operand(0), *operand(count > 1 ? 1 : 0)));
    }
  }
  return std::move(values.back());
}

}  // namespace actinide::reference
