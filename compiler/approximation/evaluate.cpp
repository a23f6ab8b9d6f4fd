// One case for each operation: its approximation.
#include "approximation/evaluate.h"

#include "approximation/evaluator.h"
#include "error.h"
#include "expression/reference.h"

#include <algorithm>
#include <limits>

namespace actinide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr mpfr_prec_t constant_bits = 512;

bool is_bounded(Interval range) {
  return range.low > -infinity && range.high < infinity;
}

/// The power of two below 1 that a constant is.
std::optional<double> small_power_of_two(const Expr &expression) {
  if (!expression.is(Op::constant)) return std::nullopt;
  const Rational &value = expression.value();
  if (value.get_num() != 1 || mpz_popcount(value.get_den_mpz_t()) != 1 || value.get_den() == 1) return std::nullopt;
  if (value < Rational(1, 1024)) return std::nullopt;
  return value.get_d();
}

Setting setting_for(Builder &builder, DType dtype, Precision precision) {
  const Type type = precision.compute == Compute::f32 ? Type::f32 : Type::f64;
  internal_check(dtype == DType::f32 || type == Type::f64, "f64 results can't be computed in f32");
  const bool pairs = precision.compute == Compute::f64_pair;
  const bool wide = dtype == DType::f32 && precision.compute == Compute::f64;
  return {.main = Arithmetic(builder, type, pairs),
          .fine = Arithmetic(builder, type, pairs || !wide),
          .precision = precision,
          .wide = wide,
          .guarded = false};
}

}  // namespace

Evaluator::Evaluator(const SymbolicKernel &kernel, DType dtype, Precision precision)
    : kernel_(kernel), dtype_(dtype), setting_(setting_for(builder_, dtype, precision)) {
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i) scope_.variables.emplace(kernel.inputs[i], from_tensor(i));
  const Arithmetic &a = setting_.main;
  for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
    const ValueId value = builder_.parameter(i);
    // A parameter is finite; of an f32 kernel it is an f32.
    const double largest = dtype == DType::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    const Interval range{-largest, largest};
    scope_.variables.emplace(kernel.parameters[i], a.of(a.type() == Type::f32 ? builder_.narrow(value) : value, range));
  }
}

Number Evaluator::from_tensor(std::size_t index) {
  const ValueId value = builder_.tensor(index, type_of(dtype_));
  const bool widened = dtype_ == DType::f32 && setting_.main.type() == Type::f64;
  return setting_.main.of(widened ? builder_.widen(value) : value, Interval::all());
}

std::size_t Evaluator::input_index(const std::string &name) const {
  return static_cast<std::size_t>(std::ranges::find(kernel_.inputs, name) - kernel_.inputs.begin());
}

std::vector<std::string> Evaluator::inputs_of(const Expr &expression) const {
  std::vector<std::string> found;
  for (const std::string &name : variables(expression)) {
    if (std::ranges::find(kernel_.inputs, name) != kernel_.inputs.end()) found.push_back(name);
  }
  return found;
}

bool Evaluator::has_parameters(const Expr &expression) const {
  return variables(expression).size() != inputs_of(expression).size();
}

Number Evaluator::evaluate(const Expr &expression, Mode mode) {
  if (setting_.main.pairs() == setting_.fine.pairs()) mode = Mode::main;
  const std::pair key{expression, mode};
  if (const auto known = scope_.memo.find(key); known != scope_.memo.end()) return known->second;
  const Number number = scope_.inside ? compute(expression, mode) : enter(expression, mode);
  scope_.memo.emplace(key, number);
  return number;
}

Number Evaluator::enter(const Expr &expression, Mode mode) {
  if (expression.is(Op::variable)) return compute(expression, mode);
  const std::vector<std::string> inputs = inputs_of(expression);
  if (inputs.size() > 1) {
    if (const auto product = product_by_input(expression, mode)) return *product;
  }
  if (inputs.size() != 1) return compute(expression, mode);
  return has_parameters(expression) ? parametric(expression, mode) : univariate(expression, inputs[0]);
}

Number Evaluator::compute(const Expr &expression, Mode mode) {
  if (variables(expression).empty()) return fixed(expression, arithmetic(mode));
  switch (info(expression.op()).kind) {
    case OpKind::leaf:
      return scope_.variables.at(expression.name());
    case OpKind::comparison:
      throw InternalError("a truth value is no number");
    case OpKind::arithmetic:
    case OpKind::function:
    case OpKind::internal:
      return compute_arithmetic(expression, mode);
  }
  throw InternalError("no such kind of operation");
}

