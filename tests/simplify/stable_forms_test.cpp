// The stable form of every activation and pass: the same function in the reference, and right in the tails when it is
// evaluated straightforwardly.
#include "derivative/derivative.h"
#include "expression/definition.h"
#include "expression/printer.h"
#include "simplify/simplify.h"
#include "tests/simplify/exact.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <random>
#include <unordered_map>

namespace actinide {
namespace {

using test::Exact;

constexpr unsigned seed = 11;

struct Case {
  const char *definition;
  std::vector<double> roots_of_derivative;  ///< interior ones, where only the absolute error can be small
};

const std::vector<Case> cases{
    {"relu(x) = max(x, 0)", {}},
    {"leaky_relu(x; slope = 0.01) = select(x > 0, x, slope*x)", {}},
    {"srelu(x; a = 1) = max(x, -a)", {}},
    {"gelu(x) = x*normcdf(x)", {-0.7517915246935645}},
    {"gelu_by_erf(x) = 0.5*x*(1 + erf(x/sqrt(2)))", {-0.7517915246935645}},
    {"gelu_tanh(x) = x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))", {-0.75246142}},
    {"gelu_sigmoid(x) = x*sigmoid(1.702*x)", {-0.75116}},
    {"silu(x) = x*sigmoid(x)", {-1.2784645427610737}},
    {"silu_by_exp(x) = x/(1 + exp(-x))", {-1.2784645427610737}},
    {"swish(x; beta = 1.5) = x*sigmoid(beta*x)", {-0.8523096951740491}},
    {"softplus_k(x; k = 1.25) = softplus(k*x)/k", {}},
    {"softplus_by_log(x) = log(1 + exp(x))", {}},
    {"logistic(x) = sigmoid(x)", {}},
    {"logistic_by_exp(x) = 1/(1 + exp(-x))", {}},
    {"heaviside(x; value_at_zero = 0.5) = select(x > 0, 1, select(x < 0, 0, value_at_zero))", {}},
    {"elu(x; a = 1.5) = select(x > 0, x, a*expm1(x))", {}},
    {"mish(x) = x*tanh(softplus(x))", {-1.1924312145}},
    {"mish_by_log(x) = x*tanh(log(1 + exp(x)))", {-1.1924312145}},
    {"hyperbolic(x) = tanh(x)", {}},
    {"hyperbolic_by_exp(x) = (exp(x) - exp(-x))/(exp(x) + exp(-x))", {}},
    {"squareplus(x; b = 4) = (x + sqrt(x^2 + b))/2", {}},
    {"softsign(x) = x/(1 + abs(x))", {}},
    {"hardswish(x) = x*min(max(x + 3, 0), 6)/6", {-1.5}},
    {"hardsigmoid(x) = min(max(x/6 + 1/2, 0), 1)", {}},
    {"softshrink(x; l = 0.5) = select(x > l, x - l, select(x < -l, x + l, 0))", {}},
    {"selu(x) = 1.0507*select(x > 0, x, 1.67326*expm1(x))", {}},
    {"log_sigmoid(x) = log(sigmoid(x))", {}},
    {"squared_relu(x) = max(x, 0)^2", {}},
    {"tanhexp(x) = x*tanh(exp(x))", {-1.3}},
    {"shifted_exp(x) = exp(x) - 1", {}},
    {"tail(x) = 1 - tanh(x)^2", {}},
    {"right_half(x) = 1 + tanh(x)", {}},
    {"complement(x) = 1 - sigmoid(x)", {}},
    {"normal(x) = 0.5*(1 + erf(x/sqrt(2)))", {}},
};

Definition parsed(const Case &c) {
  return parse_definition(c.definition, {});
}

std::string case_name(const testing::TestParamInfo<Case> &test) {
  return parsed(test.param).name;
}

/// Double arithmetic, each operation rounded once to 53 bits, without the lower limit of the exponent: what the
/// numerics promise.
class Straightforward {
 public:
  explicit Straightforward(std::unordered_map<std::string, double> values) : values_(std::move(values)) {}

  long double value(const Expr &e) {
    if (const auto known = known_.find(e.identity()); known != known_.end()) return known->second;
    return known_[e.identity()] = rounded(compute(e));
  }

 private:
  static long double rounded(long double v) {
    if (!std::isfinite(v) || v == 0) return v;
    int exponent;
    const double mantissa = static_cast<double>(std::frexp(v, &exponent));
    const long double result = std::ldexp(static_cast<long double>(mantissa), exponent);
    return std::abs(result) > static_cast<long double>(DBL_MAX) ? std::copysign(INFINITY, result) : result;
  }

  bool holds(const Expr &e) {
    const long double a = value(e[0]), b = value(e[1]);
    switch (e.op()) {
      case Op::less:
        return a < b;
      case Op::less_equal:
        return a <= b;
      case Op::equal:
        return a == b;
      default:
        return a != b;
    }
  }

