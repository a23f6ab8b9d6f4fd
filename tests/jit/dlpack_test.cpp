// Tensors of frameworks: dense, in rows at a distance, of every shape class; and what doesn't fit.
#include "actinide/dlpack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
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
  run(compile("softmax"), logits, y);
  EXPECT_EQ(y.elements, (std::vector<float>{0.5, 0.5, 0.5, 0.5}));
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
  Tensor<float> x({1, 2, 3, 4}, {2, 2}), y({7, 7, 7, 7}, {2, 2}), other({0, 0, 0, 0}, {4}), short_({0, 0}, {2});
  Tensor<double> wide({1, 2, 3, 4}, {2, 2});
  Tensor<float> transposed({1, 2, 3, 4}, {2, 2}, {1, 2}), device({1, 2, 3, 4}, {2, 2});
  device.managed.dl_tensor.device.device_type = kDLCUDA;
  EXPECT_EQ(message_of([&] { run(relu, x); }), "relu_forward_f32 takes 2 tensors, inputs (x) and outputs (y), not 1");
  EXPECT_EQ(message_of([&] { run(relu, wide, y); }), "relu_forward_f32: x doesn't hold f32");
  EXPECT_EQ(message_of([&] { run(relu, device, y); }), "relu_forward_f32: x isn't in memory of the CPU");
  EXPECT_EQ(message_of([&] { run(relu, x, other); }), "relu_forward_f32: y has another shape than x");
  EXPECT_EQ(message_of([&] { run(relu, transposed, y); }),
            "relu_forward_f32: x isn't made of rows of neighbours at one distance; make it contiguous");
  EXPECT_EQ(message_of([&] { run(compile("softmax"), x, short_); }),
            "softmax_forward_f32: y has 2 elements where 2 x 1 x 2 ask for 4");
  EXPECT_EQ(message_of([&] { run(compile("prelu"), transposed, short_, y); }),
            "prelu_forward_f32: x isn't dense; make it contiguous");
  EXPECT_EQ(message_of([&] { run(compile("prelu"), short_, short_, short_); }),
            "prelu_forward_f32: x needs two dimensions at least, batch and channels");
  EXPECT_EQ(
      message_of([&] { run(compile("scaled(x; a = 1) = a * x", Pass::parameter_gradient), transposed, x, short_); }),
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

}  // namespace
}  // namespace actinide
