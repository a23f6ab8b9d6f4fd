#include "approximation/whole_forms.h"

#include "derivative/derivative.h"
#include "expression/definition.h"
#include "expression/printer.h"
#include "simplify/simplify.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {
namespace {

const std::string x = "x", k = "k";

/// A definition, or its derivative.
template <typename Function>
struct Row {
  std::string_view definition;  ///< of x and k
  bool derivative;
  Function compute;
  Where where = Where::anywhere;
};

constexpr Row<WholeFunction> functions[] = {
    {"exp(x)", false, exp_absolute, Where::absolute},
    {"sigmoid(x)", false, sigmoid_absolute, Where::absolute},
    {"tanh(x)", false, tanh_absolute, Where::absolute},
    {"x * tanh(softplus(x))", false, mish_absolute, Where::absolute},
    {"x * normcdf(x)", false, times_normcdf_absolute, Where::absolute},
    {"tanh(x)", false, tanh_by_quotient},
    {"x * tanh(softplus(x))", false, mish_by_quotient},
    {"x * normcdf(x)", false, times_normcdf},
    {"x * normcdf(x)", true, normcdf_slope},
    {"x * sigmoid(x)", true, silu_slope},
    {"x * sigmoid(1.702 * x)", true, gelu_sigmoid_slope},
    {"x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))", true, gelu_tanh_slope},
};
constexpr Row<WholeFunction> functions_by_quotient[] = {
    {"tanh(x)", false, tanh_by_quotient},
    {"x * tanh(softplus(x))", false, mish_by_quotient},
};
constexpr Row<WholeFunction> functions_beside_slope[] = {
    {"x * sigmoid(x)", false, silu_beside_slope},
    {"x * sigmoid(1.702 * x)", false, gelu_sigmoid_beside_slope},
};
constexpr Row<WholeFunctionOfParameter> functions_of_parameter[] = {
    {"max(x, 0) + log1p(exp(-abs(k * x))) / k", false, softplus_absolute, Where::absolute},
    {"max(x, 0) + log1p(exp(-abs(k * x))) / k", false, softplus_by},
    {"(x + sqrt(x^2 + k)) / 2", false, squareplus_by},
    {"sigmoid(k * x)", false, sigmoid_by},
    {"x * sigmoid(k * x)", false, swish_by},
    {"x * sigmoid(k * x)", true, swish_slope_by},
};

void collect(const Expr &e, Op with, Op without, bool inverse, std::vector<std::string> &keys);

/// The expression as a text that doesn't depend on the order of terms and factors: that of stable forms depends on how
/// variables are named.
std::string key(const Expr &e) {
  if (e.arguments().empty()) return to_text(e);
  std::string_view name = info(e.op()).name;
  std::vector<std::string> keys;
  if (e.is(Op::add) || e.is(Op::sub)) {
    name = "sum";
    collect(e, Op::add, Op::sub, false, keys);
    std::ranges::sort(keys);
  } else if (e.is(Op::mul) || e.is(Op::div)) {
    name = "product";
    collect(e, Op::mul, Op::div, false, keys);
    std::ranges::sort(keys);
  } else {
    for (const Expr &argument : e.arguments()) keys.push_back(key(argument));
  }
  return fmt::format("{}({})", name, fmt::join(keys, ","));
}

/// The terms of a sum, the factors of a product; `inverse`: of what is subtracted, what is divided by.
void collect(const Expr &e, Op with, Op without, bool inverse, std::vector<std::string> &keys) {
  if (!e.is(with) && !e.is(without)) {
    keys.push_back((inverse ? "~" : "") + key(e));
    return;
  }
  collect(e[0], with, without, inverse, keys);
  collect(e[1], with, without, inverse != e.is(without), keys);
}

/// What computes the expression in x and k, the first that may. `forms`: the keys of the rows.
template <typename Function>
Function find(std::span<const Row<Function>> rows, const std::vector<std::string> &forms, const Expr &expression,
              Where where) {
  const std::string wanted = key(expression);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (forms[i] == wanted && rows[i].where <= where) return rows[i].compute;
  return nullptr;
}

template <typename Function>
std::vector<std::string> stable_forms(std::span<const Row<Function>> rows, Digits digits) {
  std::vector<std::string> forms;
  for (const Row<Function> &row : rows) {
    const Expr definition = simplify(parse_expression(row.definition, {x, k}), {x}).expression;
    const Expr form = stabilize(row.derivative ? differentiate(definition, x) : definition, {x}, digits).expression;
    forms.push_back(key(form));
  }
  return forms;
}

}  // namespace

WholeFunction whole_function(const Expr &expression, const std::string &variable, Where where) {
  static const std::vector<std::string> forms = stable_forms<WholeFunction>(functions, Digits::few);
  const std::pair<Expr, Expr> renamed{actinide::variable(variable), actinide::variable(x)};
  return find<WholeFunction>(functions, forms, substitute(expression, {&renamed, 1}), where);
}

WholeFunction function_by_quotient(const Expr &expression, const std::string &variable) {
  static const std::vector<std::string> forms = stable_forms<WholeFunction>(functions_by_quotient, Digits::to_spare);
  const std::pair<Expr, Expr> renamed{actinide::variable(variable), actinide::variable(x)};
  return find<WholeFunction>(functions_by_quotient, forms, substitute(expression, {&renamed, 1}), Where::anywhere);
}

WholeFunction function_beside(WholeFunction slope, const Expr &expression, const std::string &variable) {
  if (slope != silu_slope && slope != gelu_sigmoid_slope) return nullptr;
  static const std::vector<std::string> forms = stable_forms<WholeFunction>(functions_beside_slope, Digits::few);
  const std::pair<Expr, Expr> renamed{actinide::variable(variable), actinide::variable(x)};
  return find<WholeFunction>(functions_beside_slope, forms, substitute(expression, {&renamed, 1}), Where::anywhere);
}

WholeFunctionOfParameter whole_function(const Expr &expression, const std::string &variable,
                                        const std::string &parameter, Where where) {
  static const std::vector<std::string> forms =
      stable_forms<WholeFunctionOfParameter>(functions_of_parameter, Digits::few_of_one);
  const std::pair<Expr, Expr> renamed[] = {{actinide::variable(variable), actinide::variable(x)},
                                           {actinide::variable(parameter), actinide::variable(k)}};
  return find<WholeFunctionOfParameter>(functions_of_parameter, forms, substitute(expression, renamed), where);
}

}  // namespace actinide
