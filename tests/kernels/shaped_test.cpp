// Kernels over channels, parts and groups, and sums over elements: each element has the bits of the element-wise kernel
// that it stands for, each sum is the exact one, rounded.
#include "actinide/jit.h"
#include "error.h"
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <iostream>
#include <random>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20251125;

template <typename T>
Kernel kernel_of(const std::string &activation, Pass pass) {
  return compiler().kernel(activation, pass, dtype_of<T>);
}

template <typename T>
std::vector<T> normal_numbers(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<T> list(count);
  for (T &value : list) value = static_cast<T>(normal(random));
  return list;
}

template <typename T>
std::vector<void *> pointers(std::initializer_list<std::vector<T> *> tensors) {
  std::vector<void *> list;
  for (std::vector<T> *tensor : tensors) list.push_back(tensor->data());
  return list;
}

template <typename T>
std::vector<std::uint64_t> all_bits(const std::vector<T> &tensor) {
  std::vector<std::uint64_t> list;
  for (T value : tensor) list.push_back(bits(value));
  return list;
}

/// Neumaier's sum would be as inexact as what it judges: 400 digits are not.
class ExactSum {
 public:
  ExactSum() {
    mpfr_init2(sum_, 2200);
    mpfr_init2(term_, 200);
    mpfr_set_zero(sum_, 1);
  }
  ~ExactSum() {
    mpfr_clear(sum_);
    mpfr_clear(term_);
  }
  ExactSum(const ExactSum &) = delete;
  ExactSum &operator=(const ExactSum &) = delete;

  void add(mpfr_srcptr factor, double other) {
    mpfr_mul_d(term_, factor, other, MPFR_RNDN);
    mpfr_add(sum_, sum_, term_, MPFR_RNDN);
  }
  void add_product(double a, double b) {
    mpfr_set_d(term_, a, MPFR_RNDN);
    mpfr_mul_d(term_, term_, b, MPFR_RNDN);
    mpfr_add(sum_, sum_, term_, MPFR_RNDN);
  }
  /// The error of `computed` in ULP of T.
  template <typename T>
  double ulp(T computed) {
    mpfr_sub_d(term_, sum_, static_cast<double>(computed), MPFR_RNDN);
    const double error = std::abs(mpfr_get_d(term_, MPFR_RNDN));
    const FloatFormat &format = float_format(dtype_of<T>);
    const long exponent = mpfr_zero_p(sum_) ? format.least : mpfr_get_exp(sum_) - format.digits;
    return std::ldexp(error, -static_cast<int>(std::max<long>(exponent, format.least)));
  }

 private:
  mpfr_t sum_, term_;
};

template <typename T>
class Shaped : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(Shaped, Floats);

template <typename T>
class ShapedOfAnyDType : public testing::Test {};
using Elements = testing::Types<float, double, f16, bf16>;
TYPED_TEST_SUITE(ShapedOfAnyDType, Elements);

constexpr Extents kExtents[] = {{1, 1, 1},  {1, 1, 1003}, {5, 3, 1},   {3, 100, 1}, {2, 64, 1}, {7, 5, 9},
                                {1, 2, 33}, {4, 33, 31},  {200, 1, 7}, {0, 4, 3},   {3, 4, 0},  {33, 70, 1}};

std::size_t elements(const Extents &extents) {
  return extents.outer * extents.channels * extents.inner;
}
std::size_t channel_of(const Extents &extents, std::size_t element) {
  return element / extents.inner % extents.channels;
}

