// Several threads call CUDA kernels at once, with a fake driver. Also built with ThreadSanitizer, see tests.cmake.
#include "actinide/runtime.h"
#include "tests/runtime/cuda_fake.h"
#include "tests/runtime/cuda_kernel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace {

constexpr int users = 16, calls_of_a_user = 20;

/// Every user calls every kernel; user i in context i modulo their number. How many calls failed.
int failed_calls(const std::vector<std::unique_ptr<fake::CudaKernel>> &kernels,
                 const std::vector<cuda_fake::Context> &contexts) {
  void *const x = cuda_fake::allocate(4000), *const y = cuda_fake::allocate(4000);
  std::atomic<int> failed = 0, ready = 0;
  std::vector<std::thread> threads;
  for (std::size_t user = 0; user < users; ++user) {
    threads.emplace_back([&, user] {
      cuda_fake::make_current(contexts[user % contexts.size()]);
      ++ready;
      while (ready < users) std::this_thread::yield();
      for (int call = 0; call < calls_of_a_user; ++call) {
        for (const auto &kernel : kernels) {
          void *buffers[] = {x, y};
          const double parameter = 1;
          failed += actinide_cuda_kernel_run(&kernel->descriptor, buffers, 1000, &parameter, nullptr) != ACTINIDE_OK;
        }
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  return failed;
}

class CudaConcurrency : public testing::TestWithParam<std::size_t> {};

TEST_P(CudaConcurrency, LoadsEachKernelOnceInEachContext) {
  const std::size_t context_count = GetParam();
  for (int round = 0; round < 20; ++round) {
    cuda_fake::reset();
    std::vector<cuda_fake::Context> contexts;
    for (std::size_t i = 0; i < context_count; ++i) contexts.push_back(cuda_fake::create_context());
    std::vector<std::unique_ptr<fake::CudaKernel>> kernels;
    for (int i = 0; i < 2; ++i) kernels.push_back(std::make_unique<fake::CudaKernel>());
    EXPECT_EQ(failed_calls(kernels, contexts), 0) << "round " << round;
    EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), static_cast<int>(2 * context_count)) << "round " << round;
    EXPECT_EQ(cuda_fake::launches().size(), 2u * users * calls_of_a_user) << "round " << round;
  }
  EXPECT_EQ(cuda_fake_init_calls(), 1);
}

INSTANTIATE_TEST_SUITE_P(Contexts, CudaConcurrency, testing::Values(1, 2, 4), testing::PrintToStringParamName());

}  // namespace
