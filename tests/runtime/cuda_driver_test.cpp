// How a process finds the CUDA driver: once, so every case runs in a process of its own.
#include "actinide/runtime.h"
#include "runtime/src/cuda_driver.h"
#include "tests/runtime/cuda_kernel.h"
#include "tests/runtime/cuda_toolkit.h"

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int no_answer = 200;

/// What `task` returns in a child of this process.
template <class Task>
int in_child(Task task) {
  const pid_t child = fork();
  if (child == 0) _exit(task());
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : no_answer;
}

/// The fake driver at `path`, from now on the process's libcuda.so.1.
class FakeDriver {
 public:
  explicit FakeDriver(const char *path) : library_(dlopen(path, RTLD_NOW)) {}
  template <class Function>
  Function function(const char *name) const {
    return reinterpret_cast<Function>(dlsym(library_, name));
  }

 private:
  void *library_;
};

/// Launches a kernel on 10 elements at x.
int run(void *x, std::size_t n = 10) {
  static fake::CudaKernel kernel;
  void *buffers[] = {x, x};
  const double parameter = 0;
  return actinide_cuda_kernel_run(&kernel.descriptor, buffers, n, &parameter, nullptr);
}

int run_anywhere() {
  alignas(16) static float memory[10];
  return run(memory);
}

TEST(CudaDriver, ThatIsNotThereIsAStatus) {
  const int status = in_child([] { return dlopen("libcuda.so.1", RTLD_NOW) != nullptr ? no_answer : run_anywhere(); });
  if (status == no_answer) GTEST_SKIP() << "this machine has a CUDA driver";
  EXPECT_EQ(status, ACTINIDE_CUDA_NO_DRIVER);
}

TEST(CudaDriver, IsNotNeededToFindAnArgumentWrong) {
  EXPECT_EQ(in_child([] { return run(nullptr); }), ACTINIDE_NULL_POINTER);
  EXPECT_EQ(in_child([] { return run(nullptr, 0); }), ACTINIDE_OK);
  EXPECT_EQ(in_child([] { return run(reinterpret_cast<void *>(std::uintptr_t{4098})); }), ACTINIDE_CUDA_MISALIGNED);
}

TEST(CudaDriver, ThatLacksAFunctionIsAStatus) {
  EXPECT_EQ(in_child([] {
              const FakeDriver driver(CUDA_FAKE_9);
              return run_anywhere();
            }),
            ACTINIDE_CUDA_OLD_DRIVER);
}

class Initialisation : public testing::TestWithParam<int> {};

TEST_P(Initialisation, ThatFailsIsRemembered) {
  EXPECT_EQ(in_child([] {
              const FakeDriver driver(CUDA_FAKE);
              const auto set_result = driver.function<void (*)(int)>("cuda_fake_set_init_result");
              set_result(GetParam());
              const int first = run_anywhere();
              set_result(0);
              const int calls_first = driver.function<int (*)()>("cuda_fake_init_calls")();
              const bool same = run_anywhere() == first && driver.function<int (*)()>("cuda_fake_init_calls")() == 1;
              return same && calls_first == 1 ? first : no_answer;
            }),
            ACTINIDE_CUDA_NO_DEVICE);
}

// Stub library, no device, driver mismatch, unknown.
INSTANTIATE_TEST_SUITE_P(CudaDriver, Initialisation, testing::Values(34, 100, 803, 999),
                         testing::PrintToStringParamName());

TEST(CudaDriver, ServesNoChildOfAForkAfterIt) {
  EXPECT_EQ(in_child([] {
              const FakeDriver driver(CUDA_FAKE);
              driver.function<void (*)()>("cuda_fake_create_context")();
              void *const memory = driver.function<void *(*)(std::size_t)>("cuda_fake_allocate")(40);
              if (run(memory) != ACTINIDE_OK) return no_answer;
              const int of_child = in_child([memory] { return run(memory); });
              return run(memory) == ACTINIDE_OK ? of_child : no_answer;
            }),
            ACTINIDE_CUDA_NO_DEVICE);
}

// --- the runtime's declarations against the toolkit's header

#ifdef HAVE_TOOLKIT

#define SAME_TYPE(field, function) \
  static_assert(cuda_toolkit::same_type<decltype(cuda_driver::field), decltype(&function)>, #function)

SAME_TYPE(init, cuInit);
SAME_TYPE(context_get_current, cuCtxGetCurrent);
SAME_TYPE(context_get_device, cuCtxGetDevice);
SAME_TYPE(device_get_attribute, cuDeviceGetAttribute);
SAME_TYPE(stream_get_context, cuStreamGetCtx);
SAME_TYPE(pointer_get_attribute, cuPointerGetAttribute);
SAME_TYPE(exchange_capture_mode, cuThreadExchangeStreamCaptureMode);
SAME_TYPE(module_load, cuModuleLoadData);
SAME_TYPE(module_unload, cuModuleUnload);
SAME_TYPE(module_get_function, cuModuleGetFunction);
SAME_TYPE(launch, cuLaunchKernel);
#if CUDA_VERSION >= 12050
SAME_TYPE(context_get_id, cuCtxGetId);
SAME_TYPE(function_load, cuFuncLoad);
SAME_TYPE(stream_get_green_context, cuStreamGetCtx_v2);
#endif

#endif

TEST(Declarations, AgreeWithTheToolkit) {
#ifdef HAVE_TOOLKIT
  EXPECT_EQ(CUDA_OK, static_cast<int>(CUDA_SUCCESS));
  EXPECT_EQ(CUDA_INVALID_VALUE, static_cast<int>(CUDA_ERROR_INVALID_VALUE));
  EXPECT_EQ(CUDA_NOT_INITIALIZED, static_cast<int>(CUDA_ERROR_NOT_INITIALIZED));
  EXPECT_EQ(CUDA_DEINITIALIZED, static_cast<int>(CUDA_ERROR_DEINITIALIZED));
  EXPECT_EQ(CUDA_NO_DEVICE, static_cast<int>(CUDA_ERROR_NO_DEVICE));
  EXPECT_EQ(CUDA_INVALID_CONTEXT, static_cast<int>(CUDA_ERROR_INVALID_CONTEXT));
  EXPECT_EQ(CUDA_UNSUPPORTED_PTX_VERSION, static_cast<int>(CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
  EXPECT_EQ(CUDA_INVALID_HANDLE, static_cast<int>(CUDA_ERROR_INVALID_HANDLE));
  EXPECT_EQ(CUDA_CONTEXT_IS_DESTROYED, static_cast<int>(CUDA_ERROR_CONTEXT_IS_DESTROYED));
  EXPECT_EQ(CUDA_MULTIPROCESSOR_COUNT, static_cast<int>(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  EXPECT_EQ(CUDA_COMPUTE_CAPABILITY_MAJOR, static_cast<int>(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(CUDA_COMPUTE_CAPABILITY_MINOR, static_cast<int>(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  EXPECT_EQ(CUDA_PAGEABLE_MEMORY_ACCESS, static_cast<int>(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS));
  EXPECT_EQ(CUDA_MEMORY_TYPE, static_cast<int>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE));
  EXPECT_EQ(CUDA_DEVICE_POINTER, static_cast<int>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER));
  EXPECT_EQ(CUDA_MEMORY_HOST, static_cast<int>(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(CUDA_CAPTURE_RELAXED, static_cast<int>(CU_STREAM_CAPTURE_MODE_RELAXED));
#else
  GTEST_SKIP() << "no cuda.h here";
#endif
}

}  // namespace