TYPED_TEST(ShapedOfAnyDType, PreluIsLeakyReluWithTheSlopeOfItsChannel) {
  using T = TypeParam;
  const Kernel prelu = kernel_of<T>("prelu", Pass::forward), leaky = kernel_of<T>("leaky_relu", Pass::forward);
  for (const Extents &extents : kExtents) {
    std::vector<T> x = points<T>(elements(extents), kSeed), slope = normal_numbers<T>(extents.channels, kSeed + 1);
    std::vector<T> y(x.size(), T(7));
    ASSERT_EQ(prelu.run(pointers({&x, &slope, &y}).data(), extents), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto parameter = static_cast<double>(slope[channel_of(extents, i)]);
      T expected;
      void *buffers[] = {&x[i], &expected};
      ASSERT_EQ(leaky.run(buffers, 1, &parameter), 0);
      ASSERT_EQ(bits(y[i]), bits(expected))
          << "element " << i << " of " << x.size() << ", x " << static_cast<double>(x[i]);
    }
  }
}

TYPED_TEST(ShapedOfAnyDType, PreluGivesTheGradientOfEachSlope) {
  using T = TypeParam;
  const Kernel backward = kernel_of<T>("prelu", Pass::backward), leaky = kernel_of<T>("leaky_relu", Pass::backward);
  const Kernel slopes_only = kernel_of<T>("prelu", Pass::parameter_gradient);
  for (const Extents &extents : kExtents) {
    std::vector<T> x = normal_numbers<T>(elements(extents), kSeed), dy = normal_numbers<T>(x.size(), kSeed + 2);
    std::vector<T> slope = normal_numbers<T>(extents.channels, kSeed + 1), dx(x.size()), dslope(slope.size(), T(7));
    ASSERT_EQ(backward.run(pointers({&dy, &x, &slope, &dx, &dslope}).data(), extents), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto parameter = static_cast<double>(slope[channel_of(extents, i)]);
      T expected;
      void *buffers[] = {&dy[i], &x[i], &expected};
      ASSERT_EQ(leaky.run(buffers, 1, &parameter), 0);
      ASSERT_EQ(bits(dx[i]), bits(expected)) << "element " << i;
    }
    for (std::size_t c = 0; c < slope.size(); ++c) {
      ExactSum sum;
      for (std::size_t i = 0; i < x.size(); ++i)
        if (const auto at = static_cast<double>(x[i]); channel_of(extents, i) == c && at < 0)
          sum.add_product(static_cast<double>(dy[i]), at);
      EXPECT_LE(sum.template ulp<T>(dslope[c]), 0.51) << "channel " << c << " of " << extents.channels;
    }
    std::vector<T> alone(slope.size());
    ASSERT_EQ(slopes_only.run(pointers({&dy, &x, &slope, &alone}).data(), extents), 0);
    EXPECT_EQ(all_bits(alone), all_bits(dslope));
    // In place of dy: the sums must have been taken before.
    std::vector<T> again(slope.size()), both = dy;
    ASSERT_EQ(backward.run(pointers({&both, &x, &slope, &both, &again}).data(), extents), 0);
    EXPECT_EQ(all_bits(both), all_bits(dx));
    EXPECT_EQ(all_bits(again), all_bits(dslope));
  }
}

TYPED_TEST(Shaped, ResultsDoNotDependOnThreads) {
  using T = TypeParam;
  const Kernel backward = kernel_of<T>("prelu", Pass::backward);
  for (const Extents &extents : {Extents{64, 300, 50}, Extents{20000, 70, 1}, Extents{1, 1, 1000003}}) {
    std::vector<T> x = normal_numbers<T>(elements(extents), kSeed), dy = normal_numbers<T>(x.size(), kSeed + 2);
    std::vector<T> slope = normal_numbers<T>(extents.channels, kSeed + 1);
    std::vector<T> dx(x.size()), dslope(slope.size()), first_dx, first_dslope;
    for (unsigned threads : {1U, 2U, 7U}) {
      actinide_set_threads(threads);
      ASSERT_EQ(backward.run(pointers({&dy, &x, &slope, &dx, &dslope}).data(), extents), 0);
      if (threads == 1) first_dx = dx, first_dslope = dslope;
      EXPECT_EQ(dx, first_dx);
      EXPECT_EQ(dslope, first_dslope);
    }
    actinide_set_threads(0);
  }
}

