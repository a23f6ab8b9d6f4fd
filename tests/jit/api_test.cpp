// The public C++ API: what calls compute, what they refuse and how they say it.
#include "actinide/jit.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace actinide {
namespace {

const std::vector<float> kInputs = {-3, -1.5, -0.5, -0.0F, 0, 0.25, 1, 2.5, 7};

std::string message_of(const std::function<void()> &action) {
  try {
    action();
  } catch (const UserError &error) {
    return error.what();
  }
  return "no error";
}

template <typename T>
void expect_near(const std::vector<T> &computed, const std::vector<T> &inputs, double (*exact)(double)) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double expected = exact(inputs[i]);
    EXPECT_NEAR(computed[i], expected, 4 * std::numeric_limits<T>::epsilon() * std::fabs(expected)) << inputs[i];
  }
}

double gelu(double x) {
  return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}
double tanhexp(double x) {
  return x * std::tanh(std::exp(x));
}

TEST(Elementwise, BuiltInForward) {
  const auto kernel = Compiler().elementwise<float>("gelu", Pass::forward);
  std::vector<float> y(kInputs.size());
  kernel(kInputs, y);
  expect_near(y, kInputs, gelu);
}

TEST(Elementwise, DefinitionInF64) {
  const std::vector<double> x(kInputs.begin(), kInputs.end());
  std::vector<double> y(x.size());
  Compiler().elementwise<double>("mine(x) = x * tanh(exp(x))")(x, y);
  expect_near(y, x, tanhexp);
}

TEST(Elementwise, BackwardTakesDyFirst) {
  const std::vector<float> x = {-2, 3}, dy = {10, 100};
  std::vector<float> dx(2);
  Compiler().elementwise<float>("leaky_relu(slope=0.5)", Pass::backward)(dy, x, dx);
  EXPECT_EQ(dx, (std::vector<float>{5, 100}));
}

TEST(Elementwise, TwoInputs) {
  const std::vector<float> x = {2, 3}, gate = {5, -1};
  std::vector<float> y(2);
  Compiler().elementwise<float>("reglu(x, gate) = x * max(gate, 0)")(x, gate, y);
  EXPECT_EQ(y, (std::vector<float>{10, 0}));
}

TEST(Elementwise, ParametersByPositionOrDefault) {
  const auto kernel = Compiler().elementwise<float>("line(x; slope = 2, offset = 1) = slope * x + offset");
  ASSERT_EQ(kernel.info().parameters.size(), 2u);
  EXPECT_EQ(kernel.info().parameters[0].name, "slope");
  EXPECT_EQ(kernel.info().parameters[1].default_value, 1);
  const std::vector<float> x = {10};
  std::vector<float> y(1);
  kernel(x, y);
  EXPECT_EQ(y[0], 21);
  kernel(x, y, 3, 0.5);
  EXPECT_EQ(y[0], 30.5);
  kernel(x.data(), y.data(), 1, -1.0F, 0);
  EXPECT_EQ(y[0], -10);
}

TEST(Elementwise, SpansPointersContainersAndInPlaceAgree) {
  const auto kernel = Compiler().elementwise<float>("silu");
  std::vector<float> expected(kInputs.size());
  kernel(kInputs, expected);

  std::vector<float> y(kInputs.size());
  kernel(std::span<const float>(kInputs), std::span<float>(y));
  EXPECT_EQ(y, expected);
  y.assign(y.size(), 0);
  kernel(kInputs.data(), y.data(), y.size());
  EXPECT_EQ(y, expected);
  y = kInputs;
  kernel(y, y);
  EXPECT_EQ(y, expected);
  std::array<float, 1> one = {1};
  kernel(one, one);
  EXPECT_EQ(one[0], expected[6]);
}

TEST(Elementwise, NothingToDo) {
  const auto kernel = Compiler().elementwise<float>("silu");
  std::vector<float> none;
  EXPECT_NO_THROW(kernel(none, none));
  EXPECT_NO_THROW(kernel(static_cast<const float *>(nullptr), static_cast<float *>(nullptr), 0));
}

