// Walks an exact expression and emits the instructions that evaluate it.
#pragma once

#include "approximation/evaluate.h"
#include "approximation/factors.h"
#include "approximation/functions.h"
#include "approximation/roots.h"
#include "approximation/whole_forms.h"
#include "expression/reference.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace actinide {

/// True if something that can overflow, underflow or saturate long before its argument does occurs in the expression.
bool is_transcendental(const Expr &expression);
/// True if the expression is a product of functions that are exact to the last digit at their roots.
bool keeps_digits_at_roots(const Expr &expression);

class Evaluator {
 public:
  Evaluator(const SymbolicKernel &kernel, DTypes dtypes, Precision precision);

  /// The program of the whole kernel.
  Program run(const Corrections &corrections);

 private:
  /// How exact a result is wanted: as the setting's main arithmetic gives it, or with a low word for the argument of
  /// exp.
  enum class Mode { main, fine };
  using Memo = std::map<std::pair<Expr, Mode>, Number>;

  // A part of the kernel that depends on one input is evaluated with all that can be known of a function of one
  // variable: where it saturates, its limits, its zeros (univariate.cpp).
  struct Scope {
    std::map<std::string, Number> variables;
    std::map<std::string, Number> far;  ///< of variables that are no inputs: see functions.h, sin
    Memo memo;
    bool inside = false;  ///< within such a part
  };

  Number evaluate(const Expr &expression, Mode mode = Mode::main);
  Number enter(const Expr &expression, Mode mode);
  Number compute(const Expr &expression, Mode mode);
  ValueId condition(const Expr &expression);
  static Number fixed(const Expr &expression, const Arithmetic &arithmetic);

  // evaluate_angles.cpp
  /// sin(argument + eighths pi/4).
  Number sine(const Expr &argument, int eighths);
  Number far(const Expr &expression);
  Arithmetic arithmetic_of_far();
  Number clamped_far(const Number &far, Interval values);

  /// The one variable of an expression: an input, or what is computed of an input and a parameter.
  struct Variable {
    std::string name;
    Number value;
    std::optional<std::size_t> input = {};
    std::optional<Number> far = {};
  };

  // evaluate_exponentials.cpp
  struct Exponent {
    Number u;
    std::optional<Base> base;
    std::optional<Number> v;  ///< u = v ln b
  };
  Exponent exponent(const Expr &argument);
  Number exponential(const Expr &argument);
  std::optional<Number> times_logistic(const Expr &outer, const Expr &expression);
  std::optional<Number> square_plus_constant(const Expr &sum);
  Number logistic_by_quotient(const Logistic &logistic);
  std::optional<Number> absolute_logistic(const Expr &expression, const Variable &variable);

  // evaluate_arithmetic.cpp
  Number sum(const Expr &expression, bool subtract, Mode mode);
  Number product(const Expr &left, const Expr &right, Mode mode);
  std::optional<Number> product_with_logarithm(const Expr &u, const Expr &logarithm, Mode mode);
  Number product_of_numbers(Number x, Number y, Mode mode);
  std::optional<Number> product_with_uniform(const Number &vanishing, const Number &unbounded, Mode mode);
  std::optional<Number> finite_beside_zero(const Number &vanishing, const Number &unbounded, Mode mode);
  Number with_sign_of_zero(Number result, ValueId plain);
  Number quotient(const Expr &numerator, const Expr &denominator, Mode mode);
  Number quotient_by_sum(const Expr &numerator, const Expr &denominator, Mode mode);
  Number size(const Expr &expression, Mode mode);
  Number scaled(const Expr &expression, double power, Mode mode);
  Number sum_of_scaled(const Expr &expression, double power, Mode mode);
  Number power(const Expr &base, const Expr &exponent, Mode mode);
  Number larger(const Expr &first, const Expr &second, Mode mode);
  Number smaller(const Expr &first, const Expr &second, Mode mode);
  Number arm(const Expr &choice, std::size_t index, Mode mode);
  /// compute() with narrow_arms_ or without, whichever takes fewer operations.
  Number with_cheaper_arms(const Expr &expression, const std::function<Number()> &compute);

  /// A product of parts with different inputs, the factors of each input together: dy * x * exp(-x^2) as dy times a
  /// function of x. Nothing if the expression is no such product.
  std::optional<Number> product_by_input(const Expr &expression, Mode mode);
  Number with_room(const Number &input);