TYPED_TEST(Shaped, SumsHaveTheSameBitsOnEveryTargetWithFma) {
  using T = TypeParam;
  for (const Extents &extents : kExtents) {
    std::vector<T> x = normal_numbers<T>(elements(extents), kSeed), dy = normal_numbers<T>(x.size(), kSeed + 2);
    std::vector<T> slope = normal_numbers<T>(extents.channels, kSeed + 1), dx(x.size()), dslope(slope.size()), first;
    for (const Target &target : all_targets()) {
      if (!target.has_fma || !runs_here(target)) continue;
      const Kernel kernel = Compiler({.target = target.name}).kernel("prelu", Pass::backward, dtype_of<T>);
      ASSERT_EQ(kernel.run(pointers({&dy, &x, &slope, &dx, &dslope}).data(), extents), 0);
      if (first.empty()) first = dslope;
      EXPECT_EQ(dslope, first) << target.name;
    }
  }
}

TYPED_TEST(Shaped, CreluIsTwoRelus) {
  using T = TypeParam;
  const Kernel crelu = kernel_of<T>("crelu", Pass::forward), relu = kernel_of<T>("relu", Pass::forward);
  const Kernel backward = kernel_of<T>("crelu", Pass::backward);
  for (const auto &[rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 5}, {2, 64}, {7, 33}, {1, 1003}}) {
    std::vector<T> x = points<T>(rows * columns, kSeed), negative(x.size()), y(2 * x.size()), plus(x.size()),
                   minus(x.size());
    std::ranges::transform(x, negative.begin(), [](T value) { return -value; });
    ASSERT_EQ(crelu.run(pointers({&x, &y}).data(), rows == 0 ? Extents{} : actinide::rows(rows, columns)), 0);
    ASSERT_EQ(relu.run(pointers({&x, &plus}).data(), x.size()), 0);
    ASSERT_EQ(relu.run(pointers({&negative, &minus}).data(), x.size()), 0);
    std::vector<T> dy = normal_numbers<T>(y.size(), kSeed), dx(x.size());
    ASSERT_EQ(backward.run(pointers({&dy, &x, &dx}).data(), actinide::rows(rows, columns)), 0);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < columns; ++j) {
        const std::size_t i = r * columns + j, first = 2 * r * columns + j, second = first + columns;
        ASSERT_EQ(bits(y[first]), bits(plus[i])) << "x " << x[i];
        ASSERT_EQ(bits(y[second]), bits(minus[i])) << "x " << x[i];
        const T expected = x[i] > 0 ? dy[first] : x[i] < 0 ? -dy[second] : x[i] == 0 ? T(0) : x[i];
        ASSERT_EQ(bits(dx[i] + T(0)), bits(expected + T(0))) << "x " << x[i];
      }
  }
}

/// All rows of two inputs, gates, and a definition of the user's.
std::vector<std::string> two_input_activations() {
  std::vector<std::string> list = {"gated(mish)", "gated(leaky_relu(slope=0.25))",
                                   "mine(u, v; a = 3) = a * u * tanh(v)"};
  for (const Activation &row : all_activations())
    if (row.shape == ShapeClass::element && definition_of(row).inputs.size() == 2) list.emplace_back(row.name);
  return list;
}

/// The part number `part` of each row of a tensor, rows after rows.
template <typename T>
std::vector<T> part_of(const std::vector<T> &tensor, std::size_t columns, std::size_t parts, std::size_t part) {
  std::vector<T> list;
  for (std::size_t i = 0; i < tensor.size(); ++i)
    if (i / columns % parts == part) list.push_back(tensor[i]);
  return list;
}

