// One case for each operation: its approximation.
#include "approximation/evaluate.h"

#include "approximation/chain.h"
#include "approximation/evaluator.h"
#include "error.h"
#include "expression/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide {
namespace {

constexpr mpfr_prec_t constant_bits = 512;

Setting setting_for(Builder &builder, const SymbolicKernel &kernel, DTypes dtypes, Precision precision) {
  const Compute compute = first_of(precision.compute);
  const bool odd = compute == Compute::f32_odd, f32 = odd || compute == Compute::f32 || compute == Compute::f32_pair;
  const auto is = [&](DType dtype) { return dtypes.inputs == dtype || dtypes.outputs == dtype; };
  internal_check(!f32 || !is(DType::f64), "f64 results can't be computed in f32");
  const bool pairs = compute == Compute::f64_pair || compute == Compute::f32_pair;
  const bool spare_digits = compute == Compute::f64 && !is(DType::f64);
  const bool all_f16 = dtypes == DTypes(DType::f16), has_second = compute != precision.compute;
  return {.main = Arithmetic(builder, f32 ? Type::f32 : Type::f64, pairs),
          .fine = Arithmetic(builder, f32 ? Type::f32 : Type::f64, pairs || !spare_digits),
          .precision = {f32 ? Compute::f32 : compute, precision.bits, precision.absolute},
          .wide = spare_digits || (f32 && !pairs && kernel.parameters.empty() && (all_f16 || has_second)),
          .spare_digits = spare_digits,
          .few_digits = f32 && is_16_bit(dtypes.outputs),
          .distinct_from_one = spare_digits && dtypes == DTypes(DType::bf16) && kernel.wide.empty(),
          .multiplied = kernel.inputs.size() > 1,
          .guarded = false,
          .settled = false,
          .odd_products = odd};
}

/// A product shows more than its own digits of a factor that stands for its limit: half of the rest is seen where it is
/// rounded.
DTypes limits_of(DTypes dtypes, std::size_t inputs, Precision precision) {
  if (inputs < 2) return dtypes;
  const bool f32 = first_of(precision.compute) == Compute::f32;
  return {dtypes.inputs, f32 ? DType::f32 : DType::f64};
}

Number sign(const Arithmetic &a, const Number &u) {
  const Number zero = a.exact(0);
  Number result = a.select(a.less(u, zero), a.exact(-1), a.select(a.less(zero, u), a.exact(1), u));
  result.range = {-1, 1};
  return result;
}

/// In IEEE arithmetic sqrt(-0) is -0 and 1/sqrt(-0) -infinity; the function itself comes from above: -0 + 0 = 0. In
/// pairs the error of the square of a root needs room below it, which a tiny argument doesn't leave.
Number root(const Arithmetic &a, Number u) {
  if (u.range.low > 0) return a.sqrt(u);
  u.hi = a.builder().add(u.hi, a.literal(0));
  if (!a.pairs() || u.factor) return a.sqrt(u);
  const bool f32 = a.type() == Type::f32;
  const double tiny = f32 ? 0x1p-90 : 0x1p-900;
  const int lift = f32 ? 24 : 54;
  const ValueId is_tiny = a.less(u, a.exact(tiny));
  const Number result = a.sqrt(a.select(is_tiny, a.times_power_of_two(u, std::ldexp(1.0, 2 * lift)), u));
  return a.select(is_tiny, a.times_power_of_two(result, std::ldexp(1.0, -lift)), result);
}

}  // namespace