  long double compute(const Expr &e) {
    const auto a = [&] { return value(e[0]); };
    const auto b = [&] { return value(e[1]); };
    switch (e.op()) {
      case Op::constant:
        return e.value().get_d();
      case Op::variable:
        return values_.at(e.name());
      case Op::pi:
        return 3.14159265358979323846L;
      case Op::euler:
        return 2.71828182845904523536L;
      case Op::add:
        return a() + b();
      case Op::sub:
        return a() - b();
      case Op::mul:
        return a() * b();
      case Op::div:
        return a() / b();
      case Op::neg:
        return -a();
      case Op::pow:
        return std::pow(a(), b());
      case Op::select:
        return holds(e[0]) ? value(e[1]) : value(e[2]);
      case Op::max:
        return std::max(a(), b());
      case Op::min:
        return std::min(a(), b());
      case Op::abs:
        return std::abs(a());
      case Op::sign:
        return (a() > 0) - (a() < 0);
      case Op::step:
        return a() > 0;
      case Op::sqrt:
        return std::sqrt(a());
      case Op::exp:
        return std::exp(a());
      case Op::expm1:
        return std::expm1(a());
      case Op::log:
        return std::log(a());
      case Op::log1p:
        return std::log1p(a());
      case Op::sin:
        return std::sin(a());
      case Op::cos:
        return std::cos(a());
      case Op::tanh:
        return std::tanh(a());
      case Op::erf:
        return std::erf(a());
      case Op::erfc:
        return std::erfc(a());
      case Op::normcdf:
        return std::erfc(-a() / std::sqrt(2.0L)) / 2;
      case Op::normpdf:
        return std::exp(-a() * a() / 2) / std::sqrt(2 * 3.14159265358979323846L);
      case Op::root_sum:
        return std::hypot(a(), std::sqrt(b()));
      default:
        ADD_FAILURE() << info(e.op()).name << " is left in a stable form";
        return NAN;
    }
  }

