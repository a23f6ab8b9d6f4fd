// Kernels for CUDA from the C++ API, with the simulated driver: what a launch launches, and what it refuses.
#include "actinide/dlpack.h"
#include "tests/runtime/cuda_fake.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

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

std::uintptr_t address(const void *pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

class CudaJit : public testing::Test {
 protected:
  void SetUp() override {
    // Contexts that differ from those of other tests, which loaded the same kernels: reset() begins to count anew.
    static int made = 0;
    cuda_fake::reset();
    for (int i = 0; i < made; ++i) cuda_fake::destroy(cuda_fake::create_context());
    ++made;
    context_ = cuda_fake::create_context();
    x_ = allocate<float>();
    y_ = allocate<float>();
  }

  template <typename T>
  static T *allocate(cuda_fake::Memory memory = cuda_fake::Memory::device) {
    return static_cast<T *>(cuda_fake::allocate(1 << 20, memory));
  }

  cuda_fake::Context context_;
  float *x_, *y_;
  const Compiler compiler_;
};

TEST_F(CudaJit, LaunchesTheKernelOnTheStream) {
  const auto gelu = compiler_.cuda_elementwise<float>("gelu");
  const cuda_fake::Stream stream = cuda_fake::create_stream(context_);
  gelu.launch(stream, x_, y_, 5000);
  const cuda_fake::Launch expected = {context_, stream, "sm_90", "gelu_forward_f32", 5, 128, {address(x_), address(y_)},
                                      5000,     {}};
  EXPECT_EQ(cuda_fake::launches(), std::vector{expected});
  gelu.launch(nullptr, x_ + 1, x_ + 1, 5000);
  EXPECT_EQ(cuda_fake::launches().back().entry, "gelu_forward_f32__elements");
}

TEST_F(CudaJit, LaunchesOverTensorsOfFrameworks) {
  std::int64_t shape[] = {10, 500};
  const DLTensor x = {x_, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, nullptr, 0};
  DLTensor y = {y_, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, nullptr, 0};
  const DLTensor *tensors[] = {&x, &y};
  const CudaKernel gelu = compiler_.cuda_kernel("gelu", Pass::forward, DType::f32);
  launch(gelu, nullptr, tensors);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  EXPECT_EQ(cuda_fake::launches()[0].n, 5000u);
  y.device.device_type = kDLCPU;
  EXPECT_EQ(message_of([&] { launch(gelu, nullptr, tensors); }),
            "gelu_forward_f32: y isn't in memory of a CUDA device");
}

TEST_F(CudaJit, TakesTheImageForTheDevice) {
  for (const auto &[capability, target] : {std::pair(80, "sm_80"), std::pair(90, "sm_90"), std::pair(120, "sm_90")}) {
    cuda_fake::reset({.compute_capability = capability});
    cuda_fake::create_context();
    const CudaKernel kernel =
        compiler_.cuda_kernel("f(x) = x + " + std::to_string(capability), Pass::forward, DType::f64);
    void *const z = cuda_fake::allocate(4096);
    void *buffers[] = {z, z};
    ASSERT_EQ(kernel.launch(nullptr, buffers, 10), ACTINIDE_OK);
    EXPECT_EQ(cuda_fake::launches().back().target, target);
  }
}

TEST_F(CudaJit, PassesParametersOrTheirDefaults) {
  const auto line = compiler_.cuda_elementwise<float>("line(x; slope = 0.1, offset = 1) = slope * x + offset");
  line.launch(nullptr, x_, y_, 3);
  line.launch(nullptr, x_, y_, 3, 0.3, 7);
  const std::vector<cuda_fake::Launch> launches = cuda_fake::launches();
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[0].parameters, (std::vector<double>{0.1F, 1}));
  EXPECT_EQ(launches[1].parameters, (std::vector<double>{0.3F, 7}));
}

TEST_F(CudaJit, TakesDyFirstInBackward) {
  double *const dy = allocate<double>(), *const x = allocate<double>(), *const dx = allocate<double>();
  compiler_.cuda_elementwise<double>("silu", Pass::backward, {.tier = Tier::standard}).launch(nullptr, dy, x, dx, 1000);
  EXPECT_EQ(cuda_fake::launches().at(0).buffers, (std::vector{address(dy), address(x), address(dx)}));
  EXPECT_EQ(cuda_fake::launches().at(0).entry, "silu_backward_f64");
  EXPECT_EQ(cuda_fake::launches().at(0).grid, 2u) << "four elements for each of 128 threads";
}

TEST_F(CudaJit, LoadsOnceInAContextWhicheverHandleLaunches) {
  const auto one = compiler_.cuda_elementwise<float>("mish"), same = Compiler().cuda_elementwise<float>("mish");
  one.launch(nullptr, x_, y_, 10);
  same.launch(nullptr, x_, y_, 10);
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 1);
  EXPECT_EQ(cuda_fake::launches().size(), 2u);
}