/// Runs a kernel whose tensors may be packed in two on x and dy, g (as it has them); each part is one list of the
/// result.
template <typename T>
std::vector<std::vector<T>> run_packed(const Kernel &kernel, std::size_t rows, std::size_t columns) {
  const KernelInfo &info = kernel.info();
  std::vector<std::vector<T>> tensors;
  std::vector<void *> buffers;
  for (std::size_t i = 0; i < info.layouts.size(); ++i)
    tensors.push_back(points<T>(rows * columns * info.layouts[i].parts, kSeed + i));
  for (std::vector<T> &tensor : tensors) buffers.push_back(tensor.data());
  EXPECT_EQ(kernel.run(buffers.data(), actinide::rows(rows, columns)), 0);
  std::vector<std::vector<T>> parts;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    for (std::size_t part = 0; part < info.layouts[i].parts; ++part)
      parts.push_back(part_of(tensors[i], columns, info.layouts[i].parts, part));
  return parts;
}

template <typename T>
void expect_bits_of_two_tensors(const std::string &activation, Pass pass) {
  const Kernel packed = kernel_of<T>("packed(" + activation + ")", pass), apart = kernel_of<T>(activation, pass);
  for (const auto &[rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 5}, {2, 64}, {7, 33}, {1, 1003}}) {
    const std::vector<std::vector<T>> parts = run_packed<T>(packed, rows, columns);
    ASSERT_EQ(parts.size(), apart.info().layouts.size()) << apart.info().name;
    const std::vector<std::vector<T>> inputs(parts.begin(), parts.begin() + long(apart.info().inputs.size()));
    const std::vector<std::vector<T>> outputs = run<T>(apart, inputs);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      ASSERT_EQ(all_bits(parts[inputs.size() + k]), all_bits(outputs[k])) << packed.info().name << ", output " << k;
  }
}

TYPED_TEST(ShapedOfAnyDType, PackedInputsGiveTheBitsOfTwoTensors) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const std::string &activation : two_input_activations())
    for (Pass pass : all_passes()) {
      const bool refused = pass == Pass::backward_from_output || pass == Pass::parameter_gradient;
      const bool first_order = pass == Pass::forward || pass == Pass::derivative || pass == Pass::backward;
      if (refused || (dtype_of<T> != DType::f32 && !first_order)) continue;
      expect_bits_of_two_tensors<T>(activation, pass);
      ++compared;
    }
  std::cout << compared << " packed kernels compared\n";
  EXPECT_GE(compared, 3u * 8);
}

TYPED_TEST(Shaped, PackedGradientsMayReplaceTheirInputs) {
  using T = TypeParam;
  const Kernel backward = kernel_of<T>("packed(swiglu)", Pass::backward);
  const std::size_t rows = 5, columns = 37;
  std::vector<T> x = points<T>(2 * rows * columns, kSeed), dy = normal_numbers<T>(rows * columns, kSeed), dx(x.size());
  ASSERT_EQ(backward.run(pointers({&dy, &x, &dx}).data(), actinide::rows(rows, columns)), 0);
  ASSERT_EQ(backward.run(pointers({&dy, &x, &x}).data(), actinide::rows(rows, columns)), 0);
  EXPECT_EQ(all_bits(x), all_bits(dx));
  const Kernel forward = kernel_of<T>("packed(swiglu)", Pass::forward);
  EXPECT_EQ(forward.run(pointers({&x, &x}).data(), actinide::rows(rows, columns)), ACTINIDE_OVERLAP) << "half the size";
}

/// One row is the same sum; several are summed row by row.
TYPED_TEST(Shaped, PackedParameterGradientsAreTheSameSums) {
  using T = TypeParam;
  const Kernel packed = kernel_of<T>("packed(gated(swish))", Pass::parameter_gradient);
  const Kernel apart = kernel_of<T>("gated(swish)", Pass::parameter_gradient);
  for (const auto &[rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1003}, {7, 33}, {40, 128}}) {
    const std::size_t n = rows * columns;
    std::vector<T> x = normal_numbers<T>(2 * n, kSeed), dy = normal_numbers<T>(n, kSeed + 1), sum(1), expected(1);
    ASSERT_EQ(packed.run(pointers({&dy, &x, &sum}).data(), actinide::rows(rows, columns)), 0);
    std::vector<T> first = part_of(x, columns, 2, 0), second = part_of(x, columns, 2, 1);
    ASSERT_EQ(apart.run(pointers({&dy, &first, &second, &expected}).data(), n), 0);
    const T ulp = std::nextafter(std::abs(expected[0]), T(INFINITY)) - std::abs(expected[0]);
    EXPECT_LE(std::abs(sum[0] - expected[0]), rows == 1 ? T(0) : ulp) << rows << " rows";
  }
}

