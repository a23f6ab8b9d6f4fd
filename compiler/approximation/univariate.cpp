// Parts of a kernel that depend on one input: where everything about them can be looked up in the reference, it is.
#include "approximation/evaluator.h"
#include "approximation/roots.h"
#include "approximation/saturation.h"
#include "expression/reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <set>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// True if something that can overflow, underflow or saturate long before its argument does occurs in the expression.
bool is_transcendental(const Expr &expression) {
  return info(expression.op()).kind == OpKind::transcendental ||
         std::ranges::any_of(expression.arguments(), is_transcendental);
}

/// Results below 2^this vanish, even times the largest number that a product may still bring.
int vanishing_exponent(const Setting &setting) {
  if (setting.wide) return -300;
  return setting.main.type() == Type::f32 ? -170 : -1480;
}

/// The inputs whose NaN certainly makes the value NaN, from the structure alone.
std::set<std::string> nan_sources(const Expr &expression, bool guarded) {
  const auto of = [&](std::size_t i) { return nan_sources(expression[i], guarded); };
  const auto common = [](const std::set<std::string> &a, const std::set<std::string> &b) {
    std::set<std::string> both;
    std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
    return both;
  };
  switch (expression.op()) {
    case Op::variable:
      return {expression.name()};
    case Op::select:
      return common(of(1), of(2));
    case Op::max:
    case Op::min:
      return common(of(0), of(1)).empty() && variables(expression[1]).empty() ? of(0) : common(of(0), of(1));
    case Op::step:
      return {};
    case Op::pow:
      return expression[1].is_value(0) ? std::set<std::string>{} : of(0);
    case Op::mul:
      if (guarded) return common(of(0), of(1));
      [[fallthrough]];
    default: {
      std::set<std::string> all;
      for (std::size_t i = 0; i < expression.arguments().size(); ++i) all.merge(of(i));
      return all;
    }
  }
}

/// A product of factors over a product of factors.
struct Factors {
  Expr above;
  Expr below;

  std::size_t size() const { return (above ? node_count(above) : 0) + (below ? node_count(below) : 0); }
  Expr quotient() const {
    const Expr numerator = above ? above : constant(1);
    return below ? numerator / below : numerator;
  }
  /// Moves the other's factors here.
  void take(Factors &other) {
    if (other.above) above = above ? above * other.above : other.above;
    if (other.below) below = below ? below * other.below : other.below;
    other = {};
  }
};

/// Calls `visit(factor, inverse)` for each factor of a product or quotient.
void collect_factors(const Expr &expression, bool inverse, const std::function<void(const Expr &, bool)> &visit) {
  switch (expression.op()) {
    case Op::mul:
      collect_factors(expression[0], inverse, visit);
      collect_factors(expression[1], inverse, visit);
      return;
    case Op::div:
      collect_factors(expression[0], inverse, visit);
      collect_factors(expression[1], !inverse, visit);
      return;
    case Op::neg:
      visit(constant(-1), inverse);
      collect_factors(expression[0], inverse, visit);
      return;
    default:
      visit(expression, inverse);
  }
}

bool same_value(double computed, double exact, DType dtype) {
  if (std::isnan(exact)) return std::isnan(computed);
  if (exact == 0) return computed == 0 && std::signbit(computed) == std::signbit(exact);
  if (std::isinf(exact)) return computed == exact;
  return std::abs(computed - exact) <= std::ldexp(std::abs(exact), dtype == DType::f32 ? -20 : -48);
}

}  // namespace

ValueId Evaluator::stored(const Number &number) {
  const ValueId value = setting_.main.rounded(number);
  return dtype_ == DType::f32 && builder_.type(value) == Type::f64 ? builder_.narrow(value) : value;
}

ValueId Evaluator::with_nan(ValueId value, const Expr &expression) {
  const std::set<std::string> certain = nan_sources(expression, has_parameters(expression));
  for (const std::string &name : inputs_of(expression)) {
    if (certain.contains(name)) continue;
    const ValueId input = builder_.tensor(input_index(name), type_of(dtype_));
    value = builder_.select(builder_.unordered(input, input), builder_.add(input, input), value);
  }
  return value;
}

double Evaluator::probe(ValueId value, std::size_t input, double at) const {
  std::vector<Tensor> tensors;
  for (const std::string &name : kernel_.inputs) tensors.push_back({name, dtype_});
  const Program program = builder_.finish(std::move(tensors), {}, {{"probe", dtype_, value}});
  std::vector<double> inputs(kernel_.inputs.size(), 0.0);
  inputs[input] = at;
  return interpret(program, inputs, {})[0];
}

