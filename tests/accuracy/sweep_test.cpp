// A sweep finds the errors that were put into a kernel, no others, and the same ones whatever the number of threads.
#include "accuracy/sweep.h"

#include "error.h"
#include "expression/definition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace actinide {
namespace {

constexpr std::uint64_t seed = 11;
constexpr double infinity = std::numeric_limits<double>::infinity();

Reference reference_of(const char *text) {
  return Reference(parse_expression(text, {"x"}), {"x"});
}

// The reference itself as a kernel, with something done to its results.
template <typename Change>
MeasuredKernel changed(const Reference &reference, DType dtype, Change change) {
  return [&reference, dtype, change](std::span<const double> x, std::span<double> y) {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = change(x[i], reference.rounded({&x[i], 1}, dtype));
  };
}

Measurement measurement_of(const Reference &reference, MeasuredKernel kernel, DType dtype, unsigned threads = 2) {
  return {.reference = reference, .kernels = {std::move(kernel)}, .dtype = dtype, .inputs = {0}, .threads = threads};
}

// Terms that cancel leave the fast ways without an answer; another form of the function has one.
TEST(SweepWithTwoForms, gives_what_one_gives) {
  const Reference cancels = reference_of("(x + sqrt(x^2 + 4)) / 2"), stable = reference_of("2 / (sqrt(x^2 + 4) - x)");
  for (const DType dtype : {DType::f32, DType::f64}) {
    const MeasuredKernel kernel = changed(stable, dtype, [](double, double y) { return y; });
    Measurement measurement = measurement_of(cancels, kernel, dtype);
    const PointSet points = log_uniform(dtype, 3000, seed);
    const SweepResult one = sweep(measurement, points)[0];
    measurement.other_form = &stable;
    const SweepResult two = sweep(measurement, points)[0];
    EXPECT_EQ(one.not_nearest, 0u);
    EXPECT_EQ(two.not_nearest, 0u);
    EXPECT_EQ(two.points, one.points);
    EXPECT_NEAR(two.normal.ulp, one.normal.ulp, 0.04);
  }
}

TEST(SweepWithTwoForms, sees_that_they_are_not_the_same) {
  const Reference right = reference_of("1 - tanh(x)^2"),
                  wrong = reference_of("4 * sigmoid(2*x) * sigmoid(-2*x) + 1/1000000");
  for (const DType dtype : {DType::f32, DType::f64}) {
    Measurement measurement = measurement_of(right, changed(right, dtype, [](double, double y) { return y; }), dtype);
    measurement.other_form = &wrong;
    EXPECT_THROW(sweep(measurement, log_uniform(dtype, 20'000, seed)), InternalError);
  }
}

// Where the function's own brackets say nothing, the other form's don't answer for it everywhere.
TEST(SweepWithTwoForms, sees_it_where_only_one_has_brackets) {
  const Reference undefined = reference_of("0 / (x - x)"), zero = reference_of("0 * x");
  Measurement measurement = measurement_of(
      undefined, [](std::span<const double>, std::span<double> y) { std::ranges::fill(y, 0.0); }, DType::f32);
  measurement.other_form = &zero;
  EXPECT_GT(sweep(measurement, log_uniform(DType::f32, 20'000, seed))[0].not_nearest, 5u);
}

class Sweep : public ::testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(Sweep, Sweep, ::testing::Values(DType::f32, DType::f64),
                         [](const auto &dtype) { return std::string(to_string(dtype.param)); });

TEST_P(Sweep, a_correctly_rounded_kernel_has_half_an_ulp) {
  const DType dtype = GetParam();
  const Reference silu = reference_of("x * sigmoid(x)");
  const MeasuredKernel kernel = changed(silu, dtype, [](double, double y) { return y; });
  const SweepResult result = sweep(measurement_of(silu, kernel, dtype), standard_points(dtype, 20'000, seed))[0];
  EXPECT_GT(result.points, 20'000u);
  EXPECT_EQ(result.not_nearest, 0u);
  EXPECT_EQ(result.wrong_zero_signs, 0u);
  EXPECT_EQ(result.flushed, 0u);
  EXPECT_GT(result.subnormal_results, 50u);
  EXPECT_GT(result.normal.ulp, 0.49);
  EXPECT_LT(result.normal.ulp, 0.54);
  EXPECT_GT(result.subnormal.ulp, 0.45);
  EXPECT_LE(result.subnormal.ulp, 0.54);
}

TEST_P(Sweep, finds_the_one_wrong_result) {
  const DType dtype = GetParam();
  const Reference tanh = reference_of("tanh(x)");
  const double culprit = -5.5;
  const MeasuredKernel kernel = changed(
      tanh, dtype, [&](double x, double y) { return x == culprit ? from_ordinal(ordinal(y, dtype) + 3, dtype) : y; });
  for (unsigned threads : std::initializer_list<unsigned>{1, 3}) {
    const SweepResult result =
        sweep(measurement_of(tanh, kernel, dtype, threads), standard_points(dtype, 60'000, seed))[0];
    EXPECT_NEAR(result.normal.ulp, 3, 0.54);
    EXPECT_EQ(result.normal.input, culprit);
    EXPECT_EQ(result.normal.nearest, tanh.rounded({&culprit, 1}, dtype));
    EXPECT_EQ(result.normal.exact.substr(0, 12), "-9.999665971");  // tanh(-5.5) = -0.99996659716...
    EXPECT_EQ(result.not_nearest, 1u);
  }
}

TEST_P(Sweep, tells_flushed_results_from_wrong_ones) {
  const DType dtype = GetParam();
  const Reference sigmoid = reference_of("sigmoid(x)");
  const MeasuredKernel kernel = changed(
      sigmoid, dtype, [dtype](double, double y) { return std::fabs(y) < float_format(dtype).least_normal() ? 0 : y; });
  const SweepResult result = sweep(measurement_of(sigmoid, kernel, dtype), standard_points(dtype, 20'000, seed))[0];
  EXPECT_GT(result.flushed, 50u);
  EXPECT_EQ(result.flushed, result.subnormal_results);
  EXPECT_LT(result.normal.ulp, 0.54);
  EXPECT_EQ(result.subnormal.ulp, 0);
}

TEST_P(Sweep, an_exact_zero_is_not_excused_as_subnormal) {
  const DType dtype = GetParam();
  const Reference relu = reference_of("max(x, 0)");
  const double wrong = from_ordinal(1, dtype);
  const MeasuredKernel kernel = changed(relu, dtype, [&](double x, double y) { return x == -6 ? wrong : y; });
  const SweepResult result = sweep(measurement_of(relu, kernel, dtype), standard_points(dtype, 1000, seed))[0];
  EXPECT_EQ(result.normal.ulp, 1);
  EXPECT_EQ(result.normal.input, -6);
}

TEST_P(Sweep, sees_the_signs_of_zeros) {
  const DType dtype = GetParam();
  const Reference silu = reference_of("x * sigmoid(x)");
  const MeasuredKernel kernel = changed(silu, dtype, [](double, double y) { return y == 0 ? 0.0 : y; });
  const SweepResult result = sweep(measurement_of(silu, kernel, dtype), standard_points(dtype, 2000, seed))[0];
  EXPECT_GT(result.wrong_zero_signs, 50u);  // where f vanishes one in 13 is looked at
  EXPECT_EQ(result.not_nearest, 0u);
  ASSERT_TRUE(result.wrong_zero_input);
  EXPECT_TRUE(std::signbit(*result.wrong_zero_input));
}

// Of many points, so that most are judged at once.
TEST(SweepOf, gives_each_of_several_kernels_what_it_gets_alone) {
  const Reference silu = reference_of("x * sigmoid(x)");
  const auto at_f32 = [](auto f) {
    return widened([f](const float *x, float *y, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
    });
  };
  Measurement measurement = measurement_of(
      silu, at_f32([](float x) { return static_cast<float>(x / (1 + std::exp(-static_cast<double>(x)))); }),
      DType::f32);
  measurement.kernels.push_back(at_f32([](float x) { return x / (1 + std::exp(-x)); }));
  measurement.kernels.push_back(at_f32([](float x) { return x == -5.5F ? INFINITY : x / (1 + std::exp(-x)); }));
  const PointSet points = joined("all sizes", {patterns(DType::f32, 4001), listed("one", {-5.5})});
  const std::vector<SweepResult> together = sweep(measurement, points);
  EXPECT_LE(together[0].normal.ulp, 0.501);
  EXPECT_EQ(together[2].normal.input, -5.5);
  for (std::size_t k = 0; k < 3; ++k) {
    Measurement alone = measurement;
    alone.kernels = {measurement.kernels[k]};
    alone.threads = 1;
    const SweepResult result = sweep(alone, points)[0];
    EXPECT_EQ(together[k].points, points.size);
    EXPECT_EQ(together[k].normal.ulp, result.normal.ulp);
    EXPECT_EQ(together[k].normal.input, result.normal.input);
    EXPECT_EQ(together[k].not_nearest, result.not_nearest);
    EXPECT_EQ(together[k].relaxed, result.relaxed);
    EXPECT_EQ(together[k].subnormal_results, result.subnormal_results);
    EXPECT_EQ(together[k].flushed, result.flushed);
  }
}

// The ends of a block are neighbours, where the function is 1; what lies between them is somewhere else.
TEST(SweepOf, judges_points_in_any_order) {
  const Reference sigmoid = reference_of("sigmoid(x)");
  const MeasuredKernel kernel = changed(sigmoid, DType::f32, [](double, double y) { return y; });
  std::vector<double> mixed, run;
  for (int i = 0; i < 128; ++i) {
    run.push_back(100 + i * 0x1p-17);
    mixed.push_back(i == 0 || i == 127 ? run.back() : i % 2 ? -i : i / 8.0);
  }
  run[60] = std::nan("");
  for (const auto &points : {mixed, run}) {
    const SweepResult result = sweep(measurement_of(sigmoid, kernel, DType::f32), listed("some", points))[0];
    EXPECT_EQ(result.not_nearest, 0u);
    EXPECT_LE(result.normal.ulp, 0.5);
  }
}

TEST(SweepOf, measures_a_naive_f32_kernel) {
  const Reference tanh = reference_of("tanh(x)");
  const MeasuredKernel naive = widened([](const float *x, float *y, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const float e = std::exp(2 * x[i]);
      y[i] = (e - 1) / (e + 1);
    }
  });
  const SweepResult result = sweep(measurement_of(tanh, naive, DType::f32), patterns(DType::f32, 100'003))[0];
  EXPECT_EQ(result.normal.ulp, infinity);  // inf / inf from 44.4 on
  const double points[] = {-0.0, 100, -100, 1e-8f, std::nan("")};
  const auto rows = tabulate(measurement_of(tanh, naive, DType::f32), 0, points);
  EXPECT_FALSE(rows[0].sign_matches);
  EXPECT_EQ(rows[0].ulp, 0);
  EXPECT_EQ(rows[1].ulp, infinity);
  EXPECT_EQ(rows[1].expected, 1);
  EXPECT_LT(rows[2].ulp, 1e-6);
  EXPECT_GT(rows[3].ulp, 1e6);
  EXPECT_EQ(rows[4].ulp, 0);
}

TEST(SweepOf, varies_one_input_of_several) {
  const Reference product(parse_expression("dy * sigmoid(x)", {"dy", "x"}), {"dy", "x"});
  const Measurement measurement{.reference = product,
                                .kernels = {[](std::span<const double> x, std::span<double> y) {
                                  std::transform(x.begin(), x.end(), y.begin(),
                                                 [](double v) { return -3 / (1 + std::exp(-v)); });
                                }},
                                .dtype = DType::f64,
                                .inputs = {-3, 0},
                                .varying = 1};
  const SweepResult result = sweep(measurement, listed("a few", {-2, -1, 0, 1, 2}))[0];
  EXPECT_EQ(result.points, 5u);
  EXPECT_LT(result.normal.ulp, 3);
}

TEST(SweepOf, reports_progress_and_passes_exceptions_on) {
  const Reference identity = reference_of("x");
  std::uint64_t last = 0;
  const MeasuredKernel copy = [](std::span<const double> x, std::span<double> y) {
    std::copy(x.begin(), x.end(), y.begin());
  };
  sweep(measurement_of(identity, copy, DType::f32), log_uniform(DType::f32, 100'000, seed), [&](std::uint64_t done) {
    EXPECT_GT(done, last);
    last = done;
  });
  EXPECT_EQ(last, 100'000u);
  const MeasuredKernel broken = [](std::span<const double>, std::span<double>) {
    throw std::runtime_error("no kernel");
  };
  EXPECT_THROW(sweep(measurement_of(identity, broken, DType::f32), log_uniform(DType::f32, 100'000, seed)),
               std::runtime_error);
}

TEST(Transitions, are_roots_underflow_saturation_and_edges_of_the_domain) {
  const auto near = [](const std::vector<double> &found, double x) {
    return std::any_of(found.begin(), found.end(), [x](double y) { return std::fabs(x - y) <= std::fabs(x) * 1e-4; });
  };
  const auto slope = transitions(reference_of("normcdf(x) + x * normpdf(x)"), DType::f32, {0});
  for (const double x : {-0.751792, -13.34188, -14.54135})
    EXPECT_TRUE(near(slope, x)) << x;  // root, vanishing, subnormal
  EXPECT_TRUE(near(transitions(reference_of("tanh(x)"), DType::f32, {0}), 9.0109));
  EXPECT_TRUE(near(transitions(reference_of("exp(x)"), DType::f64, {0}), 709.7827));
  EXPECT_TRUE(near(transitions(reference_of("log(x + 2)"), DType::f64, {0}), -2));
  EXPECT_TRUE(transitions(reference_of("3"), DType::f32, {0}).empty());
}

}  // namespace
}  // namespace actinide