  WholeFunction whole_of(const Expr &expression, const Variable &variable);
  Number univariate(const Expr &expression, const Variable &given);
  Number finished(const Number &number, const Expr &expression, const Variable &variable, const Reference &reference);
  /// The part with its variable clamped to `core`.
  Number within(Interval core, const Expr &expression, const Variable &variable);
  template <typename Compute>
  std::invoke_result_t<Compute> inside(Interval core, const Variable &variable, Compute &&compute);
  Interval range_by_sides(Interval core, const Expr &expression, const Variable &variable);
  Number cheapest_within(Interval core, const Expr &expression, const Variable &variable);
  /// How many operations give it.
  std::size_t cost(const Number &number);
  /// Fills common_, before the instructions that count are emitted.
  void survey();
  bool same_beyond(Interval core, const Number &shared, const Number &own, std::size_t input);
  bool is_plain_f32() const;
  bool is_plain_f64_to_spare() const;
  Where where() const;
  std::optional<Number> whole_of_parameter(const Expr &expression);
  Number parametric(const Expr &expression, Mode mode);
  Expr only_argument(const Expr &expression) const;
  int bits_for(const Expr &expression, const Reference &reference) const;
  Number with_window(const Number &number, const Number &x, const RootWindow &window);
  Number with_window_around_float(const Number &number, const Number &x, const RootWindow &window);
  Number with_root_windows(const Number &number, const Expr &expression, const Variable &variable,
                           const Reference &reference);
  double reach_in_f32(const Number &number, const Variable &variable, const Reference &reference, double root,
                      bool outwards);
  double error_between(double from, double to, const Program &program, std::size_t input,
                       const Reference &reference) const;
  Number with_window_at_zero(const Number &number, const Expr &expression, const Variable &variable,
                             const Reference &reference);
  Number with_limits(Number number, const Variable &variable, Interval core, const Reference &reference);
  Number with_value_at_zero(const Number &number, const Variable &variable, const Reference &reference);
  // ties.cpp
  Number with_ties(Number number, const Variable &variable, const Reference &reference);
  Number with_least_rest(Number number, const Expr &expression, const Variable &variable, const Reference &reference);
  Number with_looked_up(Number number, const Expr &expression, const Corrections &corrections);
  // doubts.cpp
  void doubt_near_roots(const Number &number, const Expr &expression, const Reference &reference);
  Variable within_reach(Variable variable, const Reference &reference);
  void doubt_if(ValueId condition);
  ValueId is_tiny(ValueId size, double least, bool but_zero);
  /// 1 where any doubt is left, 0 elsewhere.
  ValueId open();

  const Arithmetic &arithmetic(Mode mode) const { return mode == Mode::main ? setting_.main : setting_.fine; }
  std::vector<std::string> inputs_of(const Expr &expression) const;
  bool has_parameters(const Expr &expression) const;
  std::size_t input_index(const std::string &name) const;
  DType dtype_of(const std::string &name, DType otherwise) const {
    const auto own = kernel_.own.find(name);
    return own == kernel_.own.end() ? otherwise : own->second;
  }
  bool is_wide(std::size_t input) const { return kernel_.wide.contains(kernel_.inputs[input]); }
  /// The program's inputs, and where those of one of ours begin.
  std::vector<Tensor> tensors() const;
  std::size_t first_tensor(std::size_t input) const;
  Number from_tensor(std::size_t input);
  /// The words of a wide result.
  std::vector<ValueId> words_of(const Number &number);
  /// The result as it is stored.
  ValueId stored(const Number &number, DType dtype);
  ValueId stored(const Number &number) { return stored(number, dtypes_.outputs); }
  /// Makes the output NaN where an input is that it depends on, unless that is so already.
  ValueId with_nan(ValueId value, const Expr &expression);
  /// What the instructions so far give for `value`, at one value of one input.
  double probe(ValueId value, std::size_t input, double at) const;
  /// Whether they are wrong at huge inputs.
  bool overflows_on_the_way(const Number &number, const Variable &variable, const Reference &reference);
  /// Whether the instructions so far are known to give `exact` for `number` at one value of the variable.
  bool gives(const Number &number, const Variable &variable, double at, double exact);

  // Several outputs, such as y and f'(x), share what they have in common, one exponential, say, if their parts take the
  // same argument and are evaluated to the same digits.
  struct Common {
    Interval core;
    int bits;
    int parts;  ///< how many
  };

  const SymbolicKernel &kernel_;
  DTypes dtypes_;
  /// To whose digits a function may stand for its limit. A product shows more of it than results of 16 bits do.
  DTypes limits_;
  Builder builder_;
  Setting setting_;
  Scope scope_;
  std::map<std::string, Common> common_;         ///< by input, of all parts that are functions of it alone
  std::map<std::string, WholeFunction> slopes_;  ///< by input, of parts that are computed as a whole
  bool surveying_ = false;
  bool has_second_;                ///< what is open is computed in another way, too
  std::optional<ValueId> doubts_;  ///< where that is
  std::set<std::string> reached_;  ///< inputs that are in doubt beyond some number
  bool has_large_function_ = false;
  bool narrow_arms_ = false;  ///< see arm()
};

template <typename Compute>
std::invoke_result_t<Compute> Evaluator::inside(Interval core, const Variable &variable, Compute &&compute) {
  const Number &x = variable.value;
  Scope outer;
  std::swap(outer, scope_);
  scope_.variables.emplace(variable.name, (x.lo ? setting_.fine : setting_.main).clamp(x, core.low, core.high));
  if (variable.far) scope_.far.emplace(variable.name, clamped_far(*variable.far, core));
  scope_.inside = true;
  auto result = compute();
  std::swap(outer, scope_);
  return result;
}

}  // namespace actinide
