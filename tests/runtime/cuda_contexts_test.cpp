// CUDA calls in contexts, on streams and under capture, with a fake driver. Built twice, as cuda_test.cpp.
#include "tests/runtime/cuda_fixture.h"

namespace {

using cuda_fake::Context;
using cuda_fake::Memory;
using cuda_fake::Stream;

class CudaContexts : public Cuda {};

// --- contexts

TEST_F(CudaContexts, LoadsOnceInEachContext) {
  const Context other = cuda_fake::create_context();
  for (const Context now : {context, other, context, other, other, context}) {
    cuda_fake::make_current(now);
    ASSERT_EQ(run(), ACTINIDE_OK);
    EXPECT_EQ(cuda_fake::launches().back().context, now);
  }
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 2);
}

TEST_F(CudaContexts, LoadsEachKernelByItself) {
  ASSERT_EQ(run(), ACTINIDE_OK);
  kernel = std::make_unique<fake::CudaKernel>();
  ASSERT_EQ(run(), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 2);
}

TEST_F(CudaContexts, TellsAContextFromADestroyedOneOfTheSameAddress) {
  if (!cuda_fake::is_recent()) GTEST_SKIP() << "a driver of CUDA 11 doesn't number its contexts";
  ASSERT_EQ(run(), ACTINIDE_OK);
  cuda_fake::destroy(context);
  ASSERT_EQ(cuda_fake::create_context(), context);
  EXPECT_EQ(run(), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::launches().size(), 2u);
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 2);
}

TEST_F(CudaContexts, RefusesADestroyedContext) {
  if (!cuda_fake::is_recent()) GTEST_SKIP() << "a driver of CUDA 11 doesn't number its contexts";
  ASSERT_EQ(run(), ACTINIDE_OK);
  cuda_fake::destroy(context);
  expect_refused(ACTINIDE_CUDA_NO_CONTEXT);
}

TEST_F(CudaContexts, RefusesAThreadWithoutContext) {
  cuda_fake::make_current(nullptr);
  expect_refused(ACTINIDE_CUDA_NO_CONTEXT);
}

// --- streams

TEST_F(CudaContexts, RefusesAStreamOfAnotherContext) {
  const Stream stream = cuda_fake::create_stream(context),
               other = cuda_fake::create_stream(cuda_fake::create_context());
  cuda_fake::make_current(context);
  EXPECT_EQ(run(x, y, 1000, other), ACTINIDE_CUDA_STREAM);
  EXPECT_TRUE(cuda_fake::launches().empty());
  EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
}

TEST_F(CudaContexts, RefusesAStreamThatTheDriverDoesNotKnow) {
  const Stream stream = cuda_fake::create_stream(context);
  for (const char *function : {"cuStreamGetCtx", "cuStreamGetCtx_v2"})
    cuda_fake::fail(function, 400);  // INVALID_HANDLE
  EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_CUDA_STREAM);
}

TEST_F(CudaContexts, TakesAStreamOfAGreenContextOfItsDevice) {
  if (!cuda_fake::is_recent()) GTEST_SKIP() << "green contexts came with CUDA 12.4";
  const Stream green = cuda_fake::create_green_stream(context);
  EXPECT_EQ(run(x, y, 1000, green), ACTINIDE_OK);
  cuda_fake::create_context();
  EXPECT_EQ(run(x, y, 1000, green), ACTINIDE_CUDA_STREAM);
}

// --- graphs

TEST_F(CudaContexts, IsCapturedAtTheFirstCallAndAfterIt) {
  const Stream stream = cuda_fake::create_stream(context);
  cuda_fake::begin_capture(stream);
  EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
  EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
  EXPECT_TRUE(cuda_fake::end_capture(stream));
  EXPECT_EQ(cuda_fake::launches().size(), 2u);
  EXPECT_EQ(cuda_fake::calls("cuThreadExchangeStreamCaptureMode"), 2) << "set and restored, at the first call alone";
}

TEST_F(CudaContexts, RestoresTheCaptureModeWhenLoadingFails) {
  const Stream stream = cuda_fake::create_stream(context);
  cuda_fake::fail("cuModuleLoadData", 2);  // CUDA_ERROR_OUT_OF_MEMORY
  expect_refused(ACTINIDE_CUDA_FAILED);
  cuda_fake::fail("cuModuleLoadData", 0);
  EXPECT_EQ(cuda_fake::calls("cuThreadExchangeStreamCaptureMode"), 2);
  cuda_fake::begin_capture(stream);
  EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
  EXPECT_TRUE(cuda_fake::end_capture(stream));
}

TEST_F(CudaContexts, DoesNotBreakACaptureByBeingRefused) {
  ASSERT_EQ(run(), ACTINIDE_OK);
  const Stream stream = cuda_fake::create_stream(context);
  cuda_fake::begin_capture(stream);
  EXPECT_EQ(run(cuda_fake::allocate(4000, Memory::pageable), y, 1000, stream), ACTINIDE_CUDA_HOST_POINTER);
  EXPECT_EQ(run(x, x + 4, 1000, stream), ACTINIDE_OVERLAP);
  EXPECT_TRUE(cuda_fake::end_capture(stream));
}

}  // namespace
