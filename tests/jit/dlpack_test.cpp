// Tensors of frameworks: dense, in rows at a distance, of every shape class; and what doesn't fit.
#include "actinide/dlpack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

namespace actinide {
namespace {

std::string message_of(const std::function<void()> &action) {
  try {
    action();
  } catch (const UserError &error) {
    return error.what();
  }
  return "no error";
}

DLDataType type_of(DType dtype) {
  const auto bits = static_cast<std::uint8_t>(8 * size_of(dtype));
  return {static_cast<std::uint8_t>(dtype == DType::bf16 ? kDLBfloat : kDLFloat), bits, 1};
}

/// A tensor over its own elements, as a framework would hand it over; without strides it is dense.
template <typename T>
struct Tensor {
  Tensor(std::vector<T> values, std::vector<std::int64_t> extents, std::vector<std::int64_t> distances = {})
      : elements(std::move(values)), shape(std::move(extents)), strides(std::move(distances)) {
    managed.dl_tensor = {elements.data(),
                         {kDLCPU, 0},
                         static_cast<int>(shape.size()),
                         type_of(dtype_of<T>),
                         shape.data(),
                         strides.empty() ? nullptr : strides.data(),
                         0};
  }
  /// Over a part of another's elements.
  Tensor(Tensor &whole, std::ptrdiff_t first, std::vector<std::int64_t> extents, std::vector<std::int64_t> distances)
      : Tensor(std::vector<T>(), std::move(extents), std::move(distances)) {
    managed.dl_tensor.data = whole.elements.data() + first;
  }
  Tensor(const Tensor &) = delete;