Number Evaluator::compute_arithmetic(const Expr &expression, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const auto argument = [&](std::size_t i) { return evaluate(expression[i], mode); };
  switch (expression.op()) {
    case Op::add:
      return sum(expression, false, mode);
    case Op::sub:
      return sum(expression, true, mode);
    case Op::mul:
      return product(expression[0], expression[1], mode);
    case Op::div:
      return quotient(expression[0], expression[1], mode);
    case Op::neg:
      return a.neg(argument(0));
    case Op::pow:
      return power(expression[0], expression[1], mode);
    case Op::select:
      return a.select(condition(expression[0]), argument(1), argument(2));
    case Op::max:
      return larger(expression[0], expression[1], mode);
    case Op::min:
      return smaller(expression[0], expression[1], mode);
    case Op::abs:
      return a.abs(argument(0));
    case Op::sqrt:
      return a.sqrt(argument(0));

    case Op::constant:
    case Op::variable:
    case Op::pi:
    case Op::euler:
    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
      break;  // leaves and truth values: see compute and condition

    case Op::sign:
    case Op::step:
    case Op::exp:
    case Op::expm1:
    case Op::log:
    case Op::log1p:
    case Op::sin:
    case Op::cos:
    case Op::tanh:
    case Op::erf:
    case Op::erfc:
    case Op::normcdf:
    case Op::normpdf:
    case Op::sigmoid:
    case Op::softplus:
    case Op::root_sum:
      return mode == Mode::main ? compute_function(expression) : evaluate(expression, Mode::main);
  }
  throw InternalError(fmt::format("{} is not evaluated as a number", info(expression.op()).name));
}

Number Evaluator::compute_function(const Expr &expression) {
  const Arithmetic &a = setting_.main;
  const auto argument = [&](std::size_t i) { return evaluate(expression[i]); };
  const auto fine = [&] { return evaluate(expression[0], Mode::fine); };
  switch (expression.op()) {
    case Op::sign: {
      const Number u = argument(0), zero = a.exact(0);
      Number signs = a.select(a.less(u, zero), a.exact(-1), a.select(a.less(zero, u), a.exact(1), u));
      signs.range = {-1, 1};
      return signs;
    }
    case Op::step:
      return a.select(a.less(a.exact(0), argument(0)), a.exact(1), a.exact(0));
    case Op::exp:
      return exp(setting_, fine());
    case Op::expm1:
      return expm1(setting_, fine());
    case Op::log:
      return log(setting_, argument(0));
    case Op::log1p:
      return log1p(setting_, argument(0));
    case Op::sin:
      return sin(setting_, argument(0));
    case Op::cos:
      return cos(setting_, argument(0));
    case Op::tanh:
      return tanh(setting_, argument(0));
    case Op::erf:
      return erf(setting_, argument(0));
    case Op::erfc:
      return erfc(setting_, fine());
    case Op::normcdf:
      return normcdf(setting_, fine());
    case Op::normpdf:
      return normpdf(setting_, fine());
    case Op::sigmoid:
      return sigmoid(setting_, fine());
    case Op::softplus:
      return softplus(setting_, fine());
    case Op::root_sum:
      return root_sum(setting_, argument(0), argument(1));
    default:
      throw InternalError(fmt::format("{} is no function", info(expression.op()).name));
  }
}

ValueId Evaluator::condition(const Expr &expression) {
  const Arithmetic &a = setting_.main;
  const Number left = evaluate(expression[0]), right = evaluate(expression[1]);
  switch (expression.op()) {
    case Op::less:
      return a.less(left, right);
    case Op::less_equal:
      return a.less_equal(left, right);
    case Op::equal:
      return a.equal(left, right);
    case Op::not_equal:
      return builder_.logical_not(a.equal(left, right));
    default:
      throw InternalError(fmt::format("{} is no comparison", info(expression.op()).name));
  }
}

/// An expression without variables: exact, then rounded once.
Number Evaluator::fixed(const Expr &expression, const Arithmetic &a) {
  if (expression.is(Op::constant)) return a.constant(expression.value());
  mpfr_t value;
  mpfr_init2(value, constant_bits);
  Reference(expression, {}).evaluate(value, {});
  const Number number = a.constant(value);
  mpfr_clear(value);
  return number;
}

