// What the public API has besides element-wise calls: shapes, compiling in the background, errors without exceptions.
#include "actinide/jit.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace actinide {
namespace {

template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const UserError &error) {
    return error.what();
  }
  return "no error";
}

TEST(Shaped, Rows) {
  const auto softmax = Compiler().shaped<float>("softmax");
  const std::vector<float> x = {0, std::log(3.0F), 5, 5};
  std::vector<float> y(4);
  softmax(rows(2, 2), x, y);
  EXPECT_EQ(y[0], 0.25F);
  EXPECT_EQ(y[3], 0.5F);
  softmax(rows(1, 4), x.data(), y.data());
  EXPECT_FLOAT_EQ(y[0] + y[1] + y[2] + y[3], 1);
}

TEST(Shaped, RowsOfTwoTypes) {
  const std::vector<bf16> x = {bf16(1), bf16(1)};
  std::vector<float> y(2);
  Compiler().shaped<bf16, float>("softmax")(rows(1, 2), x, y);
  EXPECT_EQ(y[1], 0.5F);
}

TEST(Shaped, Channels) {
  const auto prelu = Compiler().shaped<float>("prelu");
  const std::vector<float> x = {-1, -1, -1, 8}, slope = {2, 3};
  std::vector<float> y(4);
  prelu(channels(1, 2, 2), x, slope, y);
  EXPECT_EQ(y, (std::vector<float>{-2, -2, -3, 8}));
  EXPECT_EQ(message_of([&] { prelu(channels(1, 4, 1), x, slope, y); }),
            "prelu_forward_f32: slope has 2 elements where 1 x 4 x 1 ask for 4");
}

TEST(Shaped, PartsGroupsAndSums) {
  const Compiler compiler;
  const std::vector<float> x = {-1, 2, 3, -4};
  std::vector<float> parts(8), largest(2), sum(1);
  compiler.shaped<float>("crelu")(rows(2, 2), x, parts);
  EXPECT_EQ(parts, (std::vector<float>{0, 2, 1, 0, 3, 0, 0, 4}));
  compiler.shaped<float>("maxout(k=2)")(rows(1, 2), x, largest);
  EXPECT_EQ(largest, (std::vector<float>{2, 3}));
  const std::vector<float> dy = {1, 1, 1, 1};
  compiler.shaped<float>("scaled(x; a = 1) = a * x", Pass::parameter_gradient)(rows(1, 4), dy, x, sum);
  EXPECT_EQ(sum[0], 0) << "-1 + 2 + 3 - 4";
}

TEST(Shaped, AnElementwiseKernelTakesRows) {
  const std::vector<float> x = {-1, 2, 3, -4};
  std::vector<float> y(4);
  const auto leaky = Compiler().shaped<float>("leaky_relu");
  leaky(rows(2, 2), x, y, 0.5);
  EXPECT_EQ(y, (std::vector<float>{-0.5F, 2, 3, -2}));
  EXPECT_EQ(message_of([&] { leaky(rows(2, 2), x, y, 0.5, 1); }),
            "leaky_relu_forward_f32 has 1 parameters (slope), not 2");
}

TEST(Shaped, RowsAndPartsHaveNoChannels) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};
  std::vector<float> y(6, 7), parts(12, 7);
  const auto softmax = Compiler().shaped<float>("softmax"), crelu = Compiler().shaped<float>("crelu");
  EXPECT_EQ(message_of([&] { softmax(channels(1, 3, 2), x, y); }),
            "softmax_forward_f32 takes rows, not 3 channels; pass rows(...)");
  EXPECT_EQ(message_of([&] { crelu(channels(1, 3, 2), x, parts); }),
            "crelu_forward_f32 takes rows, not 3 channels; pass rows(...)");
  void *buffers[] = {const_cast<float *>(x.data()), y.data()};
  EXPECT_EQ(softmax.kernel().run(buffers, channels(1, 3, 2)), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(y, std::vector<float>(6, 7));
  EXPECT_EQ(parts, std::vector<float>(12, 7));
}