Evaluator::Evaluator(const SymbolicKernel &kernel, DTypes dtypes, Precision precision)
    : kernel_(kernel),
      dtypes_(dtypes),
      limits_(limits_of(dtypes, kernel.inputs.size(), precision)),
      setting_(setting_for(builder_, kernel, dtypes, precision)),
      has_second_(first_of(precision.compute) != precision.compute) {
  scope_.inside = kernel.as_it_stands;
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i) scope_.variables.emplace(kernel.inputs[i], from_tensor(i));
  const Arithmetic &a = setting_.main;
  for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
    const ValueId value = builder_.parameter(i);
    const double largest = float_format(parameter_dtype(dtypes.inputs)).largest();  // a parameter is finite
    Number parameter = a.of(a.type() == Type::f32 ? builder_.narrow(value) : value, {-largest, largest});
    // What is narrowed to 0 was positive.
    if (a.type() == Type::f32 && kernel.positive.contains(kernel.parameters[i]))
      parameter = a.clamp(parameter, std::numeric_limits<float>::denorm_min(), largest);
    scope_.variables.emplace(kernel.parameters[i], parameter);
  }
}

std::vector<Tensor> Evaluator::tensors() const {
  std::vector<Tensor> list;
  for (std::size_t i = 0; i < kernel_.inputs.size(); ++i) {
    const std::string &name = kernel_.inputs[i];
    if (!is_wide(i)) list.push_back({name, dtype_of(name, dtypes_.inputs)});
    for (std::size_t word = 0; is_wide(i) && word < words_of_wide(setting_.precision); ++word)
      list.push_back({word_name(name, word), DType::f64});
  }
  return list;
}

std::size_t Evaluator::first_tensor(std::size_t input) const {
  std::size_t tensor = 0;
  for (std::size_t i = 0; i < input; ++i) tensor += is_wide(i) ? words_of_wide(setting_.precision) : 1;
  return tensor;
}

Number Evaluator::from_tensor(std::size_t input) {
  const std::size_t tensor = first_tensor(input);
  if (is_wide(input)) {
    Number number = setting_.main.of(builder_.tensor(tensor, Type::f64), Interval::all());
    if (words_of_wide(setting_.precision) == 2) number.lo = builder_.tensor(tensor + 1, Type::f64);
    return number;
  }
  const ValueId value = builder_.tensor(tensor, type_of(dtype_of(kernel_.inputs[input], dtypes_.inputs)));
  const Type main = setting_.main.type();
  return setting_.main.of(builder_.type(value) == main ? value : builder_.widen(value, main), Interval::all());
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
  if (has_parameters(expression)) return parametric(expression, mode);
  const std::size_t input = input_index(inputs[0]);
  return univariate(expression, {inputs[0], from_tensor(input), input});
}