/// A product in a sum is fused with it.
Number Evaluator::sum(const Expr &expression, bool subtract, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const auto term = [&](const Expr &part) { return evaluate(part, mode); };
  const auto fuses = [&](const Expr &part) {
    return part.is(Op::mul) && !a.pairs() && !setting_.guarded && scope_.inside && !variables(part).empty();
  };
  const Expr &left = expression[0], &right = expression[1];
  if (fuses(right)) {
    const Number factor = term(right[0]);
    return a.fma(subtract ? a.neg(factor) : factor, term(right[1]), term(left));
  }
  if (fuses(left)) {
    const Number rest = term(right);
    return a.fma(term(left[0]), term(left[1]), subtract ? a.neg(rest) : rest);
  }
  return subtract ? a.sub(term(left), term(right)) : a.add(term(left), term(right));
}

Number Evaluator::product(const Expr &left, const Expr &right, Mode mode) {
  if (left == right) return arithmetic(mode).square(evaluate(left, mode));
  if (const auto power = small_power_of_two(left)) return scaled(right, *power, mode);
  if (const auto power = small_power_of_two(right)) return scaled(left, *power, mode);
  return product_of_numbers(evaluate(left, mode), evaluate(right, mode), mode);
}

/// x y in pairs, where a zero has lost its sign to the zeros of opposite sign among the low words.
Number Evaluator::with_sign_of_zero(Number product, const Number &x, const Number &y) {
  const bool looked_up = scope_.inside && !setting_.guarded;  // see with_zero_signs
  if (!product.lo || (!x.range.contains(0) && !y.range.contains(0)) || looked_up) return product;
  const ValueId signed_zero = builder_.mul(x.hi, y.hi);
  const ValueId is_zero = builder_.equal(product.hi, setting_.main.literal(0));
  product.hi = builder_.select(is_zero, signed_zero, product.hi);
  product.lo = builder_.select(is_zero, signed_zero, *product.lo);
  return product;
}

/// Where limits can't be looked up, zero wins over infinity: see Setting::guarded. The comparison is false for NaN, so
/// that a NaN factor wins over both.
Number Evaluator::product_of_numbers(const Number &x, const Number &y, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  Number result = a.mul(x, y);
  if (a.pairs()) result = with_sign_of_zero(result, x, y);
  if (!setting_.guarded) return result;
  const auto zero_wins = [&](const Number &vanishing, const Number &unbounded) {
    if (is_bounded(unbounded.range) || !vanishing.range.contains(0)) return;
    const Interval range = result.range;
    const Number zero = a.of(builder_.mul(vanishing.hi, builder_.copysign(a.literal(1), unbounded.hi)), {0, 0});
    result = a.select(builder_.equal(vanishing.hi, a.literal(0)), zero, result);
    result.range = range;
  };
  zero_wins(x, y);
  zero_wins(y, x);
  return result;
}

/// expression * power, power < 1. It moves into a sum that may overflow, so that only the result can.
Number Evaluator::scaled(const Expr &expression, double power, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const Number whole = evaluate(expression, mode);
  if (is_bounded(whole.range)) return a.times_power_of_two(whole, power);
  switch (expression.op()) {
    case Op::add:
      return a.add(scaled(expression[0], power, mode), scaled(expression[1], power, mode));
    case Op::sub:
      return a.sub(scaled(expression[0], power, mode), scaled(expression[1], power, mode));
    case Op::select:
      return a.select(condition(expression[0]), scaled(expression[1], power, mode), scaled(expression[2], power, mode));
    default:
      return a.times_power_of_two(whole, power);
  }
}

/// (p q)/d with p unbounded, q and d bounded is p (q/d): p q may overflow where the result doesn't. So may the
/// denominator, where no wider type is at work: n/(q r) is (n/q)/r and n/(q + r): see quotient_by_sum.
Number Evaluator::quotient(const Expr &numerator, const Expr &denominator, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const Number d = evaluate(denominator, mode);
  if (!setting_.wide && !is_bounded(d.range)) {
    if (denominator.is(Op::mul))
      return a.div(quotient(numerator, denominator[0], mode), evaluate(denominator[1], mode));
    if (denominator.is(Op::add) || denominator.is(Op::sub)) return quotient_by_sum(numerator, denominator, mode);
  }
  if (numerator.is(Op::mul) && !variables(numerator).empty() && is_bounded(d.range) && !d.range.contains(0)) {
    for (const std::size_t i : {0, 1}) {
      const Number p = evaluate(numerator[i], mode);
      if (is_bounded(p.range)) continue;
      const Expr &rest = numerator[1 - i];
      if (!is_bounded(evaluate(rest, mode).range)) break;
      return product_of_numbers(p, quotient(rest, denominator, mode), mode);
    }
  }
  return a.div(evaluate(numerator, mode), d);
}