TEST_F(CudaJit, IsCompiledOnceAndLoadedOnceByManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      cuda_fake::make_current(context_);
      compiler_.cuda_elementwise<float>("f(x) = x * 0.75").launch(nullptr, x_, x_, 10);
    });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 1);
  EXPECT_EQ(cuda_fake::launches().size(), 8u);
}

TEST_F(CudaJit, CanBeCapturedAtItsFirstLaunch) {
  const auto kernel = compiler_.cuda_elementwise<float>("f(x) = x * 0.625");
  const cuda_fake::Stream stream = cuda_fake::create_stream(context_);
  cuda_fake::begin_capture(stream);
  kernel.launch(stream, x_, y_, 10);
  EXPECT_TRUE(cuda_fake::end_capture(stream));
}

TEST_F(CudaJit, IsNoKernelOfTheCpu) {
  const CudaKernel cuda = compiler_.cuda_kernel("relu", Pass::forward, DType::f32);
  EXPECT_EQ(cuda.info().name, "relu_forward_f32");
  EXPECT_EQ(cuda.info().target, "cuda-sm90,cuda-sm80");
  EXPECT_EQ(compiler_.kernel("relu", Pass::forward, DType::f32).info().target, compiler_.target());
}

TEST_F(CudaJit, TakesExtentsThatFitItsShape) {
  const CudaKernel relu = compiler_.cuda_kernel("relu", Pass::forward, DType::f32);
  const CudaKernel softmax = compiler_.cuda_kernel("softmax", Pass::forward, DType::f32);
  void *buffers[] = {x_, y_};
  const std::size_t strides[] = {3, 3};
  EXPECT_EQ(relu.launch(nullptr, buffers, rows(3, 2), strides), ACTINIDE_INVALID_SIZE);
  EXPECT_EQ(softmax.launch(nullptr, buffers, channels(1, 3, 2)), ACTINIDE_INVALID_SIZE);
  EXPECT_TRUE(cuda_fake::launches().empty());
  EXPECT_EQ(relu.launch(nullptr, buffers, rows(3, 2)), ACTINIDE_OK);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  EXPECT_EQ(cuda_fake::launches()[0].n, 6u);
}

TEST_F(CudaJit, MisuseIsOneClearLineAndQueuesNothing) {
  const auto silu = compiler_.cuda_elementwise<float>("silu");
  const auto says = [&](int status) { return std::string("silu_forward_f32: ") + actinide_status_string(status); };
  const float *const fixed = x_;
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, 3); }), "silu_forward_f32 takes 2 tensors (x -> y), not 1");
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, y_); }),
            "silu_forward_f32: pass the number of elements after the pointers (x -> y)");
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, fixed, 3); }),
            "silu_forward_f32: the output y is read-only; pass non-const elements");
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, y_, 3, 0.5); }),
            "silu_forward_f32 has 0 parameters (none), not 1");
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, x_ + 1, 3); }), says(ACTINIDE_OVERLAP));
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, allocate<float>(cuda_fake::Memory::pageable), y_, 3); }),
            says(ACTINIDE_CUDA_HOST_POINTER));
  const cuda_fake::Stream stream = cuda_fake::create_stream(context_);
  cuda_fake::create_context();
  EXPECT_EQ(message_of([&] { silu.launch(stream, x_, y_, 3); }), says(ACTINIDE_CUDA_STREAM));
  cuda_fake::make_current(nullptr);
  EXPECT_EQ(message_of([&] { silu.launch(nullptr, x_, y_, 3); }), says(ACTINIDE_CUDA_NO_CONTEXT));
  EXPECT_TRUE(cuda_fake::launches().empty());
}

TEST_F(CudaJit, RefusesRequestsAsTheCpuDoes) {
  EXPECT_NE(message_of([&] { compiler_.cuda_elementwise<float>("gleu"); }).find("did you mean 'gelu'?"),
            std::string::npos);
  std::string list, sum;
  for (int i = 0; i < 257; ++i) {
    list += (i ? ", p" : "p") + std::to_string(i) + " = 1";
    sum += " + p" + std::to_string(i);
  }
  EXPECT_NE(message_of([&] {
              compiler_.cuda_elementwise<float>("f(x; " + list + ") = x" + sum);
            }).find("a CUDA kernel has at most 256"),
            std::string::npos);
  EXPECT_EQ(message_of([&] { Compiler({.target = "cuda-sm80"}); }),
            "cuda-sm80 is no CPU's target; Compiler::cuda_elementwise, cuda_shaped and cuda_kernel compile for CUDA, "
            "whatever the "
            "Compiler's target");
}

}  // namespace
}  // namespace actinide
