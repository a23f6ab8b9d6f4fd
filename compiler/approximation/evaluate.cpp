// One case for each operation: its approximation.
#include "approximation/evaluate.h"

#include "approximation/evaluator.h"
#include "error.h"
#include "expression/reference.h"

#include <algorithm>
#include <limits>

namespace actinide {
namespace {

constexpr mpfr_prec_t constant_bits = 512;

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

Number sign(const Arithmetic &a, const Number &u) {
  const Number zero = a.exact(0);
  Number result = a.select(a.less(u, zero), a.exact(-1), a.select(a.less(zero, u), a.exact(1), u));
  result.range = {-1, 1};
  return result;
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
      return a.select(condition(expression[0]), argument(1), argument(2));
    case Op::max:
      return larger(expression[0], expression[1], mode);
    case Op::min:
      return smaller(expression[0], expression[1], mode);
    case Op::abs:
      return a.abs(argument(0));
    case Op::sign:
      return sign(a, argument(0));
    case Op::step:
      return a.select(a.less(a.exact(0), argument(0)), a.exact(1), a.exact(0));
    case Op::sqrt:
      return a.sqrt(argument(0));

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
