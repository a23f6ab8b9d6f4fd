// What tests of CUDA calls with the fake driver have in common.
#pragma once

#include "actinide/runtime.h"
#include "tests/runtime/cuda_fake.h"
#include "tests/runtime/cuda_kernel.h"

#include <gtest/gtest.h>

#include <memory>

/// A context with two buffers, and a kernel. What the runtime keeps of a kernel isn't freed with it: in emitted
/// libraries kernels are global data.
class Cuda : public testing::Test {
 protected:
  void SetUp() override { restart(); }

  void restart(const cuda_fake::Device &device = {}, const fake::CudaShape &shape = {}) {
    cuda_fake::reset(device);
    context = cuda_fake::create_context();
    x = static_cast<char *>(cuda_fake::allocate(1 << 20));
    y = static_cast<char *>(cuda_fake::allocate(1 << 20));
    kernel = std::make_unique<fake::CudaKernel>(shape);
  }

  /// Runs y = f(x; 0.5) in f32.
  int run(void *from, void *to, std::size_t n, cuda_fake::Stream stream = nullptr) {
    void *buffers[] = {from, to};
    const double parameter = 0.5;
    return actinide_cuda_kernel_run(&kernel->descriptor, buffers, n, &parameter, stream);
  }
  int run() { return run(x, y, 1000); }

  /// run() gives the status and launches nothing.
  void expect_refused(int status) {
    const std::size_t before = cuda_fake::launches().size();
    EXPECT_STREQ(actinide_status_string(run()), actinide_status_string(status));
    EXPECT_EQ(cuda_fake::launches().size(), before);
  }

  cuda_fake::Context context;
  char *x, *y;
  std::unique_ptr<fake::CudaKernel> kernel;
};
