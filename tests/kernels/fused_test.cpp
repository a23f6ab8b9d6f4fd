// biased(...) and residual(...): to the bit what the kernels one after the other give, and what the sums alone give.
#include "error.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <array>
#include <iostream>

namespace actinide::testing_support {
namespace {

constexpr std::uint64_t kSeed = 20251126;

/// The numbers in which the function of a kernel over T is computed.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

/// All rows of one input, one with a parameter compiled in, and a definition of the user's.
std::vector<std::string> activations() {
  std::vector<std::string> list = {"leaky_relu(slope=0.25)", "mine(u; a = 3) = u * tanh(a * u)"};
  for (const Activation &row : all_activations())
    if (row.shape == ShapeClass::element && definition_of(row).inputs.size() == 1) list.emplace_back(row.name);
  return list;
}

constexpr Extents kExtents[] = {{3, 100, 1}, {2, 5, 9}, {4, 33, 31}, {200, 1, 7}, {0, 4, 3}, {33, 70, 1}};

std::size_t channel_of(const Extents &extents, std::size_t element) {
  return element / extents.inner % extents.channels;
}

template <typename T>
std::vector<Wide<T>> widened(const std::vector<T> &tensor) {
  std::vector<Wide<T>> list;
  for (T value : tensor) list.push_back(static_cast<Wide<T>>(value));
  return list;
}

/// Tensors for one call, and u = x + bias.
template <typename T>
struct Tensors {
  explicit Tensors(const Extents &e)
      : extents(e),
        x(points<T>(e.outer * e.channels * e.inner, kSeed)),
        dy(points<T>(x.size(), kSeed + 1)),
        r(points<T>(x.size(), kSeed + 2)),
        bias(points<T>(400, kSeed + 3)) {
    std::rotate(dy.begin(), dy.begin() + static_cast<long>(dy.size() / 3), dy.end());
    std::rotate(r.begin(), r.begin() + static_cast<long>(r.size() / 7), r.end());
    // Of all magnitudes, but no channel without finite sums.
    std::erase_if(bias, [](T value) { return !(std::abs(static_cast<double>(value)) < 1e3); });
    bias.resize(e.channels);
    for (std::size_t i = 0; i < x.size(); ++i)
      u.push_back(static_cast<Wide<T>>(x[i]) + static_cast<Wide<T>>(bias[channel_of(e, i)]));
  }