/// n/(q + r) where q + r may overflow: there n/2 over q/2 + r/2. Not everywhere, for the halves of the smallest numbers
/// are 0.
Number Evaluator::quotient_by_sum(const Expr &numerator, const Expr &denominator, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  const Number n = evaluate(numerator, mode), d = evaluate(denominator, mode), half = scaled(denominator, 0.5, mode);
  const ValueId is_large = a.less(a.exact(a.safe_magnitude()), a.abs(half));
  return a.div(a.select(is_large, a.times_power_of_two(n, 0.5), n), a.select(is_large, half, d));
}

/// Powers with integer and half-integer exponents are products and square roots; others go through exp and log.
Number Evaluator::power(const Expr &base, const Expr &exponent, Mode mode) {
  const Arithmetic &a = arithmetic(mode);
  constexpr long largest = 256;
  if (exponent.is(Op::constant)) {
    const Rational doubled = exponent.value() * 2;
    if (doubled.get_den() == 1 && abs(doubled) <= 2 * largest) {
      const long n = std::abs(doubled.get_num().get_si());
      if (n == 0) return a.exact(1);
      const Number u = evaluate(base, mode);
      Number result = n / 2 > 0 ? integer_power(a, u, static_cast<unsigned>(n / 2)) : a.exact(1);
      if (n % 2 == 1) result = n == 1 ? a.sqrt(u) : a.mul(result, a.sqrt(u));
      return exponent.value() < 0 ? a.div(a.exact(1), result) : result;
    }
  }
  if (mode == Mode::fine) return evaluate(make(Op::pow, {base, exponent}), Mode::main);
  if (setting_.main.type() == Type::f64) return general_power(setting_, evaluate(base), evaluate(exponent));
  // exp makes an absolute error of exponent * log(base) a relative one, which takes more digits than f32 has.
  constexpr int bits = 40;
  const Setting wide = widened(setting_, bits);
  const bool is_fixed = variables(exponent).empty();
  const Number v = is_fixed ? fixed(exponent, wide.main) : widen(setting_, evaluate(exponent));
  return narrow(setting_, general_power(wide, widen(setting_, evaluate(base)), v));
}

/// With the constant as second operand, NaN in the first stays, and -0 against 0 gives 0.
Number Evaluator::larger(const Expr &first, const Expr &second, Mode mode) {
  if (variables(first).empty() && !variables(second).empty()) return larger(second, first, mode);
  const Arithmetic &a = arithmetic(mode);
  const Number x = evaluate(first, mode), y = evaluate(second, mode);
  Number result = a.select(a.less_equal(x, y), y, x);
  result.range = {std::max(x.range.low, y.range.low), std::max(x.range.high, y.range.high)};
  return result;
}

Number Evaluator::smaller(const Expr &first, const Expr &second, Mode mode) {
  if (variables(first).empty() && !variables(second).empty()) return smaller(second, first, mode);
  const Arithmetic &a = arithmetic(mode);
  const Number x = evaluate(first, mode), y = evaluate(second, mode);
  Number result = a.select(a.less_equal(y, x), y, x);
  result.range = {std::min(x.range.low, y.range.low), std::min(x.range.high, y.range.high)};
  return result;
}

Program Evaluator::run() {
  std::vector<Output> outputs;
  for (const auto &[name, expression] : kernel_.outputs) {
    const ValueId value = stored(evaluate(expression));
    outputs.push_back({name, dtype_, with_nan(value, expression)});
  }
  std::vector<Tensor> inputs;
  for (const std::string &name : kernel_.inputs) inputs.push_back({name, dtype_});
  return builder_.finish(std::move(inputs), kernel_.parameters, std::move(outputs));
}

Program build_program(const SymbolicKernel &kernel, DType dtype, Precision precision) {
  return Evaluator(kernel, dtype, precision).run();
}

}  // namespace actinide