  std::vector<T> elements;
  std::vector<std::int64_t> shape, strides;
  DLManagedTensor managed{};
};

template <typename... Tensors>
void run(const Kernel &kernel, Tensors &...tensors) {
  const DLTensor *list[] = {&tensors.managed.dl_tensor...};
  call(kernel, list);
}

Kernel compile(const char *activation, Pass pass = Pass::forward, DTypes dtypes = DType::f32) {
  return Compiler().kernel(activation, pass, dtypes);
}

TEST(DLPack, DenseTensorsOfAnyRank) {
  Tensor<float> x({-1, 2, 3, -4, 5, -6, 7, -8}, {2, 2, 2}), y(std::vector<float>(8), {2, 2, 2}, {4, 2, 1});
  run(compile("relu"), x, y);
  EXPECT_EQ(y.elements, (std::vector<float>{0, 2, 3, 0, 5, 0, 7, 0}));
  Tensor<float> scalar({-3}, {});
  run(compile("relu"), scalar, scalar);
  EXPECT_EQ(scalar.elements[0], 0);
}

TEST(DLPack, RowsAtADistance) {
  Tensor<float> x({-1, 2, 99, 3, -4, 99}, {2, 2}, {3, 1}), y({7, 7, 7, 7}, {2, 2});
  run(compile("relu"), x, y);
  EXPECT_EQ(y.elements, (std::vector<float>{0, 2, 3, 0}));
  run(compile("relu"), x, x);
  EXPECT_EQ(x.elements, (std::vector<float>{0, 2, 99, 3, 0, 99})) << "what lies between rows stays";
  Tensor<float> logits({1, 1, 99, 2, 2, 99}, {2, 1, 2}, {3, 99, 1});
  Tensor<float> shares({7, 7, 7, 7}, {2, 1, 2});
  run(compile("softmax"), logits, shares);
  EXPECT_EQ(shares.elements, (std::vector<float>{0.5, 0.5, 0.5, 0.5}));
}

TEST(DLPack, AnOffsetInBytes) {
  Tensor<double> x({9, -1, 2}, {2}), y({0, 0}, {2});
  x.managed.dl_tensor.byte_offset = sizeof(double);
  run(compile("relu", Pass::forward, DType::f64), x, y);
  EXPECT_EQ(y.elements, (std::vector<double>{0, 2}));
}

TEST(DLPack, SixteenBitsAndMixedTypes) {
  Tensor<bf16> x({bf16(-1), bf16(2)}, {2}), same({bf16(0), bf16(0)}, {2});
  Tensor<float> y({0, 0}, {2});
  run(compile("relu", Pass::forward, DType::bf16), x, same);
  EXPECT_EQ(static_cast<float>(same.elements[1]), 2);
  run(compile("relu", Pass::forward, {DType::bf16, DType::f32}), x, y);
  EXPECT_EQ(y.elements[1], 2);
}

TEST(DLPack, ChannelsPartsGroupsAndSums) {
  Tensor<float> x({-1, -1, -1, -1}, {1, 2, 2}), slope({2, 3}, {2}), y(std::vector<float>(4), {1, 2, 2});
  run(compile("prelu"), x, slope, y);
  EXPECT_EQ(y.elements, (std::vector<float>{-2, -2, -3, -3}));

  Tensor<float> matrix({-1, 2, 3, -4}, {2, 2}), parts(std::vector<float>(8), {2, 4});
  run(compile("crelu"), matrix, parts);
  EXPECT_EQ(parts.elements, (std::vector<float>{0, 2, 1, 0, 3, 0, 0, 4}));

  Tensor<float> largest({0, 0}, {2, 1});
  run(compile("maxout(k=2)"), matrix, largest);
  EXPECT_EQ(largest.elements, (std::vector<float>{2, 3}));

  Tensor<float> dy({1, 1, 1, 1}, {2, 2}), sum({7}, {});
  run(compile("scaled(x; a = 1) = a * x", Pass::parameter_gradient), dy, matrix, sum);
  EXPECT_EQ(sum.elements[0], 0);

  Tensor<float> rows_sum({0, 0}, {2}), zeros({0, 0, 0, 0}, {2, 2});
  run(compile("logsumexp"), zeros, rows_sum);
  EXPECT_FLOAT_EQ(rows_sum.elements[1], 0.6931472F);
}

TEST(DLPack, Parameters) {
  Tensor<float> x({-1}, {1}), y({0}, {1});
  const DLTensor *tensors[] = {&x.managed.dl_tensor, &y.managed.dl_tensor};
  const double slope[] = {0.5}, infinite[] = {HUGE_VAL};
  call(compile("leaky_relu"), tensors, slope);
  EXPECT_EQ(y.elements[0], -0.5F);
  EXPECT_EQ(message_of([&] { call(compile("leaky_relu"), tensors, infinite); }),
            "leaky_relu_forward_f32: slope = inf is no finite number");
}

TEST(DLPack, WhatDoesntFitIsOneClearLine) {
  const Kernel relu = compile("relu");
  Tensor<float> x({1, 2, 3, 4}, {2, 2}), y({7, 7, 7, 7}, {2, 2}), other({0, 0, 0, 0}, {4}), short_({0, 0}, {2}),
      sum({0}, {1});
  Tensor<double> wide({1, 2, 3, 4}, {2, 2});
  Tensor<float> transposed({1, 2, 3, 4}, {2, 2}, {1, 2}), device({1, 2, 3, 4}, {2, 2});
  device.managed.dl_tensor.device.device_type = kDLCUDA;
  EXPECT_EQ(message_of([&] { run(relu, x); }), "relu_forward_f32 takes 2 tensors, inputs (x) and outputs (y), not 1");
  EXPECT_EQ(message_of([&] { run(relu, wide, y); }), "relu_forward_f32: x doesn't hold f32");
  EXPECT_EQ(message_of([&] { run(relu, device, y); }), "relu_forward_f32: x isn't in memory of the CPU");
  EXPECT_EQ(message_of([&] { run(relu, x, other); }), "relu_forward_f32: y has the shape (4) where (2, 2) is expected");
  EXPECT_EQ(message_of([&] { run(relu, transposed, y); }),
            "relu_forward_f32: x isn't made of rows of neighbours at one distance; make it contiguous");
  EXPECT_EQ(message_of([&] { run(compile("softmax"), x, short_); }),
            "softmax_forward_f32: y has the shape (2) where (2, 2) is expected");
  EXPECT_EQ(message_of([&] { run(compile("prelu"), transposed, short_, y); }),
            "prelu_forward_f32: x isn't dense; make it contiguous");
  EXPECT_EQ(message_of([&] { run(compile("prelu"), short_, short_, short_); }),
            "prelu_forward_f32: x needs two dimensions at least, batch and channels");
  EXPECT_EQ(message_of([&] { run(compile("scaled(x; a = 1) = a * x", Pass::parameter_gradient), transposed, x, sum); }),
            "scaled_parameter_gradient_f32: dy isn't dense; make it contiguous");
  EXPECT_EQ(y.elements, (std::vector<float>{7, 7, 7, 7})) << "nothing was written";
}

// Counted as they stand, the first would be a crash, and the others calls of no or of 2^64 - 1 elements.
TEST(DLPack, TensorsThatAreNone) {
  const Kernel relu = compile("relu");
  Tensor<float> x({1}, {1}), y({7}, {1});
  const DLTensor *absent[] = {nullptr, &y.managed.dl_tensor};
  const char *const refusal = "relu_forward_f32: x is no tensor: null, or of an impossible shape";
  EXPECT_EQ(message_of([&] { call(relu, absent); }), refusal);
  const std::vector<std::int64_t> shapes[] = {{-1}, {std::int64_t{1} << 33, std::int64_t{1} << 33}};
  for (const std::vector<std::int64_t> &shape : shapes) {
    Tensor<float> impossible({1}, shape);
    EXPECT_EQ(message_of([&] { run(relu, impossible, y); }), refusal);
  }
  x.managed.dl_tensor.ndim = -1;
  EXPECT_EQ(message_of([&] { run(relu, x, y); }), refusal);
  EXPECT_EQ(y.elements[0], 7);
}

TEST(DLPack, RowsOfAnOutputThatLieOnOneAnother) {
  Tensor<float> x({1, 2, 3, 4}, {2, 2}), y({7, 7}, {2, 2}, {0, 1});
  EXPECT_EQ(message_of([&] { run(compile("relu"), x, y); }),
            "relu_forward_f32: the rows of y overlap; give each its own memory");
  EXPECT_NE(message_of([&] { run(compile("softmax"), x, y); }), "no error");
  EXPECT_EQ(y.elements, (std::vector<float>{7, 7}));
}

/// What one message says of a kernel over tensors of f32 of these shapes; nothing must be written.
std::string refusal_of(const char *activation, std::vector<std::vector<std::int64_t>> shapes) {
  std::vector<std::unique_ptr<Tensor<float>>> tensors;
  std::vector<const DLTensor *> list;
  for (std::vector<std::int64_t> &shape : shapes) {
    tensors.push_back(std::make_unique<Tensor<float>>(std::vector<float>(512, 7), std::move(shape)));
    list.push_back(&tensors.back()->managed.dl_tensor);
  }
  const std::string message = message_of([&] { call(compile(activation), list); });
  EXPECT_EQ(tensors.back()->elements, std::vector<float>(512, 7)) << activation;
  return message;
}

// As many elements in another shape had been taken for rows that they don't have: written far beyond the tensor.
TEST(DLPack, AnotherShapeOfAsManyElements) {
  using Shapes = std::vector<std::vector<std::int64_t>>;
  const auto expect_refusal = [](const char *activation, const Shapes &shapes, const std::string &tensor,
                                 const std::string &expected) {
    const std::string message = refusal_of(activation, shapes);
    EXPECT_NE(message.find("_forward_f32: " + tensor + " has the shape ("), message.npos) << message;
    EXPECT_NE(message.find(") where (" + expected + ") is expected"), message.npos) << message;
  };
  for (const std::vector<std::int64_t> &y : Shapes{{6}, {1, 6}, {3, 2}, {2, 3, 1}, {}})
    expect_refusal("softmax", {{2, 3}, y}, "y", "2, 3");
  expect_refusal("softmax", {{6}, {2, 3}}, "y", "6");
  for (const std::vector<std::int64_t> &y : Shapes{{2, 12}, {1, 24}, {24}, {4, 3, 2}})
    expect_refusal("crelu", {{4, 3}, y}, "y", "4, 6");
  expect_refusal("packed(swiglu)", {{4, 6}, {2, 6}}, "x", "2, 12");
  expect_refusal("maxout(k=2)", {{4, 3}, {2, 3}}, "x", "2, 6");
  for (const std::vector<std::int64_t> &y : Shapes{{2, 1}, {1, 2}, {3}})
    expect_refusal("logsumexp", {{2, 3}, y}, "y", "2");
  for (const std::vector<std::int64_t> &y : Shapes{{4, 3, 2}, {24}, {2, 12}})
    expect_refusal("prelu", {{2, 3, 4}, {3}, y}, "y", "2, 3, 4");
  for (const std::vector<std::int64_t> &slope : Shapes{{1, 3}, {3, 1}, {1}, {}})
    expect_refusal("prelu", {{2, 3, 4}, slope, {2, 3, 4}}, "slope", "3");
}

TEST(DLPack, NumbersAndNothing) {
  Tensor<float> x({3}, {}), y({7}, {}), parts({7, 7}, {2}), row_sum({7}, {});
  run(compile("softmax"), x, y);
  EXPECT_EQ(y.elements[0], 1);
  run(compile("crelu"), x, parts);
  EXPECT_EQ(parts.elements, (std::vector<float>{3, 0}));
  run(compile("logsumexp"), x, row_sum);
  EXPECT_EQ(row_sum.elements[0], 3);
  Tensor<float> none({}, {2, 0, 3}, {3, 3, 1}), no_sums({7}, {2, 0});  // strides as PyTorch has them
  run(compile("softmax"), none, none);
  run(compile("relu"), none, none);
  run(compile("logsumexp"), none, no_sums);
  EXPECT_EQ(no_sums.elements[0], 7);
}

TEST(DLPack, ElementwiseRowsThatOverlapOthers) {
  const Kernel square = compile("square");
  Tensor<float> memory({1, 2, -1, -1, 11, 12, -1, -1, 21, 22, -1, -1, -1, -1, -1, -1}, {16});
  const std::vector<float> before = memory.elements;
  Tensor<float> x(memory, 0, {3, 2}, {4, 1});
  const char *const refusal =
      "square_forward_f32: y overlaps another tensor without being exactly an input; give it its own memory";
  for (const std::ptrdiff_t first : {1, 3, 4, 5, 7, 8}) {
    Tensor<float> y(memory, first, {3, 2}, {4, 1});
    EXPECT_EQ(message_of([&] { run(square, x, y); }), refusal) << first;
    EXPECT_EQ(message_of([&] { run(square, y, x); }), refusal) << first;
  }
  Tensor<float> dense(memory, 0, {3, 2}, {2, 1});
  EXPECT_EQ(message_of([&] { run(square, x, dense); }), refusal) << "another distance";
  EXPECT_EQ(memory.elements, before);

  Tensor<float> between(memory, 2, {3, 2}, {4, 1}), behind(memory, 6, {3, 2}, {4, 1});
  run(square, x, between);
  run(square, x, behind);
  run(square, x, x);
  EXPECT_EQ(memory.elements, (std::vector<float>{1, 4, 1, 4, 121, 144, 1, 4, 441, 484, 121, 144, -1, -1, 441, 484}));
}

}  // namespace
}  // namespace actinide