TEST(Elementwise, MisuseIsOneClearLineAndWritesNothing) {
  const Compiler compiler;
  const auto silu = compiler.elementwise<float>("silu");
  const auto leaky = compiler.elementwise<float>("leaky_relu", Pass::backward);
  std::vector<float> x = {1, 2, 3}, y = {7, 7, 7}, two(2);
  const std::vector<float> fixed(3);
  EXPECT_EQ(message_of([&] { silu(x, two); }),
            "silu_forward_f32: y has 2 elements where 3 are expected; all tensors need the same number");
  EXPECT_EQ(message_of([&] { silu(x.data(), two, 3); }),
            "silu_forward_f32: y has 2 elements where 3 are expected; all tensors need the same number");
  EXPECT_EQ(message_of([&] { silu(x); }), "silu_forward_f32 takes 2 tensors (x -> y), not 1");
  EXPECT_EQ(message_of([&] { leaky(x, y); }), "leaky_relu_backward_f32 takes 3 tensors (dy, x -> dx), not 2");
  EXPECT_EQ(message_of([&] { silu(x, fixed); }),
            "silu_forward_f32: the output y is read-only; pass non-const elements");
  EXPECT_EQ(message_of([&] { silu(x.data(), y.data()); }),
            "silu_forward_f32: pass the number of elements after the pointers (x -> y)");
  EXPECT_EQ(message_of([&] { silu(x, y, 0.5); }), "silu_forward_f32 has 0 parameters (none), not 1");
  EXPECT_EQ(message_of([&] { leaky(x, x, y, 1, 2); }), "leaky_relu_backward_f32 has 1 parameters (slope), not 2");
  EXPECT_EQ(message_of([&] { silu(std::span(x).first(2), std::span(x).last(2)); }),
            std::string("silu_forward_f32: ") + actinide_status_string(ACTINIDE_OVERLAP));
  EXPECT_EQ(message_of([&] { silu(static_cast<const float *>(nullptr), y.data(), 3); }),
            std::string("silu_forward_f32: ") + actinide_status_string(ACTINIDE_NULL_POINTER));
  EXPECT_EQ(message_of([&] { silu(x.data(), y.data(), std::size_t{1} << 62); }),
            std::string("silu_forward_f32: ") + actinide_status_string(ACTINIDE_INVALID_SIZE));
  const auto softplus = Compiler().elementwise<float>("softplus");
  EXPECT_EQ(message_of([&] { softplus(x, y, 0); }), "softplus_forward_f32: k = 0 is outside its range: k > 0");
  EXPECT_EQ(message_of([&] { softplus(x, y, -1.5); }), "softplus_forward_f32: k = -1.5 is outside its range: k > 0");
  EXPECT_EQ(message_of([&] { leaky(x, x, y, std::nan("")); }),
            "leaky_relu_backward_f32: slope = nan is no finite number");
  EXPECT_EQ(message_of([&] { leaky(x, x, y, 1e39); }), "leaky_relu_backward_f32: slope = inf is no finite number");
  EXPECT_EQ(x, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(y, (std::vector<float>{7, 7, 7}));
}

TEST(Jit, SixteenBits) {
  const auto check = []<typename T>(T) {
    const std::vector<T> x = {T(-2), T(0.5)};
    std::vector<T> y(2);
    const auto leaky = Compiler().elementwise<T>("leaky_relu");
    leaky(x, y, 0.25);
    EXPECT_EQ(static_cast<double>(y[0]), -0.5);
    EXPECT_EQ(static_cast<double>(y[1]), 0.5);
    EXPECT_EQ(leaky.info().dtypes, DTypes(dtype_of<T>));
    EXPECT_EQ(leaky.info().parameters[0].default_value, 0.01F) << "parameters are f32";
    leaky(x.data(), y.data(), 1, 0.5);
    EXPECT_EQ(static_cast<float>(y[0]), -1);
  };
  check(f16());
  check(bf16());
}

TEST(Kernel, UntypedCallsReturnAStatus) {
  const Kernel kernel = Compiler().kernel("leaky_relu", Pass::forward, DType::f64);
  double x[] = {-1, 4}, y[] = {0, 0};
  void *buffers[] = {x, y};
  EXPECT_EQ(kernel.run(buffers, 2), ACTINIDE_OK);
  EXPECT_EQ(y[0], -0.01);
  const double slope = 0.5;
  EXPECT_EQ(kernel.run(buffers, 2, &slope), ACTINIDE_OK);
  EXPECT_EQ(y[0], -0.5);
  void *null_output[] = {x, nullptr};
  EXPECT_EQ(kernel.run(null_output, 2), ACTINIDE_NULL_POINTER);
  EXPECT_EQ(kernel.run(buffers, static_cast<std::size_t>(-1)), ACTINIDE_INVALID_SIZE);
}

TEST(Kernel, OfRowsWantsTheirExtents) {
  const Kernel softmax = Compiler().kernel("softmax", Pass::forward, DType::f32);
  float x[] = {1, 1}, y[] = {0, 0};
  void *buffers[] = {x, y};
  EXPECT_EQ(softmax.run(buffers, 2), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(softmax.run(buffers, rows(1, 2)), ACTINIDE_OK);
  EXPECT_EQ(y[1], 0.5F);
  const auto typed = Compiler().elementwise<float>("packed(swiglu)");
  EXPECT_EQ(message_of([&] { typed(x, y, 1); }),
            "packed_swiglu_forward_f32 takes tensors of several shapes; compile it by Compiler::shaped, and pass their "
            "extents");
}

TEST(Kernel, AFormOfADefinitionIsAForm) {
  const Kernel kernel = Compiler().kernel("packed(mine(x, g) = x - 2*g)", Pass::forward, DType::f32);
  EXPECT_EQ(kernel.info().name, "packed_mine_forward_f32");
  float x[] = {1, 2, 10, 20}, y[2];
  void *buffers[] = {x, y};
  EXPECT_EQ(kernel.run(buffers, rows(1, 2)), ACTINIDE_OK);
  EXPECT_EQ(y[1], 2 - 2 * 20);
}

TEST(Elementwise, TakesOneTypeAndGivesAnother) {
  const Compiler compiler;
  const std::vector<bf16> x = {bf16(-2), bf16(0.5)};
  const std::vector<float> dy = {3, 1.0009765625F};
  std::vector<float> y(2);
  std::vector<bf16> dx(2);
  compiler.elementwise<bf16, float>("leaky_relu(slope=0.3)")(x, y);
  EXPECT_EQ(y, (std::vector<float>{-2 * 0.3F, 0.5F})) << "more digits than bf16 has";
  const auto backward = compiler.elementwise<bf16, float>("relu", Pass::backward);
  backward(dy, x, dx);
  EXPECT_EQ(static_cast<float>(dx[1]), 1) << "rounded";
  backward(dy.data(), x.data(), dx.data(), 2);
  EXPECT_EQ(message_of([&] { backward(x, dy, dx); }), "relu_backward_bf16_f32: dy holds bf16 where f32 is expected");
  EXPECT_EQ(message_of([&] { compiler.elementwise<bf16, double>("relu"); }),
            "unknown pair of dtypes 'bf16:f64'; known are: bf16:f32, f32:bf16, f16:f32, f32:f16");
}

TEST(Elementwise, AddsAResidual) {
  const std::vector<float> x = {-1, 2}, r = {10, 20};
  std::vector<float> y(2);
  Compiler().elementwise<float>("residual(relu)")(x, r, y);
  EXPECT_EQ(y, (std::vector<float>{10, 22}));
}

TEST(Kernel, InfoTellsTheWholeFace) {
  const Compiler compiler;
  const KernelInfo &info = compiler.elementwise<float>("elu", Pass::backward, {.tier = Tier::faithful}).info();
  EXPECT_EQ(info.name, "elu_backward_f32");
  EXPECT_EQ(info.pass, Pass::backward);
  EXPECT_EQ(info.dtypes, DTypes(DType::f32));
  EXPECT_EQ(info.tier, Tier::faithful);
  EXPECT_EQ(info.inputs, (std::vector<std::string>{"dy", "x"}));
  EXPECT_EQ(info.outputs, (std::vector<std::string>{"dx"}));
  ASSERT_EQ(info.parameters.size(), 1u);
  EXPECT_EQ(info.parameters[0].name, "a");
  EXPECT_EQ(info.target, compiler.target());
  EXPECT_TRUE(info.formula.starts_with("dx = ")) << info.formula;
}

TEST(Kernel, OutlivesItsCompiler) {
  std::unique_ptr<Kernel> copy;
  {
    const Compiler compiler;
    const Kernel original = compiler.kernel("relu", Pass::forward, DType::f32);
    copy = std::make_unique<Kernel>(original);
  }
  float x[] = {-1, 2}, y[2];
  void *buffers[] = {x, y};
  EXPECT_EQ(copy->run(buffers, 2), ACTINIDE_OK);
  EXPECT_EQ(y[1], 2);
}

TEST(CudaKernel, WithoutADriverIsOneClearLine) {
  if (dlopen("libcuda.so.1", RTLD_NOW) != nullptr) GTEST_SKIP() << "this machine has a CUDA driver";
  const auto silu = Compiler().cuda_elementwise<float>("silu");
  alignas(16) float x[2] = {1, 2}, y[2];
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x, y, 2); }),
            "silu_forward_f32: no CUDA driver: libcuda.so.1 can't be opened");
  void *buffers[] = {x, y};
  EXPECT_EQ(silu.kernel().launch(nullptr, buffers, 2), ACTINIDE_CUDA_NO_DRIVER);
  EXPECT_EQ(silu.kernel().launch(nullptr, buffers, 0), ACTINIDE_OK);
}

