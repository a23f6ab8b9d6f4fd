// Plain f32: exponentials whose argument takes two words, and the windows next to roots.
#include "approximation/roots.h"
#include "derivative/derivative.h"
#include "simplify/simplify.h"
#include "tests/approximation/measure.h"

#include <gtest/gtest.h>

#include <cmath>

namespace actinide {
namespace {

constexpr Precision plain{Compute::f32, 26};

Expr stable(const Expr &exact) {
  return stabilize(exact, {"x"}, Digits::few).expression;
}

std::size_t operations(const Program &program) {
  return static_cast<std::size_t>(
      std::ranges::count_if(program.instructions, [](const Instruction &i) { return info(i.code).arity > 0; }));
}

struct Function {
  const char *name;
  const char *text;
  std::size_t most_operations;
};

class PlainF32 : public testing::TestWithParam<Function> {};

// Where the exponential is e^-90 a rounding of its argument alone would be 64 ULP.
TEST_P(PlainF32, KeepsTheTailInFewOperations) {
  const Expr exact = parse_expression(GetParam().text, {"x"});
  const Program program = program_of(stable(exact), DType::f32, plain);
  constexpr unsigned seed = 31;
  const Worst worst = measure(program, Reference(exact, {"x"}), DType::f32, sample_inputs(DType::f32, 20000, seed));
  EXPECT_LE(worst.normal, 3.5) << "at " << worst.at_normal << ", seed " << seed;
  EXPECT_LE(operations(program), GetParam().most_operations);
}

INSTANTIATE_TEST_SUITE_P(All, PlainF32,
                         testing::Values(Function{"cubic", "x*sigmoid(sqrt(8/pi)*(x + 0.044715*x^3))", 38},
                                         Function{"steeper_cubic", "x*sigmoid(3*(x + 0.3*x^3))", 38},
                                         Function{"scaled", "x*sigmoid(1.702*x)", 30},
                                         Function{"negated", "x*sigmoid(-0.7*x)", 32},
                                         Function{"unscaled", "x*sigmoid(x)", 29}),
                         [](const auto &info) { return std::string(info.param.name); });

class Absolute : public testing::TestWithParam<Function> {};

// Where the absolute error alone counts, digits may be lost, but no limit and no sign of a zero.
TEST_P(Absolute, KeepsItsBoundAndLimitsInFewOperations) {
  constexpr double bound = 0x1p-21, infinity = std::numeric_limits<double>::infinity();
  constexpr double largest = std::numeric_limits<float>::max();
  const Expr exact = parse_expression(GetParam().text, {"x"});
  const Reference reference(exact, {"x"});
  const Program program = program_of(stable(exact), DType::f32, {Compute::f32, 22, true});
  EXPECT_LE(operations(program), GetParam().most_operations);
  const auto computed_at = [&](double x) { return interpret(program, {&x, 1}, {})[0]; };
  constexpr unsigned seed = 32;
  for (const double x : sample_inputs(DType::f32, 20000, seed)) {
    const double y = computed_at(x), wanted = reference.rounded({&x, 1}, DType::f64);
    if (std::isinf(y) && std::abs(wanted) > largest) continue;
    ASSERT_LE(std::abs(y - wanted), bound * std::max(1.0, std::abs(wanted))) << "at " << x << ", seed " << seed;
  }
  for (const double x : {-infinity, -largest, -1000.0, -0.0, 0.0, 1000.0, largest, infinity}) {
    const double y = computed_at(x), wanted = reference.rounded({&x, 1}, DType::f32);
    EXPECT_NEAR(std::isinf(y) ? 0 : y / std::max(1.0, std::abs(wanted)),
                std::isinf(wanted) ? 0 : wanted / std::max(1.0, std::abs(wanted)), bound)
        << "at " << x;
    if (std::abs(x) <= 1000) continue;
    EXPECT_EQ(y, wanted) << "at " << x;
    EXPECT_EQ(std::signbit(y), std::signbit(wanted)) << "at " << x;
  }
  EXPECT_TRUE(std::isnan(computed_at(std::nan(""))));
}

INSTANTIATE_TEST_SUITE_P(All, Absolute,
                         testing::Values(Function{"exp", "exp(x)", 17}, Function{"sigmoid", "sigmoid(x)", 16},
                                         Function{"steep", "sigmoid(1000000*x)", 16},
                                         Function{"flat", "sigmoid(0.00001*x)", 16}, Function{"tanh", "tanh(x)", 18},
                                         Function{"silu", "x*sigmoid(x)", 17},
                                         Function{"swish", "x*sigmoid(1.702*x)", 17},
                                         Function{"cubic", "x*sigmoid(sqrt(8/pi)*(x + 0.044715*x^3))", 20},
                                         Function{"falling", "x*sigmoid(-x)", 32},
                                         Function{"mish", "x*tanh(softplus(x))", 22},
                                         Function{"gelu", "x*normcdf(x)", 26}),
                         [](const auto &info) { return std::string(info.param.name); });

// A window on one side is fitted there, and holds next to the root.
TEST(RootWindows, ReachToEitherSideAsAsked) {
  const Expr exact = differentiate(parse_expression("x*sigmoid(x)", {"x"}), "x");
  const Reference reference(exact, {"x"});
  const Reach reach{.absolute = 0, .relative = [](double, bool outwards) { return outwards ? 0.125 : 0.5; }};
  const std::vector<RootWindow> windows = find_root_windows(reference, 1, reach, 26);
  ASSERT_EQ(windows.size(), 1u);
  const RootWindow &window = windows[0];
  const double root = window.root.get_d(), size = std::abs(root);
  EXPECT_NEAR(root, -1.2784645427610738, 1e-15);
  EXPECT_NEAR(window.middle - window.half_width, -0.125 * size, 1e-6);
  EXPECT_NEAR(window.middle + window.half_width, 0.5 * size, 1e-6);
  for (const double t : {-0.124, -0.01, 1e-6, 0.2, 0.499}) {
    const double x = root + t * size, from_root = x - root;
    double value = 0;
    for (std::size_t k = window.coefficients.size(); k-- > 0;)
      value = value * from_root + window.coefficients[k].get_d();
    EXPECT_NEAR(value * from_root / reference.rounded({&x, 1}, DType::f64), 1, 0x1p-25) << "at " << x;
  }
}

// Each gets the window that its sum needs, and no more terms.
TEST(RootWindows, OfPlainF32EndWhereTheSumIsGood) {
  const auto of_derivative = [](const char *text) {
    const Expr exact = differentiate(simplify(parse_expression(text, {"x"})).expression, "x");
    const Program program = program_of(stable(exact), DType::f32, plain);
    std::vector<double> inputs;
    for (int i = 1; i <= 20000; ++i) inputs.push_back(static_cast<float>(-4.0 * i / 20000));
    const Worst worst = measure(program, Reference(exact, {"x"}), DType::f32, inputs);
    EXPECT_LE(worst.normal, 4) << text << " at " << worst.at_normal;
    return operations(program);
  };
  EXPECT_LE(of_derivative("x*sigmoid(x)"), 52u);
  EXPECT_LE(of_derivative("x*tanh(softplus(x))"), 66u);
}

}  // namespace
}  // namespace actinide
