// Parts of a kernel that depend on one input: where everything about them can be looked up in the reference, it is.
#include "approximation/evaluator.h"
#include "approximation/whole_forms.h"
#include "approximation/factors.h"
#include "approximation/nan_flow.h"
#include "approximation/roots.h"
#include "approximation/saturation.h"
#include "element.h"
#include "error.h"
#include "expression/reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Results below 2^this vanish, even times the largest number that a product may still bring.
int vanishing_exponent(const Setting &setting) {
  const bool f32 = setting.main.type() == Type::f32;
  if (setting.wide && !f32) return setting.multiplied ? -420 : -300;  // by two numbers at most
  if (setting.wide) return -60;
  if (f32 && !setting.multiplied) return -151;  // a quarter of the smallest number
  return f32 ? -170 : -1480;
}

bool same_value(double computed, double exact, DType dtype) {
  if (std::isnan(exact)) return std::isnan(computed);
  if (exact == 0) return computed == 0 && std::signbit(computed) == std::signbit(exact);
  if (std::isinf(exact)) return computed == exact;
  const int digits = float_format(dtype).digits;
  return std::abs(computed - exact) <= std::ldexp(std::abs(exact), is_16_bit(dtype) ? -digits : 4 - digits);
}

}  // namespace

bool is_transcendental(const Expr &expression) {
  return info(expression.op()).kind == OpKind::transcendental ||
         std::ranges::any_of(expression.arguments(), is_transcendental);
}

bool keeps_digits_at_roots(const Expr &expression) {
  switch (expression.op()) {
    case Op::sin:
    case Op::cos:
      return !is_transcendental(expression[0]);
    case Op::mul:
    case Op::div:
    case Op::neg:
    case Op::pow:
      return std::ranges::all_of(expression.arguments(), keeps_digits_at_roots);
    default:
      return expression.arguments().empty();
  }
}

ValueId Evaluator::stored(const Number &number, DType dtype) {
  const Arithmetic &a = setting_.main;
  const Type type = type_of(dtype);
  const ValueId value = a.pairs_of_f64() && type != Type::f64 ? a.rounded_to_odd(number) : a.rounded(number);
  return builder_.type(value) == type ? value : builder_.narrow(value, type);
}

ValueId Evaluator::with_nan(ValueId value, const Expr &expression) {
  if (kernel_.as_it_stands) return value;
  const ValueId plain = value;
  for (const std::string &name : inputs_of(expression)) {
    const std::size_t index = input_index(name);
    const Type type = builder_.type(value);
    const ValueId tensor = builder_.tensor(first_tensor(index), is_wide(index) ? Type::f64 : type_of(dtypes_.inputs));
    if (is_nan_with(builder_, tensor, plain)) continue;
    const bool fits = is_float(type) && builder_.type(tensor) == type;
    const ValueId input = fits ? tensor : from_tensor(index).hi;
    const ValueId nan = builder_.add(input, input);
    value = builder_.select(builder_.unordered(input, input),
                            builder_.type(nan) == type ? nan : builder_.narrow(nan, type), value);
  }
  return value;
}

double Evaluator::probe(ValueId value, std::size_t input, double at) const {
  const Program program = builder_.finish(tensors(), {}, {{"probe", dtypes_.outputs, value}});
  std::vector<double> inputs(program.inputs.size(), 0.0);
  inputs[first_tensor(input)] = at;
  return interpret(program, inputs, {})[0];
}