struct BadRequest {
  std::string name, activation, message;
};

class BadRequests : public testing::TestWithParam<BadRequest> {};

TEST_P(BadRequests, GiveAClearMessage) {
  const std::string message = message_of([] { Compiler().elementwise<float>(GetParam().activation, Pass::forward); });
  EXPECT_NE(message.find(GetParam().message), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Requests, BadRequests,
                         testing::Values(BadRequest{"misspelt", "gleu", "did you mean 'gelu'?"},
                                         BadRequest{"unknown_parameter", "gelu(k=2)", "gelu has no parameter 'k'"},
                                         BadRequest{"outside_the_range", "softplus(k=-1)", "k > 0"},
                                         BadRequest{"malformed", "f(x) = x +", "^"},
                                         BadRequest{"too_many_tensors", "f(a, b, c, d, f, g, h, i) = a+b+c+d+f+g+h+i",
                                                    "a kernel has at most 8"},
                                         BadRequest{"empty", "", "expected the name of an activation"}),
                         [](const auto &test) { return test.param.name; });

TEST(Compiler, TargetIsCheckedWhenItIsMade) {
  EXPECT_EQ(Compiler({.target = "x86-64-v2"}).target(), "x86-64-v2");
  EXPECT_NE(message_of([] { Compiler({.target = "x86-64-v9"}); }).find("x86-64-v9"), std::string::npos);
}

TEST(Compiler, EnvironmentForcesTheDefaultTarget) {
  setenv("ACTINIDE_TARGET", "x86-64-v2", 1);
  EXPECT_EQ(Compiler().target(), "x86-64-v2");
  // What the program asks for itself comes first, and the kernel runs.
  const auto best = Compiler({.target = "x86-64-v2"}).elementwise<float>("relu");
  setenv("ACTINIDE_TARGET", "vax", 1);
  EXPECT_NE(message_of([] { Compiler(); }).find("vax"), std::string::npos);
  std::vector<float> x = {-1};
  EXPECT_NO_THROW(best(x, x));
  unsetenv("ACTINIDE_TARGET");
  EXPECT_NO_THROW(Compiler());
}

}  // namespace
}  // namespace actinide