  std::unordered_map<std::string, double> values_;
  std::unordered_map<const void *, long double> known_;
};

/// A kernel's expression with parameters at their defaults, over x and dy.
struct Kernel {
  std::string pass;
  Expr exact;
  Expr stable;
};

/// Stable forms of derivatives are promised for definitions that have been simplified first, as the pipeline does.
constexpr const char *unsimplified = "derivative of the unsimplified definition";

std::vector<Kernel> kernels(const Definition &definition) {
  const Expr f = simplify(definition.body, {"x"}).expression;
  const Expr slope = differentiate(f, "x");
  std::vector<std::pair<std::string, Expr>> passes{{"forward", definition.body},
                                                   {unsimplified, differentiate(definition.body, "x")},
                                                   {"derivative", slope},
                                                   {"backward", variable("dy") * slope},
                                                   {"second derivative", differentiate(slope, "x")}};
  for (const Parameter &parameter : definition.parameters) {
    passes.emplace_back("by " + parameter.name, differentiate(f, parameter.name));
  }
  std::vector<Kernel> result;
  for (const auto &[pass, exact] : passes) result.push_back({pass, exact, stabilize(exact, {"x", "dy"}).expression});
  return result;
}

std::vector<std::string> variable_names(const Definition &definition) {
  std::vector<std::string> names{"x", "dy"};
  for (const Parameter &parameter : definition.parameters) names.push_back(parameter.name);
  return names;
}

std::vector<double> inputs_at(const Definition &definition, double x, double dy) {
  std::vector<double> values{x, dy};
  for (const Parameter &parameter : definition.parameters) values.push_back(parameter.default_value.get_d());
  return values;
}

std::vector<double> sample_points() {
  std::vector<double> points{-1e8, -300, -87.3, -40.3, -30, -22.18, -17.33, -14.3, -10.06, -9.01, -8,  -6,
                             -5.5, -4,   -3.5,  -2.5,  -1,  -0.5,   -1e-3,  -1e-8, 1e-8,   1e-3,  0.5, 1,
                             2.5,  5.5,  9.01,  13,    18,  22.18,  40.3,   88.72, 300,    1e8};
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> draw(-45, 45), exponent(-30, 5);
  for (int i = 0; i < 60; ++i) points.push_back(draw(random));
  for (int i = 0; i < 20; ++i) points.push_back(std::copysign(std::exp2(exponent(random)), draw(random)));
  return points;
}

/// Below half the smallest subnormal everything rounds to 0 in the end.
constexpr long double smallest = 0x1p-1075L;

class EachDefinition : public testing::TestWithParam<Case> {};

TEST_P(EachDefinition, StableFormEqualsTheOriginal) {
  const Definition definition = parsed(GetParam());
  for (const Kernel &kernel : kernels(definition)) {
    const auto names = variable_names(definition);
    const Reference original(kernel.exact, names), stable(kernel.stable, names);
    for (const double x : sample_points()) {
      const auto inputs = inputs_at(definition, x, 0.75);
      const Exact a(original, inputs), b(stable, inputs);
      ASSERT_LE(b.distance_to(a), 0x1p-100)
          << kernel.pass << " at x = " << x << ": " << a.get() << " became " << b.get() << " (seed " << seed << ")\n"
          << to_text(kernel.stable);
    }
  }
}

// 1e-13 is 450 ULP of double: far below what any cancellation costs in the tails, far above the amplification of the
// argument's rounding by exp.
TEST_P(EachDefinition, StraightforwardEvaluationIsRightInTheTails) {
  const Definition definition = parsed(GetParam());
  for (const Kernel &kernel : kernels(definition)) {
    if (kernel.pass == unsimplified || kernel.pass == "second derivative" || kernel.pass.starts_with("by ")) continue;
    const bool by_x = kernel.pass != "forward";
    const Reference exact(kernel.exact, variable_names(definition));
    for (const double x : sample_points()) {
      const auto near = [&](double root) { return std::abs(x - root) < 0.4; };
      const auto &roots = GetParam().roots_of_derivative;
      if (by_x && std::any_of(roots.begin(), roots.end(), near)) continue;
      const auto inputs = inputs_at(definition, x, 0.75);
      std::unordered_map<std::string, double> values;
      for (std::size_t i = 0; i < inputs.size(); ++i) values[variable_names(definition)[i]] = inputs[i];
      const long double computed = Straightforward(values).value(kernel.stable);
      mpfr_t expected;
      mpfr_init2(expected, 64);
      exact.evaluate(expected, inputs);
      const long double value = mpfr_get_ld(expected, MPFR_RNDN);
      mpfr_clear(expected);
      if (std::abs(value) > static_cast<long double>(DBL_MAX)) continue;  // out of the range of f64
      ASSERT_LE(std::abs(computed - value), std::max(1e-13L * std::abs(value), smallest))
          << kernel.pass << " at x = " << x << ": " << computed << " instead of " << value << " (seed " << seed << ")\n"
          << to_text(kernel.stable);
    }
  }
}

TEST_P(EachDefinition, NoFiniteInputGivesNan) {
  const Definition definition = parsed(GetParam());
  for (const Kernel &kernel : kernels(definition)) {
    for (const double magnitude : {0.0, 5e-324, 0x1p-149, 0x1p-126, 1.0, 89.0, 1e4, 1e12, 1.8e19, double{FLT_MAX},
                                   1e103, 1e155, 1e200, DBL_MAX}) {
      // The largest number times a parameter or 2 may be infinite: numerics take the limit there.
      const bool multiplies = kernel.pass == "second derivative" || !definition.parameters.empty();
      if (kernel.pass == unsimplified || (multiplies && magnitude == DBL_MAX)) continue;
      for (const double x : {magnitude, -magnitude}) {
        std::unordered_map<std::string, double> values{{"x", x}, {"dy", 0.75}};
        for (const Parameter &parameter : definition.parameters) {
          values[parameter.name] = parameter.default_value.get_d();
        }
        EXPECT_FALSE(std::isnan(Straightforward(values).value(kernel.stable))) << kernel.pass << " at x = " << x << "\n"
                                                                               << to_text(kernel.stable);
      }
    }
  }
}

TEST_P(EachDefinition, HasNothingLeftToSimplify) {
  for (const Kernel &kernel : kernels(parsed(GetParam()))) {
    const Expr again = simplify(simplify(kernel.exact, {"x", "dy"}).expression, {"x", "dy"}).expression;
    EXPECT_EQ(again, simplify(kernel.exact, {"x", "dy"}).expression) << to_text(again);
  }
}

INSTANTIATE_TEST_SUITE_P(Simplify, EachDefinition, testing::ValuesIn(cases), case_name);

struct Form {
  const char *name;
  const char *text;
  const char *expected;
};

class EachForm : public testing::TestWithParam<Form> {};

TEST_P(EachForm, IsReached) {
  const Rewritten result = stabilize(parse_expression(GetParam().text, {"x", "dy", "b"}), {"x", "dy"});
  EXPECT_EQ(to_text(result.expression), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Simplify, EachForm,
    testing::Values(
        Form{"sigmoid", "sigmoid(x)", "select(x >= 0, 1, exp(-abs(x))) / (1 + exp(-abs(x)))"},
        Form{"logistic_density", "dy*sigmoid(x)*sigmoid(-x)", "exp(-abs(x)) * dy / (1 + exp(-abs(x)))^2"},
        Form{"silu_one_division", "x*sigmoid(x)", "select(x >= 0, 1, exp(-abs(x))) * x / (1 + exp(-abs(x)))"},
        Form{"silu_derivative_one_division", "sigmoid(x) + x*sigmoid(x)*sigmoid(-x)",
             "(exp(-abs(x)) * x + select(x >= 0, 1, exp(-abs(x))) * (1 + exp(-abs(x)))) / (1 + exp(-abs(x)))^2"},
        Form{"softplus", "log(1 + exp(x))", "max(x, 0) + log1p(exp(-abs(x)))"},
        Form{"gelu_stays", "x*normcdf(x)", "x * normcdf(x)"}, Form{"tanh_stays", "tanh(x)", "tanh(x)"},
        Form{"conjugate", "x + sqrt(x^2 + b)", "select(x >= 0, x + root_sum(x, b), b / (root_sum(x, b) - x))"},
        Form{"conjugate_derivative", "1 + x/sqrt(x^2 + b)",
             "select(x >= 0, 2 - b / ((abs(x) + root_sum(x, b)) * root_sum(x, b)), b / ((abs(x) + root_sum(x, b)) * "
             "root_sum(x, b)))"},
        Form{"root_sum", "sqrt(4*x^2 + 9)", "root_sum(2 * x, 9)"}, Form{"root_of_square", "sqrt(x^2)", "abs(x)"},
        Form{"one_plus_sine", "1 + sin(x)", "2 * sin(0.25 * pi + 0.5 * x)^2"},
        Form{"one_minus_cosine", "(1 - cos(x))/x^2", "2 * sin(0.5 * x)^2 / x^2"},
        Form{"sine_and_cosine", "sin(x) + cos(x)", "sqrt(2) * sin(0.25 * pi + x)"},
        Form{"snake", "x + sin(b*x)^2/b", "x * (1 + sin(b * x)^2 / (b * x))"},
        Form{"snake_derivative", "1 + 2*sin(b*x)*cos(b*x)", "2 * sin(0.25 * pi + b * x)^2"},
        Form{"factor_that_may_be_zero", "b*tanh(x) + 1", "1 + b * tanh(x)"},
        Form{"gradient_by_selection", "dy*select(x > 0, 1, 0)", "select(x > 0, dy, 0)"},
        Form{"gradient_zero", "dy*0", "0"}, Form{"exact_folding", "(1/3 + 1/6)*2", "1"},
        Form{"polynomial", "(x + 1)^2 - x^2", "1 + 2 * x"},
        Form{"polynomial_of_parameter", "2*(1 + b*x^2) + 3*b*x^2", "2 + 5 * b * x^2"},
        Form{"polynomial_of_more_terms", "(1 - x)^3 + x", "x + (1 - x)^3"},
        Form{"polynomial_that_decays", "exp(-x^2)*((1 + x^2)^2 + 2*x^2)",
             "exp(-x^2) + exp(-x^2) * x * x * 4 + exp(-x^2) * x * x * x * x"},
        Form{"rational_power", "4^(1/2)*x + 8^(2/3)", "4 + 2 * x"}, Form{"symbols_stay", "pi*x/pi + e", "e + x"}),
    [](const auto &test) { return std::string(test.param.name); });

// A negative number under the root is no case for root_sum(u, c), which needs c >= 0.
TEST(Form, RootOfADifferenceStays) {
  EXPECT_EQ(to_text(stabilize(parse_expression("sqrt(x^2 - 4)", {"x"})).expression), "sqrt(x^2 - 4)");
}

// Without being told what the parameters are, a variable may be any input.
TEST(Form, AVariableIsNoParameterUnlessItIsSaid) {
  const Expr e = parse_expression("sqrt(x^2 + b)", {"x", "b"});
  EXPECT_EQ(to_text(stabilize(e).expression), "sqrt(b + x^2)");
  EXPECT_EQ(to_text(stabilize(e, {"x"}).expression), "root_sum(x, b)");
}

// What depends on a product of input and parameter alone has the form that it has without the parameter; elsewhere a
// large parameter would overflow in it.
TEST(Form, FewDigitsBesideAParameter) {
  const auto applied = [](const char *text, Digits digits) {
    const Expr exact = differentiate(parse_expression(text, {"x", "p"}), "x");
    return stabilize(exact, {"x"}, digits).applied;
  };
  const auto without = applied("x*sigmoid(x)", Digits::few);
  EXPECT_EQ(applied("x*sigmoid(p*x)", Digits::few_of_one), without);
  EXPECT_NE(applied("x*sigmoid(p*x)", Digits::to_spare), without);
  const char *scaled = "p*x*sigmoid(x)";
  EXPECT_EQ(applied(scaled, Digits::few_of_one), applied(scaled, Digits::to_spare));
  EXPECT_NE(applied(scaled, Digits::few), applied(scaled, Digits::to_spare));
}

}  // namespace
}  // namespace actinide