std::optional<Number> Evaluator::product_by_input(const Expr &expression, Mode mode) {
  std::vector<Factors> groups;  // the first: without inputs; the last: of several
  std::vector<std::string> names = inputs_of(expression);
  groups.resize(names.size() + 2);
  const Expr product_or_not = with_common_inputs_in_front(expression, names);
  collect_factors(product_or_not, [&](const Expr &factor, bool inverse) {
    const std::vector<std::string> inputs = inputs_of(factor);
    const std::size_t group = inputs.empty()      ? 0
                              : inputs.size() > 1 ? names.size() + 1
                                                  : 1 + std::ranges::find(names, inputs[0]) - names.begin();
    groups[group].multiply(factor, inverse);
  });
  // Numbers go with the largest function of one input, if there is one.
  std::size_t largest = names.size() + 1;
  for (std::size_t i = names.size(); i >= 1; --i) {
    if (groups[i].size() > 0 && (largest > names.size() || groups[i].size() >= groups[largest].size())) largest = i;
  }
  groups[largest].take(groups[0]);

  std::erase_if(groups, [](const Factors &group) { return group.size() == 0; });
  if (groups.size() < 2) return std::nullopt;
  // Of inputs alone a product may be tiny: see doubts.cpp.
  if (has_second_)
    std::ranges::stable_partition(groups, [](const Factors &group) { return group.quotient().is(Op::variable); });
  for (const std::size_t i : {0, 1}) {
    if (groups.size() > 2 || where() == Where::absolute) break;
    if (const auto product = times_logistic(groups[1 - i].quotient(), groups[i].quotient())) return product;
  }
  const bool is_output = std::ranges::any_of(kernel_.outputs, [&](const auto &o) { return o.second == expression; });
  const auto number_of = [&](const Expr &factor) {
    const Number number = evaluate(factor, mode);
    return is_output && factor.is(Op::variable) ? with_room(number) : number;
  };
  Number product = number_of(groups[0].quotient());
  for (const Factors &group : std::span(groups).subspan(1)) {
    // 1/x may overflow where the quotient by x doesn't.
    const bool divides = !group.above && group.below.is(Op::variable) && !setting_.guarded;
    product = divides ? arithmetic(mode).div(product, evaluate(group.below, mode))
                      : product_of_numbers(product, number_of(group.quotient()), mode);
  }
  return product;
}

/// Pairs of f64 have no room for what a product with the smallest numbers is off by: there the number is larger, with a
/// factor. Below one ULP that counts.
Number Evaluator::with_room(const Number &input) {
  const Arithmetic &a = setting_.main;
  constexpr int exponent = 200, faithful_bits = 62;
  if (dtypes_.outputs != DType::f64 || !a.pairs() || setting_.precision.bits < faithful_bits) return input;
  const double up = std::ldexp(1.0, exponent), down = std::ldexp(1.0, -exponent);
  const ValueId is_tiny = builder_.less(builder_.abs(input.hi), a.literal(0x1p-900));
  const auto where_tiny = [&](double power) { return builder_.select(is_tiny, a.literal(power), a.literal(1)); };
  Number result = a.of(builder_.mul(input.hi, where_tiny(up)), input.range);
  result.factor = Factor{where_tiny(down), where_tiny(up), -exponent, 0};
  return result;
}

/// The node u = p x, x/p, x + p or x - p, for the input x, if the expression depends on nothing else.
Expr Evaluator::only_argument(const Expr &expression) const {
  for (const Expr &node : post_order(expression)) {
    const bool pairs_up = node.is(Op::mul) || node.is(Op::div) || node.is(Op::add) || node.is(Op::sub);
    if (!pairs_up || node == expression || variables(node) != variables(expression)) continue;
    const bool of_variables = node[0].is(Op::variable) && node[1].is(Op::variable);
    const std::pair<Expr, Expr> hidden{node, constant(0)};
    if (of_variables && variables(substitute(expression, {&hidden, 1})).empty()) return node;
  }
  return {};
}

bool Evaluator::is_plain_f32() const {
  return setting_.main.type() == Type::f32 && !setting_.main.pairs() && !setting_.guarded;
}

bool Evaluator::is_plain_f64_to_spare() const {
  return setting_.spare_digits && !setting_.guarded;
}

Where Evaluator::where() const {
  return setting_.precision.absolute && kernel_.outputs.size() == 1 ? Where::absolute : Where::anywhere;
}

std::optional<Number> Evaluator::whole_of_parameter(const Expr &expression) {
  const std::set<std::string> names = variables(expression);
  if (!is_plain_f32() || names.size() != 2) return std::nullopt;
  const std::string x = inputs_of(expression)[0], parameter = *names.begin() == x ? *names.rbegin() : *names.begin();
  const WholeFunctionOfParameter compute = whole_function(expression, x, parameter, where());
  if (!compute) return std::nullopt;
  return compute(setting_, scope_.variables.at(x), evaluate(variable(parameter)));
}