/// What is approximated needs no low word in its result, though its argument may.
Number Evaluator::compute(const Expr &expression, Mode mode) {
  if (variables(expression).empty()) return fixed(expression, arithmetic(mode));
  const OpKind kind = info(expression.op()).kind;
  const bool approximated = kind == OpKind::transcendental || kind == OpKind::internal;
  if (approximated && mode == Mode::fine) return evaluate(expression, Mode::main);

  const Arithmetic &a = arithmetic(mode);
  const auto argument = [&](std::size_t i) { return evaluate(expression[i], mode); };
  const auto fine = [&] { return evaluate(expression[0], Mode::fine); };
  switch (expression.op()) {
    case Op::constant:
    case Op::pi:
    case Op::euler:
      return fixed(expression, a);
    case Op::variable:
      return scope_.variables.at(expression.name());

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

    case Op::less:
    case Op::less_equal:
    case Op::equal:
    case Op::not_equal:
      throw InternalError("a truth value is no number");

    case Op::select:
      return a.select(condition(expression[0]), arm(expression, 1, mode), arm(expression, 2, mode));
    case Op::max:
      return larger(expression[0], expression[1], mode);
    case Op::min:
      return smaller(expression[0], expression[1], mode);
    case Op::abs:
      return size(expression[0], mode);
    case Op::sign:
      return sign(a, argument(0));
    case Op::step:
      return a.select(a.less(a.exact(0), argument(0)), a.exact(1), a.exact(0));
    case Op::sqrt:
      return root(a, argument(0));

    case Op::exp:
      return exponential(expression[0]);
    case Op::expm1: {
      // A quotient by a parameter is off by a rounding and a half, and so is the result, which has room for it.
      const bool is_quotient = setting_.guarded && setting_.main.type() == Type::f32 && expression[0].is(Op::min);
      return expm1(setting_, is_quotient ? argument(0) : fine());
    }
    case Op::log:
      return log(setting_, argument(0));
    case Op::log1p:
      return log1p(setting_, argument(0));
    case Op::sin:
      return sine(expression[0], 0);
    case Op::cos:
      return sine(expression[0], 2);
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
    case Op::scaled_exp:
      return scaled_exp(setting_, argument(0), argument(1));
    case Op::nearest:
      return nearest(setting_, argument(0));
  }
  throw InternalError("evaluate: unknown operation");
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

std::vector<ValueId> Evaluator::words_of(const Number &number) {
  const Number settled = setting_.main.settle(number);
  std::vector<ValueId> words = {settled.hi};
  if (words_of_wide(setting_.precision) == 2)
    words.push_back(settled.lo ? *settled.lo : builder_.literal(Type::f64, 0));
  return words;
}

Program Evaluator::run(const Corrections &corrections) {
  if (kernel_.outputs.size() > 1 && !kernel_.as_it_stands) survey();
  std::vector<Output> outputs;
  for (const auto &[name, expression] : kernel_.outputs) {
    if (!kernel_.wide.contains(name)) {
      const DType dtype = dtype_of(name, dtypes_.outputs);
      Number number = evaluate(expression);
      if (const auto &instead = corrections.instead; instead && outputs.empty())
        number = setting_.main.select(condition(instead->first), evaluate(instead->second), number);
      const ValueId value = stored(with_looked_up(number, expression, corrections), dtype);
      outputs.push_back({name, dtype, with_nan(value, expression)});
      continue;
    }
    const std::vector<ValueId> words = words_of(evaluate(expression));
    for (std::size_t word = 0; word < words.size(); ++word)
      outputs.push_back({word_name(name, word), DType::f64, with_nan(words[word], expression)});
  }
  if (has_second_) outputs.push_back({std::string(kOpen), DType::f32, open()});
  return builder_.finish(tensors(), kernel_.parameters, std::move(outputs));
}

std::size_t words_of_wide(Precision precision) {
  internal_check(precision.compute != Compute::f32, "evaluate: f32 has no wide numbers");
  return precision.compute == Compute::f64_pair ? 2 : 1;
}

std::string word_name(const std::string &name, std::size_t word) {
  return fmt::format("{}.{}", name, word);
}

namespace {

// What arithmetic adds to the approximations' error, of e^u with |u| < 128 the most, 2^-46, leaves it below
// 2^-kSureBits.
constexpr int kBitsBeforePairs = 42;
// Of f64 behind f32.
constexpr int kBitsBehind = 45;

}  // namespace

Program program_before_pairs(const SymbolicKernel &kernel, DTypes dtypes) {
  SymbolicKernel wide = kernel;
  for (const auto &output : kernel.outputs) wide.wide.insert(output.first);
  return Evaluator(wide, dtypes, {Compute::f64_then_pair, kBitsBeforePairs}).run({});
}

Program build_program(const SymbolicKernel &kernel, DTypes dtypes, Precision precision,
                      const Corrections &corrections) {
  if (precision.compute == Compute::f64_then_pair) {
    const Program sure = build_program(kernel, dtypes, {Compute::f64_pair, precision.bits});
    return either(rounded_if_clear(program_before_pairs(kernel, dtypes), sure.outputs, kSureBits), sure);
  }
  if (precision.compute == Compute::f32_then_f64)
    return either(Evaluator(kernel, dtypes, precision).run(corrections),
                  build_program(kernel, dtypes, {Compute::f64, kBitsBehind}, corrections));
  return Evaluator(kernel, dtypes, precision).run(corrections);
}

}  // namespace actinide