  Extents extents;
  std::vector<T> x, dy, r, bias;
  std::vector<Wide<T>> u;
};

template <typename T>
std::vector<std::vector<T>> run_fused(const std::string &activation, Pass pass, const Extents &extents,
                                      std::vector<std::vector<T>> inputs) {
  const Kernel kernel = compiler().kernel(activation, pass, dtype_of<T>);
  const std::size_t elements = extents.outer * extents.channels * extents.inner, count = inputs.size();
  EXPECT_EQ(count, kernel.info().inputs.size()) << kernel.info().name;
  std::vector<void *> buffers;
  for (std::size_t i = count; i < kernel.info().layouts.size(); ++i)
    inputs.emplace_back(kernel.info().layouts[i].along == Along::channel ? extents.channels : elements, T(7));
  for (std::vector<T> &tensor : inputs) buffers.push_back(tensor.data());
  const bool flat = has_one_extent(kernel.info().shape);
  EXPECT_EQ(flat ? kernel.run(buffers.data(), elements) : kernel.run(buffers.data(), extents), 0) << kernel.info().name;
  return {inputs.begin() + static_cast<long>(count), inputs.end()};
}

/// The kernel by itself, of the same numbers.
template <typename T>
std::vector<Wide<T>> run_plain(const std::string &activation, Pass pass, const std::vector<std::vector<Wide<T>>> &in) {
  return run<Wide<T>>(compiler().kernel(activation, pass, dtype_of<Wide<T>>), in)[0];
}

template <typename T>
void expect_bits(const std::vector<T> &computed, const std::vector<Wide<T>> &expected, const std::string &what) {
  ASSERT_EQ(computed.size(), expected.size());
  for (std::size_t i = 0; i < computed.size(); ++i)
    ASSERT_EQ(bits(computed[i]), bits(static_cast<T>(expected[i]))) << what << ", element " << i;
}

template <typename T>
class Fused : public testing::Test {};
using Elements = testing::Types<float, double, f16, bf16>;
TYPED_TEST_SUITE(Fused, Elements);

TYPED_TEST(Fused, ForwardIsTheSumsAndTheActivationOneAfterTheOther) {
  using T = TypeParam;
  const Tensors<T> t(kExtents[2]);
  for (const std::string &activation : activations()) {
    std::vector<Wide<T>> y = run_plain<T>(activation, Pass::forward, {t.u});
    if (dtype_of<T> == DType::f32)
      expect_bits<T>(run_fused<T>("biased(" + activation + ")", Pass::forward, t.extents, {t.x, t.bias})[0], y,
                     activation);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += static_cast<Wide<T>>(t.r[i]);
    const std::string both = "residual(biased(" + activation + "))";
    expect_bits<T>(run_fused<T>(both, Pass::forward, t.extents, {t.x, t.bias, t.r})[0], y, both);
  }
}

TYPED_TEST(Fused, GradientsAreThoseAtTheRoundedSum) {
  using T = TypeParam;
  const Tensors<T> t(kExtents[2]);
  std::size_t number = 0;
  for (const std::string &activation : activations()) {
    if (dtype_of<T> != DType::f32 && number++ % 4 != 0) continue;  // what differs is tried in f32
    const std::vector<Wide<T>> dx = run_plain<T>(activation, Pass::backward, {widened(t.dy), t.u});
    const std::string both = "residual(biased(" + activation + "))";
    const auto gradients = run_fused<T>(both, Pass::backward, t.extents, {t.dy, t.x, t.bias});
    ASSERT_EQ(gradients.size(), 3u);
    expect_bits<T>(gradients[0], dx, both + ": dx");
    expect_bits<T>(gradients[2], widened(t.dy), both + ": dr");
    const std::string biased = "biased(" + activation + ")";
    expect_bits<T>(run_fused<T>(biased, Pass::derivative, t.extents, {t.x, t.bias})[0],
                   run_plain<T>(activation, Pass::derivative, {t.u}), biased);
  }
}

TYPED_TEST(Fused, ResidualAloneIsOneSumMore) {
  using T = TypeParam;
  const Tensors<T> t({1, 1, 1003});
  for (const std::string activation : {"gelu", "relu", "elu", "mine(u) = u^2"}) {
    const std::string text = "residual(" + activation + ")";
    std::vector<Wide<T>> y = run_plain<T>(activation, Pass::forward, {widened(t.x)});
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += static_cast<Wide<T>>(t.r[i]);
    expect_bits<T>(run_fused<T>(text, Pass::forward, t.extents, {t.x, t.r})[0], y, text);
    const auto gradients = run_fused<T>(text, Pass::backward, t.extents, {t.dy, t.x});
    expect_bits<T>(gradients[0], run_plain<T>(activation, Pass::backward, {widened(t.dy), widened(t.x)}), text);
    expect_bits<T>(gradients[1], widened(t.dy), text);
  }
}

/// The sum of each channel by long double, whose 11 bits more than f64's keep what counts here.
template <typename T>
void expect_sums(const std::vector<T> &sums, const std::vector<Wide<T>> &terms, const Extents &extents) {
  for (std::size_t c = 0; c < sums.size(); ++c) {
    long double sum = 0, size = 0;
    for (std::size_t i = 0; i < terms.size(); ++i)
      if (channel_of(extents, i) == c) sum += terms[i], size += std::abs(static_cast<long double>(terms[i]));
    const long double ulp = std::ldexp(1.0L, std::ilogb(sum) + 1 - float_format(dtype_of<T>).digits);
    const long double error = std::abs(static_cast<long double>(static_cast<double>(sums[c])) - sum);
    EXPECT_LE(error, 0.51L * ulp + size * 0x1p-62L) << "channel " << c << " of " << extents.channels;
  }
}

TYPED_TEST(Fused, DbiasIsTheSumOfDxOverEachChannel) {
  using T = TypeParam;
  for (const Extents &extents : kExtents) {
    Tensors<T> t(extents);
    for (std::vector<T> *tensor : {&t.x, &t.dy, &t.bias})
      for (std::size_t i = 0; i < tensor->size(); ++i)
        (*tensor)[i] = static_cast<T>(std::sin(static_cast<double>(i) + static_cast<double>(tensor->size())) * 4);
    for (std::size_t i = 0; i < t.x.size(); ++i)
      t.u[i] = static_cast<Wide<T>>(t.x[i]) + static_cast<Wide<T>>(t.bias[channel_of(extents, i)]);
    const auto gradients = run_fused<T>("biased(silu)", Pass::backward, extents, {t.dy, t.x, t.bias});
    expect_sums<T>(gradients[1], run_plain<T>("silu", Pass::backward, {widened(t.dy), t.u}), extents);
  }
}

TYPED_TEST(Fused, SumsDependNeitherOnThreadsNorOnTargetsNorOnThePlace) {
  using T = TypeParam;
  for (const Extents &extents : {Extents{64, 300, 50}, Extents{2000, 70, 1}}) {
    const Tensors<T> t(extents);
    std::vector<std::uint64_t> first;
    const auto expect_first = [&](const Kernel &kernel, bool in_place) {
      std::vector<T> dy = t.dy, x = t.x, bias = t.bias, dx(x.size()), dbias(bias.size());
      void *buffers[] = {dy.data(), x.data(), bias.data(), in_place ? dy.data() : dx.data(), dbias.data()};
      ASSERT_EQ(kernel.run(buffers, extents), 0);
      std::vector<std::uint64_t> all;
      for (T value : dbias) all.push_back(bits(value));
      for (T value : in_place ? dy : dx) all.push_back(bits(value));
      if (first.empty()) first = all;
      EXPECT_EQ(all, first) << kernel.info().name << " for " << kernel.info().target;
    };
    for (const Target &target : all_targets()) {
      if (!target.has_fma || !runs_here(target)) continue;
      const Kernel kernel = Compiler({.target = target.name}).kernel("biased(elu)", Pass::backward, dtype_of<T>);
      for (unsigned threads : {1U, 2U, 7U}) {
        actinide_set_threads(threads);
        expect_first(kernel, threads == 2);
      }
      actinide_set_threads(0);
    }
  }
}

TEST(FusedForms, HaveTheirNamesAndTensors) {
  const auto signature = [](const std::string &text, Pass pass) {
    return signature_of(parse_kernel_request(text, pass, DType::f32, Tier::standard));
  };
  using Names = std::vector<std::string>;
  const KernelSignature both = signature("residual(biased(leaky_relu(slope=0.2)))", Pass::backward);
  EXPECT_EQ(both.base_name(), "residual_biased_leaky_relu_slope0p2_backward_f32");
  EXPECT_EQ(both.inputs, (Names{"dy", "x", "bias"}));
  EXPECT_EQ(both.outputs, (Names{"dx", "dbias", "dr"}));
  EXPECT_EQ(signature("residual(biased(gelu))", Pass::forward).inputs, (Names{"x", "bias", "r"}));
  EXPECT_EQ(signature("biased(gelu)", Pass::forward).formula, "y = (x + bias) * normcdf(x + bias)");
  EXPECT_EQ(signature("residual(square)", Pass::forward).formula, "y = x^2 + r");
  // Names that are taken.
  EXPECT_EQ(signature("residual(biased(f(bias; r = 2) = r * bias))", Pass::forward).inputs,
            (Names{"bias", "bias_", "r_"}));
}

struct Refusal {
  const char *text;
  Pass pass;
  const char *message;
};

class FusedRefusals : public testing::TestWithParam<Refusal> {};

INSTANTIATE_TEST_SUITE_P(
    Forms, FusedRefusals,
    testing::Values(
        Refusal{"biased(softmax)", Pass::forward,
                "biased(softmax): softmax is not element-wise; biased(...) takes an activation of single elements"},
        Refusal{"residual(swiglu)", Pass::forward,
                "residual(swiglu): swiglu has 2 inputs; residual(...) takes an activation of one input"},
        Refusal{"biased(residual(gelu))", Pass::forward,
                "biased(...) takes an activation of one input, which residual(...) is not"},
        Refusal{"packed(biased(gelu))", Pass::forward,
                "packed(...) takes an activation of two inputs or gated(...), which biased(...) is not"},
        Refusal{"biased(gelu)", Pass::second_derivative, "biased(gelu) has no second_derivative; request that of gelu"},
        Refusal{"residual(biased(gelu))", Pass::derivative,
                "residual(biased(gelu)) has no derivative; request that of biased(gelu)"},
        Refusal{"biased(relu)", Pass::backward_from_output,
                "biased(relu) has no backward_from_output; request that of relu"}));

TEST_P(FusedRefusals, NameTheRemedy) {
  try {
    parse_kernel_request(GetParam().text, GetParam().pass, DType::f32, Tier::standard);
    FAIL() << "accepted";
  } catch (const UserError &error) {
    EXPECT_STREQ(error.what(), GetParam().message);
  }
}

}  // namespace
}  // namespace actinide::testing_support