Number Evaluator::parametric(const Expr &expression, Mode mode) {
  if (const auto whole = whole_of_parameter(expression)) return *whole;
  // x f(a x): see simplify.h, stabilize.
  if (expression.is(Op::mul) && expression[0].is(Op::variable) && oscillates(expression[1]) &&
      only_argument(expression[1]))
    return product_of_numbers(evaluate(expression[0], mode), parametric(expression[1], mode), mode);
  const Expr argument = only_argument(expression);
  std::optional<Number> far_argument;
  setting_.guarded = true;
  scope_.inside = true;
  const Memo outside = scope_.memo;
  const Number number = with_cheaper_arms(expression, [&] {
    scope_.memo = outside;
    if (argument && oscillates(expression)) far_argument = far(argument);
    return argument ? compute(argument, Mode::fine) : compute(expression, mode);
  });
  scope_.inside = false;
  setting_.guarded = false;
  if (!argument) return number;
  const std::string name = "(u)";
  const std::pair<Expr, Expr> named{argument, variable(name)};
  return univariate(substitute(expression, {&named, 1}), {.name = name, .value = number, .far = far_argument});
}

/// Where terms cancel at an interior root, digits to spare keep enough of them: next to it an f32 f is about 2^-25 and
/// approximations to 2^-52 do, one of 16 bits is at least 2^-12. That costs less than the factored form of windows.cpp.
int Evaluator::bits_for(const Expr &expression, const Reference &reference) const {
  const int at_roots = is_16_bit(dtypes_.inputs) ? 45 : 52;
  const int bits = setting_.precision.bits;
  if (!setting_.spare_digits || bits >= at_roots || keeps_digits_at_roots(expression)) return bits;
  return has_roots(reference, 1) ? at_roots : bits;
}

void Evaluator::survey() {
  surveying_ = true;
  for (const auto &[name, expression] : kernel_.outputs) evaluate(expression);
  surveying_ = false;
  scope_.memo.clear();
  std::erase_if(common_, [](const auto &entry) { return entry.second.parts < 2; });  // nothing is shared
}

Number Evaluator::within(Interval core, const Expr &expression, const Variable &variable) {
  return with_cheaper_arms(expression,
                           [&] { return inside(core, variable, [&] { return compute(expression, Mode::main); }); });
}

std::size_t Evaluator::cost(const Number &number) {
  const Program program = builder_.finish(tensors(), kernel_.parameters, {{"cost", dtypes_.outputs, stored(number)}});
  return static_cast<std::size_t>(std::ranges::count_if(
      program.instructions, [](const Instruction &instruction) { return info(instruction.code).arity > 0; }));
}

/// Where the expression lies: of x (1 + x^2) on either side of 0 more is known than of both at once.
Interval Evaluator::range_by_sides(Interval core, const Expr &expression, const Variable &variable) {
  const auto on = [&](Interval side) {
    return inside(side, variable, [&] { return evaluate(expression, Mode::fine); }).range;
  };
  return core.contains(0) ? unite(on({core.low, 0}), on({0, core.high})) : on(core);
}

