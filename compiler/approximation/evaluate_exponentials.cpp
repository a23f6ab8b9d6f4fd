// What exp is taken of, in plain f32: as few operations as give the argument in two words.
#include "approximation/evaluator.h"
#include "approximation/factors.h"
#include "approximation/reduction.h"
#include "approximation/saturation.h"

#include <cmath>
#include <limits>

namespace actinide {
namespace {

bool is_square_of_variable(const Expr &expression) {
  return expression.is(Op::pow) && expression[0].is(Op::variable) && expression[1].is_value(2);
}

/// The addend of x^2 + c, c a constant.
Expr constant_beside_square(const Expr &sum) {
  if (!sum.is(Op::add)) return {};
  for (const std::size_t i : {0, 1})
    if (is_square_of_variable(sum[i]) && variables(sum[1 - i]).empty()) return sum[1 - i];
  return {};
}

struct Scaled {
  Expr factor;  ///< a constant
  Expr rest;
};

/// constant + square x^2, without variables in either; null: 0.
struct Quadratic {
  Expr constant;
  Expr square;
};

Expr plus(const Expr &a, const Expr &b) {
  return a && b ? a + b : a ? a : b;
}

std::optional<Quadratic> quadratic(const Expr &expression) {
  if (variables(expression).empty()) return Quadratic{expression, {}};
  if (is_square_of_variable(expression)) return Quadratic{{}, constant(1)};
  if (!expression.is(Op::add) && !expression.is(Op::mul)) return std::nullopt;
  const auto left = quadratic(expression[0]), right = quadratic(expression[1]);
  if (!left || !right) return std::nullopt;
  if (expression.is(Op::add))
    return Quadratic{plus(left->constant, right->constant), plus(left->square, right->square)};
  if (left->square && right->square) return std::nullopt;
  const auto &[factor, other] = left->square ? std::pair(*right, *left) : std::pair(*left, *right);
  return Quadratic{other.constant ? factor.constant * other.constant : Expr(), factor.constant * other.square};
}

/// c + k x^2 as k (x^2 + c/k).
std::optional<Scaled> by_leading_coefficient(const Expr &sum) {
  const auto found = sum.is(Op::add) && variables(sum).size() == 1 ? quadratic(sum) : std::nullopt;
  if (!found || !found->constant || !found->square || found->square.is_value(1)) return std::nullopt;
  return Scaled{found->square,
                make(Op::pow, {variable(*variables(sum).begin()), constant(2)}) + found->constant / found->square};
}

/// The expression as a constant times the rest, if that constant is not a power of two.
std::optional<Scaled> by_constant(const Expr &expression) {
  Factors constants, rest;
  collect_factors(expression, [&](const Expr &factor, bool inverse) {
    if (variables(factor).empty()) return constants.multiply(factor, inverse);
    const auto leading = by_leading_coefficient(factor);
    if (leading) constants.multiply(leading->factor, inverse);
    rest.multiply(leading ? leading->rest : factor, inverse);
  });
  if (constants.size() == 0 || !rest.above) return std::nullopt;
  return Scaled{constants.quotient(), rest.quotient()};
}

/// Between `low` and `high`, where u falls from above `level` to below it: where it is at most `tolerance` away from
/// it, or no more than the level after all the steps.
double where_falls_to(double level, double tolerance, const Reference &u, double low, double high) {
  constexpr int steps = 64;
  for (int step = 0; step < steps; ++step) {
    const double middle = (low + high) / 2, value = u.rounded({&middle, 1}, DType::f64);
    if (std::abs(value - level) < tolerance) return middle;
    (value > level ? low : high) = middle;
  }
  return high;
}

/// Between `low` and 0: from where on e^u is a number of f32, and above 2^127.
double where_exp_overflows(const Expr &u, const std::string &name, double low) {
  constexpr double last = 88.25;  // e^88.25 = 2^127.3
  return static_cast<float>(where_falls_to(last, 0, Reference(u, {name}), low, 0));
}

/// Where u falls to `level`, within what that has to spare; nothing if it doesn't, or so steeply that f32 can't tell.
std::optional<double> where_logistic_is(double level, const Reference &u) {
  constexpr double reach = 0x1p24, tolerance = 0.25;
  const double x = static_cast<float>(where_falls_to(level, tolerance, u, -reach, reach));
  const bool is_there = std::abs(u.rounded({&x, 1}, DType::f64) - level) < tolerance;
  return is_there ? std::optional(x) : std::nullopt;
}

}  // namespace

/// The argument as a constant times what is taken in two words, or as it is.
Evaluator::Exponent Evaluator::exponent(const Expr &argument) {
  const Number u = evaluate(argument, Mode::fine);
  const auto scaled = setting_.main.type() == Type::f32 && !setting_.settled ? by_constant(argument) : std::nullopt;
  if (!scaled) return {u, {}, {}};
  const Expr ln_2 = make(Op::log, {constant(2)});
  const Base base{fixed(scaled->factor, setting_.main), fixed(scaled->factor / ln_2, setting_.main),
                  fixed(ln_2 / scaled->factor, setting_.fine)};
  int power;
  if (std::frexp(std::abs(builder_.literal_value(base.logarithm.hi)), &power) == 0.5) return {u, {}, {}};
  Number v = evaluate(scaled->rest, Mode::fine);
  v.range = intersect(v.range, u.range / base.logarithm.range);
  return {u, base, v};
}

Number Evaluator::exponential(const Expr &argument) {
  const auto [u, base, v] = exponent(argument);
  return base && suits_power(setting_, *base, v->range) ? power_of(setting_, *base, *v) : exp(setting_, u);
}

/// outer f(x) for f = 1/(1 + e^u) or x/(1 + e^u), u = -x, say, in plain f32: as (outer x)/(1 + e^u), where neither part
/// leaves the format. Elsewhere, seldom, the product may count however small f is, and be finite where outer x isn't:
/// there 1 + e^u is multiplied by r^2, outer by r, and the product by r. Where outer r loses digits, nothing is left of
/// the product.
std::optional<Number> Evaluator::times_logistic(const Expr &outer, const Expr &expression) {
  const Arithmetic &a = setting_.main;
  const bool is_plain = a.type() == Type::f32 && !a.pairs() && !setting_.wide;
  const auto logistic = is_plain && !has_parameters(expression) ? logistic_quotient(expression) : std::nullopt;
  if (!logistic || inputs_of(expression).size() != 1) return std::nullopt;
  const std::string name = inputs_of(expression)[0];
  const bool grows = logistic->numerator == variable(name);
  if (!grows && !logistic->numerator.is_value(1)) return std::nullopt;
  constexpr int vanishing = -280;  // times 2^128 a quarter of the smallest number
  Interval core = saturation_bounds(Reference(expression, {name}), limits_, vanishing);
  if (grows) core.high = identity_bound(expression, name, limits_);
  const Number factor = a.settle(a.fitted(evaluate(outer))), x = scope_.variables.at(name);
  const auto with_exponent = [&](double low, const auto &function) {
    const auto [u, base, v] =
        inside({low, core.high}, {.name = name, .value = x}, [&] { return exponent(logistic->exponent); });
    return function(setting_, base ? *v : u, base ? &*base : nullptr);
  };
  const Number denominator = with_exponent(where_exp_overflows(logistic->exponent, name, core.low), one_plus_exp);
  const ValueId numerator = grows ? builder_.mul(factor.hi, x.hi) : factor.hi;
  const ValueId size = grows ? builder_.add(builder_.abs(numerator), denominator.hi) : denominator.hi;

  const auto [scaled, root] = with_exponent(core.low, scaled_one_plus_exp);
  const ValueId part = builder_.div(builder_.mul(factor.hi, root), scaled);
  const Number bounded = a.clamp(x, core.low, std::numeric_limits<double>::infinity());
  const ValueId product = grows ? builder_.mul(part, bounded.hi) : part;
  return a.of(builder_.select_rarely(builder_.less(a.literal(0x1p127), size), builder_.mul(product, root),
                                     builder_.div(numerator, denominator.hi)),
              Interval::all());
}

Number Evaluator::logistic_by_quotient(const Logistic &logistic) {
  const auto [u, base, v] = exponent(logistic.exponent);
  const bool is_one = logistic.numerator.is_value(1);
  const auto numerator = is_one ? std::nullopt : std::optional(setting_.main.settle(evaluate(logistic.numerator)));
  return actinide::logistic_by_quotient(setting_, base ? *v : u, base ? *base : base_of(setting_, 1, 2),
                                        numerator ? &*numerator : nullptr);
}

/// 1/(1 + e^u) or x/(1 + e^u) where the absolute error counts, u falling from above to below. Left of where e^u is
/// infinite x stands still, lest it be infinite, too; right of where it is nothing u does.
std::optional<Number> Evaluator::absolute_logistic(const Expr &expression, const Variable &variable) {
  const auto logistic = logistic_quotient(expression);
  if (!logistic) return std::nullopt;
  const bool grows = logistic->numerator == actinide::variable(variable.name);
  if (!grows && !logistic->numerator.is_value(1)) return std::nullopt;
  const Expr &u = logistic->exponent;
  const Reference reference(u, {variable.name});
  const auto low = where_logistic_is(where_logistic_is_0, reference),
             high = where_logistic_is(where_logistic_is_1, reference);
  if (!low || !high) return std::nullopt;
  const Arithmetic &a = setting_.main;
  const auto scaled = by_constant(u);
  const Number v = inside({*low, *high}, variable, [&] { return a.settle(evaluate(scaled ? scaled->rest : u)); });
  const Number numerator = a.clamp(variable.value, *low, std::numeric_limits<double>::infinity());
  const double unit = scaled ? builder_.literal_value(fixed(scaled->factor, a).hi) : 1;
  return logistic_absolute(setting_, v, unit, grows ? &numerator : nullptr);
}

/// x^2 + c in two words, c > 0. The first word of c is a multiple of the last place of every such sum, so that it less
/// the sum is exact, and all that the sum has lost is seen by one more fma.
std::optional<Number> Evaluator::square_plus_constant(const Expr &sum) {
  const Arithmetic &a = setting_.fine;
  const Expr addend = constant_beside_square(sum);
  if (!addend || a.type() != Type::f32) return std::nullopt;
  const Number x = evaluate(variable(*variables(sum).begin()), Mode::fine);
  const Number c = fixed(addend, a);
  const Interval range = absolute(x.range) * absolute(x.range) + c.range;
  if (x.lo || x.factor || c.range.low <= 0 || range.high > a.safe_magnitude()) return std::nullopt;
  const double last_place = std::ldexp(1.0, std::ilogb(range.high) - 23);
  const double all = builder_.literal_value(c.hi), first = std::round(all / last_place) * last_place;
  const double low = c.lo ? builder_.literal_value(*c.lo) : 0;
  const ValueId rest = a.literal(static_cast<float>(all - first + low));
  const ValueId whole = builder_.fma(x.hi, x.hi, a.literal(first));
  const ValueId lost = builder_.fma(x.hi, x.hi, builder_.sub(a.literal(first), whole));
  return Number{whole, builder_.add(lost, rest), std::nullopt, range};
}

}  // namespace actinide