std::optional<Number> Evaluator::product_by_input(const Expr &expression, Mode mode) {
  std::vector<Factors> groups;  // the first: without inputs; the last: of several
  std::vector<std::string> names = inputs_of(expression);
  groups.resize(names.size() + 2);
  collect_factors(expression, false, [&](const Expr &factor, bool inverse) {
    const std::vector<std::string> inputs = inputs_of(factor);
    const std::size_t group = inputs.empty()      ? 0
                              : inputs.size() > 1 ? names.size() + 1
                                                  : 1 + std::ranges::find(names, inputs[0]) - names.begin();
    Expr &part = inverse ? groups[group].below : groups[group].above;
    part = part ? part * factor : factor;
  });
  // Numbers go with the largest function of one input.
  std::size_t largest = 1;
  for (std::size_t i = 1; i <= names.size(); ++i) {
    if (groups[i].size() > groups[largest].size()) largest = i;
  }
  groups[largest].take(groups[0]);

  std::vector<Expr> parts;
  for (const Factors &group : groups) {
    if (group.size() > 0) parts.push_back(group.quotient());
  }
  if (parts.size() < 2) return std::nullopt;
  Number product = evaluate(parts[0], mode);
  for (std::size_t i = 1; i < parts.size(); ++i) product = product_of_numbers(product, evaluate(parts[i], mode), mode);
  return product;
}

Number Evaluator::parametric(const Expr &expression, Mode mode) {
  setting_.guarded = true;
  scope_.inside = true;
  const Number number = compute(expression, mode);
  scope_.inside = false;
  setting_.guarded = false;
  return number;
}

/// f64 has digits to spare for f32 results: where terms cancel at an interior root, approximations to 2^-52 keep enough
/// of them (next to it f is about 2^-25), and cost less than the factored form of windows.cpp.
int Evaluator::bits_for(const Reference &reference) const {
  constexpr int at_roots = 52;
  const int bits = setting_.precision.bits;
  if (!setting_.wide || bits >= at_roots) return bits;
  return count_roots(reference, 1) > 0 ? at_roots : bits;
}

Number Evaluator::univariate(const Expr &expression, const std::string &input) {
  const Reference reference(expression, {input});
  const Arithmetic &a = setting_.main;
  const Number x = from_tensor(input_index(input));

  Number inner = x;
  if (is_transcendental(expression)) {
    const Interval core = saturation_bounds(reference, dtype_, vanishing_exponent(setting_));
    inner = a.clamp(x, core.low, core.high);
  }
  const Precision precision = setting_.precision;
  setting_.precision.bits = bits_for(reference);
  Scope outer;
  std::swap(outer, scope_);
  scope_.variables.emplace(input, inner);
  scope_.inside = true;
  Number number = compute(expression, Mode::main);
  std::swap(outer, scope_);
  number = with_root_windows(number, x, reference);
  setting_.precision = precision;
  number = with_limits(number, x, input_index(input), reference);
  return with_zero_signs(number, x, input_index(input), reference);
}

/// At infinity the limit, where the instructions give something else (0 times infinity, say).
Number Evaluator::with_limits(Number number, const Number &x, std::size_t input, const Reference &reference) {
  const Arithmetic &a = setting_.main;
  for (const double end : {-infinity, infinity}) {
    double limit = reference.rounded({&end, 1}, dtype_);
    if (limit == 0) limit = reference.negative_zero({&end, 1}).value_or(false) ? -0.0 : 0.0;
    if (same_value(probe(stored(number), input, end), limit, dtype_)) continue;
    number = a.select(builder_.equal(x.hi, a.literal(end)), a.exact(limit), number);
  }
  return number;
}

/// Where f(0) = 0, the sign that it has on either side.
Number Evaluator::with_zero_signs(const Number &number, const Number &x, std::size_t input,
                                  const Reference &reference) {
  const Arithmetic &a = setting_.main;
  const auto exact_at = [&](double at) { return reference.rounded({&at, 1}, dtype_); };
  const double above = exact_at(0.0), below = exact_at(-0.0);
  if (above != 0 || below != 0) return number;
  const auto right_at = [&](double at, double exact) {
    const double computed = probe(stored(number), input, at);
    return computed == exact && std::signbit(computed) == std::signbit(exact);
  };
  if (right_at(0.0, above) && right_at(-0.0, below)) return number;
  const bool one_sign = std::signbit(above) == std::signbit(below);
  const Number zero = one_sign ? a.exact(above) : std::signbit(above) ? a.neg(x) : x;
  return a.select(builder_.equal(x.hi, a.literal(0)), zero, number);
}

}  // namespace actinide