/// The cheaper of what is as exact: of e^u alone nothing is deferred; in plain arithmetic 1/(1 + e^-u) needs no
/// comparison where e^-u has the range. Where f can't be told from x, the argument is bounded and what it loses is
/// added to the result. Not where several outputs share what they have in common.
Number Evaluator::cheapest_within(Interval core, const Expr &expression, const Variable &variable) {
  if (is_plain_f32() && where() == Where::absolute) {
    if (const auto number = absolute_logistic(expression, variable)) return *number;
  }
  setting_.settled = common_.empty() && expression.is(Op::exp);
  const Number best = within(core, expression, variable);
  setting_.settled = false;
  const auto logistic = common_.empty() ? logistic_quotient(expression) : std::nullopt;
  const Arithmetic &a = setting_.main;
  if (!logistic || a.pairs()) return best;
  const Number longer = a.clamp(variable.value, core.low, core.high);
  if (!setting_.wide) core.high = std::min(core.high, identity_bound(expression, variable.name, limits_));
  const Interval values = range_by_sides(core, logistic->exponent, variable);
  Number other = inside(core, variable, [&] {
    Number exponent = evaluate(logistic->exponent, Mode::fine);
    exponent.range = values;
    scope_.memo.insert_or_assign({logistic->exponent, Mode::fine}, exponent);
    if (!has_range_for_exp(setting_, values)) return best;
    // Of f32 the product with another numerator costs more.
    const bool by_quotient = is_plain_f64_to_spare() || (is_plain_f32() && logistic->numerator.is_value(1));
    return by_quotient ? logistic_by_quotient(*logistic) : compute(logistic->quotient, Mode::main);
  });
  if (core.high < longer.range.high) {
    // Of equal numbers the difference is 0, and y - 0 is y, -0 too.
    const Number excess = a.sub(a.clamp(longer, core.low, core.high), longer);
    const ValueId factor = other.factor ? other.factor->value : a.literal(1);
    other = a.of(builder_.fma(other.hi, factor, builder_.neg(excess.hi)), best.range);
  }
  return cost(other) < cost(best) ? other : best;
}

WholeFunction Evaluator::whole_of(const Expr &expression, const Variable &variable) {
  if (is_plain_f64_to_spare()) return function_by_quotient(expression, variable.name);
  if (!is_plain_f32()) return nullptr;
  if (const WholeFunction whole = whole_function(expression, variable.name, where())) {
    if (surveying_) slopes_.insert_or_assign(variable.name, whole);
    return whole;
  }
  const auto slope = slopes_.find(variable.name);
  if (!setting_.wide || surveying_ || slope == slopes_.end()) return nullptr;
  return function_beside(slope->second, expression, variable.name);
}

Number Evaluator::univariate(const Expr &expression, const Variable &given) {
  const Reference reference(expression, {given.name});
  const Variable variable = has_second_ ? within_reach(given, reference) : given;
  const Number &x = variable.value;
  if (const WholeFunction compute = whole_of(expression, variable))
    return surveying_ ? x : finished(compute(setting_, x), expression, variable, reference);
  const auto saturation = [&] { return saturation_bounds(reference, limits_, vanishing_exponent(setting_)); };
  const bool saturates = is_transcendental(expression);
  Common own{saturates ? saturation() : Interval::all(), bits_for(expression, reference), 1};
  const auto common = variable.input ? common_.find(variable.name) : common_.end();
  if (surveying_ && variable.input) {
    if (saturates && common == common_.end()) common_.emplace(variable.name, own);
    if (saturates && common != common_.end())
      common->second = {unite(common->second.core, own.core), std::max(common->second.bits, own.bits),
                        common->second.parts + 1};
    return x;
  }
  const Precision precision = setting_.precision;
  const bool shares = saturates && common != common_.end();
  setting_.precision.bits = shares ? common->second.bits : own.bits;
  Number number = cheapest_within(own.core, expression, variable);
  // A rational function may overflow on the way to a limit: x^2/(1 + x^2).
  if (!saturates && overflows_on_the_way(number, variable, reference)) {
    own.core = saturation();
    number = within(own.core, expression, variable);
  }
  if (shares) {
    const Number shared = within(common->second.core, expression, variable);
    if (same_beyond(own.core, shared, number, *variable.input)) number = shared;
  }
  number = with_window_at_zero(number, expression, variable, reference);
  number = with_root_windows(number, expression, variable, reference);
  setting_.precision = precision;
  number = with_least_rest(number, expression, variable, reference);
  number = with_limits(number, variable, own.core, reference);
  number = with_value_at_zero(number, variable, reference);
  return finished(number, expression, variable, reference);
}

Number Evaluator::finished(const Number &number, const Expr &expression, const Variable &variable,
                           const Reference &reference) {
  if (has_second_) doubt_near_roots(number, expression, reference);
  return with_ties(number, variable, reference);
}

