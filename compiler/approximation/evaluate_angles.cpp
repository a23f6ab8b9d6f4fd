// What sin and cos are taken of: a multiple of pi/4 apart from the rest, and the rest also where it overflows.
#include "approximation/evaluator.h"

#include <optional>

namespace actinide {
namespace {

/// k where the expression is k pi.
std::optional<Rational> multiple_of_pi(const Expr &expression) {
  if (expression.is(Op::pi)) return 1;
  if (expression.is(Op::neg)) {
    if (const auto k = multiple_of_pi(expression[0])) return Rational(-*k);
  }
  if (expression.is(Op::mul) && expression[0].is(Op::constant)) {
    if (const auto k = multiple_of_pi(expression[1])) return Rational(expression[0].value() * *k);
  }
  if (expression.is(Op::div) && expression[1].is(Op::constant) && expression[1].value() != 0) {
    if (const auto k = multiple_of_pi(expression[0])) return Rational(*k / expression[1].value());
  }
  return std::nullopt;
}

/// v + eighths pi/4; no v where the angle is that multiple alone.
struct Angle {
  Expr v;
  int eighths;
};

Angle angle_of(const Expr &expression) {
  const auto k = multiple_of_pi(expression);
  constexpr int most = 1 << 20;
  if (k && Rational(*k * 4).get_den() == 1 && abs(*k) < most)
    return {{}, static_cast<int>(Rational(*k * 4).get_num().get_si())};
  const bool subtracts = expression.is(Op::sub);
  if (!subtracts && !expression.is(Op::add)) return {expression, 0};
  const Angle left = angle_of(expression[0]), right = angle_of(expression[1]);
  const int eighths = left.eighths + (subtracts ? -right.eighths : right.eighths);
  if (left.v && right.v) return {eighths == 0 ? expression : make(expression.op(), {left.v, right.v}), eighths};
  if (left.v) return {left.v, eighths};
  return {right.v && subtracts ? -right.v : right.v, eighths};
}

}  // namespace

/// A multiple of pi/4 is exact beside the argument, where a sum of both would be rounded.
Number Evaluator::sine(const Expr &argument, int eighths) {
  const Angle angle = angle_of(argument);
  const Expr &u = angle.v ? angle.v : argument;
  return sin(setting_, evaluate(u, Mode::fine), far(u), eighths + (angle.v ? angle.eighths : 0));
}

Arithmetic Evaluator::arithmetic_of_far() {
  return setting_.main.type() == Type::f32 ? Arithmetic(builder_, Type::f64, false) : setting_.fine;
}

Number Evaluator::clamped_far(const Number &far, Interval values) {
  return arithmetic_of_far().clamp(far, far_from(values.low), far_from(values.high));
}

/// The expression times 2^-far_exponent, in f64: a product of numbers can overflow where that doesn't. Scaled is the
/// factor that makes it large: an input, or what has one, rather than a parameter, which may be tiny.
Number Evaluator::far(const Expr &expression) {
  if (expression.is(Op::variable)) {
    if (const auto known = scope_.far.find(expression.name()); known != scope_.far.end()) return known->second;
  }
  const Arithmetic a = arithmetic_of_far();
  const bool f32 = setting_.main.type() == Type::f32;
  const auto in_f64 = [&](const Expr &part) {
    const Number number = evaluate(part, Mode::fine);
    return f32 ? widen(setting_, number) : number;
  };
  if (!expression.is(Op::mul)) return a.times_power_of_two(in_f64(expression), far_from(1));
  const bool first = !variables(expression[0]).empty() && inputs_of(expression[1]).empty();
  const std::size_t scaled = first ? 0 : 1;
  return a.mul(far(expression[scaled]), in_f64(expression[1 - scaled]));
}

}  // namespace actinide