TYPED_TEST(Shaped, MaxoutIsTheLargestAndItsGradientTheFirstOfThem) {
  using T = TypeParam;
  for (std::size_t k : {2, 3, 5, 16}) {
    const std::string activation = "maxout(k=" + std::to_string(k) + ")";
    const Kernel forward = kernel_of<T>(activation, Pass::forward), backward = kernel_of<T>(activation, Pass::backward);
    for (std::size_t n : {0, 1, 3, 8, 33, 100}) {
      std::vector<T> x = normal_numbers<T>(n * k, kSeed + k), y(n), dy = normal_numbers<T>(n, kSeed), dx(n * k, T(7));
      for (std::size_t i = 0; i + 1 < x.size(); i += 3) x[i + 1] = x[i];  // ties
      ASSERT_EQ(forward.run(pointers({&x, &y}).data(), n), 0);
      ASSERT_EQ(backward.run(pointers({&dy, &x, &dx}).data(), n), 0);
      for (std::size_t i = 0; i < n; ++i) {
        const auto group = x.begin() + static_cast<long>(i * k);
        const auto largest = static_cast<std::size_t>(std::max_element(group, group + static_cast<long>(k)) - group);
        ASSERT_EQ(y[i], x[i * k + largest]);
        for (std::size_t j = 0; j < k; ++j) ASSERT_EQ(dx[i * k + j], j == largest ? dy[i] : 0) << "member " << j;
      }
    }
    std::vector<T> x(k, T(1)), y(1);
    x[k - 1] = std::numeric_limits<T>::quiet_NaN();
    ASSERT_EQ(forward.run(pointers({&x, &y}).data(), 1), 0);
    EXPECT_TRUE(std::isnan(y[0]));
  }
}

/// Every row's gradients by its parameters, against central differences of the reference.
TYPED_TEST(Shaped, ParameterGradientsAreTheExactSums) {
  using T = TypeParam;
  std::cout << "seed " << kSeed << "\n";
  std::size_t measured = 0;
  for (const Activation &row : all_activations()) {
    const std::string name(row.name);
    if (row.shape != ShapeClass::element || reason_undefined(row, Pass::parameter_gradient)) continue;
    const KernelRequest request = parse_kernel_request(name, Pass::parameter_gradient, dtype_of<T>, Tier::standard);
    const Kernel kernel = kernel_of<T>(name, Pass::parameter_gradient);
    const std::size_t n = 777, inputs = request.definition.inputs.size();
    std::vector<std::vector<T>> tensors;
    for (std::size_t i = 0; i <= inputs; ++i) tensors.push_back(normal_numbers<T>(n, kSeed + i));
    std::vector<std::vector<T>> sums(request.definition.parameters.size(), std::vector<T>(1));
    std::vector<void *> buffers;
    for (auto &tensor : tensors) buffers.push_back(tensor.data());
    for (auto &sum : sums) buffers.push_back(sum.data());
    ASSERT_EQ(kernel.run(buffers.data(), n), 0);
    std::vector<std::string> variables = request.definition.inputs;
    for (const Parameter &parameter : request.definition.parameters) variables.push_back(parameter.name);
    const Reference reference(request.definition.body, variables);
    for (std::size_t p = 0; p < sums.size(); ++p) {
      ExactSum sum;
      mpfr_t partial;
      mpfr_init2(partial, 120);
      for (std::size_t e = 0; e < n; ++e) {
        std::vector<double> point;
        for (std::size_t i = 1; i <= inputs; ++i) point.push_back(tensors[i][e]);
        for (const KernelParameter &parameter : kernel.info().parameters) point.push_back(parameter.default_value);
        reference.differentiate(partial, inputs + p, point);
        sum.add(partial, tensors[0][e]);
      }
      mpfr_clear(partial);
      const double ulp = sum.template ulp<T>(sums[p][0]);
      EXPECT_LE(ulp, 1) << name << ", " << variables[inputs + p];
      std::cout << name << " by " << variables[inputs + p] << ": " << ulp << " ULP\n";
      ++measured;
    }
  }
  EXPECT_GE(measured, 6u);
}