bool Evaluator::overflows_on_the_way(const Number &number, const Variable &variable, const Reference &reference) {
  const double most = std::ldexp(1.0, float_format(dtypes_.inputs).top - 1);
  for (const double x : {-most, most, -std::sqrt(most), std::sqrt(most)}) {
    if (variable.input && !gives(number, variable, x, reference.rounded({&x, 1}, dtypes_.outputs))) return true;
  }
  return false;
}

bool Evaluator::gives(const Number &number, const Variable &variable, double at, double exact) {
  return variable.input && same_value(probe(stored(number), *variable.input, at), exact, dtypes_.outputs);
}

/// Whether the part gives with its argument clamped later, or never, what it gives with it clamped at the ends of its
/// own core: 0 times infinity may lurk beyond. What goes wrong there does so from some size on; the steps grow.
bool Evaluator::same_beyond(Interval core, const Number &shared, const Number &own, std::size_t input) {
  const ValueId in_shared = stored(shared), in_own = stored(own);
  const double largest = float_format(dtypes_.inputs).largest();
  const auto same_at = [&](double x) {
    const double a = probe(in_shared, input, x), b = probe(in_own, input, x);
    return a == b && std::signbit(a) == std::signbit(b);
  };
  for (const double end : {core.low, core.high}) {
    double x = end;
    for (double step = 2; std::abs(x) <= largest; x *= step, step *= 2)
      if (!same_at(x)) return false;
    if (std::isfinite(end) && !same_at(std::copysign(largest, end))) return false;
  }
  return true;
}

/// At infinity the limit, where the instructions give something else (0 times infinity, say). `core`: beyond its ends
/// the value is that at the end, which rounds to the limit.
Number Evaluator::with_limits(Number number, const Variable &variable, Interval core, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  for (const double end : {-infinity, infinity}) {
    double limit = reference.rounded({&end, 1}, dtypes_.outputs);
    const auto negative = limit == 0 ? reference.negative_zero({&end, 1}) : std::nullopt;
    if (limit == 0) limit = negative.value_or(false) ? -0.0 : 0.0;
    const bool saturates = std::isfinite(end < 0 ? core.low : core.high);
    if (variable.input ? gives(number, variable, end, limit) : saturates || std::isnan(limit)) continue;
    const bool has_no_sign = limit == 0 && !negative;  // f is exactly 0
    if (has_no_sign && gives(number, variable, end, -limit)) continue;
    number = a.select(builder_.equal(variable.value.hi, a.literal(end)), a.exact(limit), number);
  }
  return number;
}

/// The value at 0 where the instructions give another: 0/0, or the wrong sign of a zero or of a pole.
Number Evaluator::with_value_at_zero(const Number &number, const Variable &variable, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  const auto exact_at = [&](double at) { return reference.rounded({&at, 1}, dtypes_.outputs); };
  const double above = exact_at(0.0), below = exact_at(-0.0);
  if (!variable.input && std::isnan(above)) {  // 0/0 in f of x f(a x), which is no such quotient itself
    constexpr double near = 0x1p-200;
    const double value = exact_at(near);
    if (!std::isfinite(value) || value != exact_at(-near)) return number;
    return a.select(builder_.equal(variable.value.hi, a.literal(0)), a.exact(value), number);
  }
  if (std::isnan(above) || std::abs(above) != std::abs(below)) return number;
  const bool has_sign = above == 0 || std::isinf(above);
  if (!has_sign && !variable.input) return number;
  if (gives(number, variable, 0.0, above) && gives(number, variable, -0.0, below)) return number;
  const bool one_sign = std::signbit(above) == std::signbit(below);
  const Number &x = variable.value;
  const Number signed_zero = std::signbit(above) ? a.neg(x) : x;
  const Number two_signs = above == 0 ? signed_zero : a.with_sign_of(a.exact(std::abs(above)), signed_zero);
  return a.select(builder_.equal(x.hi, a.literal(0)), one_sign ? a.exact(above) : two_signs, number);
}

}  // namespace actinide