TEST(Shaped, AnUntypedElementwiseKernelTakesAllRowsOrNone) {
  const Kernel relu = Compiler().kernel("relu", Pass::forward, DType::f32);
  std::vector<float> x = {1, 2, -9, 4, 5, -9}, y(6, 7);
  void *buffers[] = {x.data(), y.data()};
  const std::size_t strides[] = {3, 3};
  EXPECT_EQ(relu.run(buffers, rows(2, 2), strides), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(relu.run(buffers, rows(8, 0)), ACTINIDE_OK);
  EXPECT_EQ(relu.run(buffers, rows(std::size_t{1} << 63, 2)), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(y, std::vector<float>(6, 7));
  EXPECT_EQ(relu.run(buffers, rows(3, 2)), ACTINIDE_OK);
  EXPECT_EQ(y, (std::vector<float>{1, 2, 0, 4, 5, 0}));
  // Sums over everything, and groups.
  const Kernel sum = Compiler().kernel("scaled(x; a = 1) = a * x", Pass::parameter_gradient, DType::f32);
  void *sums[] = {x.data(), x.data(), y.data()};
  EXPECT_EQ(sum.run(sums, rows(2, 3)), ACTINIDE_OK);
  EXPECT_EQ(y[0], 1 + 4 + 81 + 16 + 25 + 81);
  EXPECT_EQ(Compiler().kernel("maxout(k=2)", Pass::forward, DType::f32).run(buffers, channels(3, 1, 1)), ACTINIDE_OK);
  EXPECT_EQ(y, (std::vector<float>{2, 4, 5, 4, 5, 0}));
}

// Rows of 1000 x 1 had been taken for 1000 elements to be streamed to whole cache lines.
TEST(Shaped, RowsOfOneElementMayLieAnywhere) {
  const Kernel relu = Compiler().kernel("relu", Pass::forward, DType::f32);
  std::vector<float> x(1001, 1), y(1001, 7);
  void *buffers[] = {x.data(), y.data() + 1};
  EXPECT_EQ(relu.run(buffers, rows(1000, 1)), ACTINIDE_OK);
  EXPECT_EQ(y[1000], 1);
}

TEST(Result, HoldsAKernelOrTheError) {
  const Compiler compiler;
  const auto relu = compiler.try_elementwise<float>("relu");
  ASSERT_TRUE(relu);
  float x = -1;
  (*relu)(&x, &x, 1);
  EXPECT_EQ(x, 0);
  EXPECT_EQ(relu->info().name, "relu_forward_f32");

  const auto wrong = compiler.try_kernel("gleu", Pass::forward, DType::f32);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, ErrorCode::wrong_request);
  EXPECT_NE(wrong.error().message.find("did you mean 'gelu'?"), std::string::npos);
  EXPECT_EQ(message_of([&] { wrong.value(); }), wrong.error().message);
  EXPECT_FALSE(compiler.try_shaped<float>("f(x) = x +"));
}

TEST(InBackground, CompilesWhatElseWouldBeWaitedFor) {
  std::future<Elementwise<float>> later = Compiler().elementwise_async<float>("later(x) = x * x + 0.5");
  std::future<Kernel> wrong = Compiler().kernel_async("later(x) = x +", Pass::forward, DType::f32);
  const std::vector<float> x = {2};
  std::vector<float> y(1);
  later.get()(x, y);
  EXPECT_EQ(y[0], 4.5F);
  EXPECT_THROW(wrong.get(), UserError);
  Compiler().shaped_async<float>("softmax").get()(rows(1, 1), x, y);
  EXPECT_EQ(y[0], 1);
}

TEST(Find, CompilesNothing) {
  const ScratchDirectory scratch;
  const Compiler compiler({.cache_directory = (scratch.path() / "cache").string()});
  const std::string text = "found(x) = x / 3 + 7";
  EXPECT_FALSE(compiler.find(text, Pass::forward, DType::f32).has_value());
  EXPECT_FALSE(compiler.find("not understood", Pass::forward, DType::f32).has_value());
  const Kernel kernel = compiler.kernel(text, Pass::forward, DType::f32);
  const auto found = compiler.find(text, Pass::forward, DType::f32);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(&found->info(), &kernel.info());
  EXPECT_FALSE(compiler.find(text, Pass::backward, DType::f32).has_value());
}

TEST(Kernels, OutliveEverythingThatMadeThem) {
  std::vector<Kernel> kernels;
  std::future<Shaped<double>> softmax;
  {
    const Compiler compiler;
    kernels.push_back(compiler.kernel("outlives(x) = x + 0.25", Pass::forward, DType::f64));
    softmax = compiler.shaped_async<double>("softmax");
  }
  kernels.push_back(softmax.get().kernel());
  double x = 1;
  void *buffers[] = {&x, &x};
  EXPECT_EQ(kernels[0].run(buffers, 1), ACTINIDE_OK);
  EXPECT_EQ(x, 1.25);
  EXPECT_EQ(kernels[1].run(buffers, rows(1, 1)), ACTINIDE_OK);
  EXPECT_EQ(x, 1);
}

}  // namespace
}  // namespace actinide