/// 2^24 terms of -1 in f32: an f32 accumulator would stop at 2^24 exactly, one of half the size much earlier.
TEST(ParameterGradient, LosesNothingOverManyElements) {
  const std::size_t n = (std::size_t{1} << 24) + 3;
  std::vector<float> x(n, -1.0F), dy(n, 0.5F), sum(1);
  const Kernel kernel = kernel_of<float>("leaky_relu", Pass::parameter_gradient);
  ASSERT_EQ(kernel.run(pointers({&dy, &x, &sum}).data(), n), 0);
  EXPECT_EQ(sum[0], static_cast<float>(-0.5 * static_cast<double>(n)));
}

/// Of lengths with one block, a few and the most, the last of them whole or not.
TYPED_TEST(ShapedOfAnyDType, ParameterGradientsDoNotDependOnThreads) {
  using T = TypeParam;
  const Kernel kernel = kernel_of<T>("clip", Pass::parameter_gradient);
  for (const std::size_t n : {std::size_t{4096}, std::size_t{4097}, std::size_t{100'003}, std::size_t{1'200'000}}) {
    std::vector<T> x = normal_numbers<T>(n, kSeed), dy = normal_numbers<T>(n, kSeed + 1), low(1), high(1), first;
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
      actinide_set_threads(threads);
      ASSERT_EQ(kernel.run(pointers({&dy, &x, &low, &high}).data(), n), 0);
      if (threads == 1) first = {low[0], high[0]};
      EXPECT_EQ(all_bits(std::vector<T>{low[0], high[0]}), all_bits(first)) << n << ", " << threads << " threads";
    }
  }
  actinide_set_threads(0);
}

/// Whole blocks, and the rest: beside the sum of the elements' own derivatives.
TEST(ParameterGradient, SumsEveryElementOnce) {
  const Kernel kernel = kernel_of<double>("leaky_relu", Pass::parameter_gradient);
  for (const std::size_t n : {1UL, 31UL, 33UL, 4095UL, 4096UL, 4097UL, 8191UL, 524'287UL, 524'288UL, 524'289UL}) {
    std::vector<double> x(n), dy(n), sum(1);
    double exact = 0;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = -static_cast<double>(i % 1000);
      dy[i] = static_cast<double>(i % 7);
      exact += x[i] * dy[i];  // integers below 2^53
    }
    ASSERT_EQ(kernel.run(pointers({&dy, &x, &sum}).data(), n), 0);
    EXPECT_EQ(sum[0], exact) << n;
  }
}

TEST(ParameterGradient, OfNoElementsIsZero) {
  float sum = 7;
  void *buffers[] = {nullptr, nullptr, &sum};
  ASSERT_EQ(kernel_of<float>("swish", Pass::parameter_gradient).run(buffers, 0), 0);
  EXPECT_EQ(sum, 0);
}

TEST(ParameterGradient, NeedsAParameter) {
  EXPECT_THROW(kernel_of<float>("gelu", Pass::parameter_gradient), UserError);
  EXPECT_THROW(kernel_of<float>("leaky_relu(slope=0.2)", Pass::parameter_gradient), UserError);
}

}  // namespace
}  // namespace actinide::testing_support
