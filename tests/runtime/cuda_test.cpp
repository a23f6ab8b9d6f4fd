// A CUDA call against a fake driver: what is launched, what is refused, what is loaded when. Built twice, for a recent
// driver and for one of CUDA 11, see tests.cmake.
#include "tests/runtime/cuda_fixture.h"

namespace {

using cuda_fake::Launch;
using cuda_fake::Memory;
using cuda_fake::Stream;

constexpr std::size_t megabyte = 1 << 20;

std::uintptr_t address(const void *pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// --- launches

TEST_F(Cuda, PassesTheContractOfAnEntry) {
  const Stream stream = cuda_fake::create_stream(context);
  ASSERT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
  const Launch expected = {context, stream, "sm_90", "wide", 1, 256, {address(x), address(y)}, 1000, {0.5}};
  EXPECT_EQ(cuda_fake::launches(), std::vector{expected});
}

TEST_F(Cuda, PassesEveryBufferAndParameterInOrder) {
  fake::CudaShape shape;
  shape.inputs = {4, 2};
  shape.outputs = {8, 2, 4};
  shape.parameters = ACTINIDE_CUDA_MAX_PARAMETERS;
  restart({}, shape);
  std::vector<void *> buffers;
  std::vector<std::uintptr_t> addresses;
  for (int i = 0; i < 5; ++i) {
    buffers.push_back(cuda_fake::allocate(megabyte));
    addresses.push_back(address(buffers.back()));
  }
  std::vector<double> parameters;
  for (int i = 0; i < shape.parameters; ++i) parameters.push_back(i + 0.25);
  ASSERT_EQ(actinide_cuda_kernel_run(&kernel->descriptor, buffers.data(), 7, parameters.data(), nullptr), ACTINIDE_OK);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  EXPECT_EQ(cuda_fake::launches()[0].buffers, addresses);
  EXPECT_EQ(cuda_fake::launches()[0].n, 7u);
  EXPECT_EQ(cuda_fake::launches()[0].parameters, parameters);
}

TEST_F(Cuda, WorksInPlace) {
  EXPECT_EQ(run(x, x, 1000), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::launches().size(), 1u);
}

TEST_F(Cuda, TakesEverySpecialStream) {
  for (const Stream stream : {cuda_fake::null_stream, cuda_fake::legacy, cuda_fake::per_thread}) {
    EXPECT_EQ(run(x, y, 1000, stream), ACTINIDE_OK);
    EXPECT_EQ(cuda_fake::launches().back().stream, stream);
  }
  EXPECT_EQ(cuda_fake::calls("cuStreamGetCtx"), 0) << "they are of any context: nothing to ask";
}

struct GridCase {
  std::uint32_t multiprocessor_blocks;
  std::size_t n;
  unsigned blocks;
};

class Grid : public Cuda, public testing::WithParamInterface<GridCase> {};

TEST_P(Grid, CoversTheElementsWithinTheLimitOfTheSchedule) {
  const auto [multiprocessor_blocks, n, blocks] = GetParam();
  fake::CudaShape shape;
  shape.entries = {fake::entry("only", 256, 4, 4)};
  shape.multiprocessor_blocks = multiprocessor_blocks;
  restart({.multiprocessors = 10}, shape);
  ASSERT_EQ(run(cuda_fake::allocate(4 * n), cuda_fake::allocate(4 * n), n), ACTINIDE_OK);
  ASSERT_EQ(cuda_fake::launches().size(), 1u);
  EXPECT_EQ(cuda_fake::launches()[0].grid, blocks);
  EXPECT_EQ(cuda_fake::launches()[0].n, n);
}

INSTANTIATE_TEST_SUITE_P(Cuda, Grid,
                         testing::Values(GridCase{0, 1, 1}, GridCase{0, 1024, 1}, GridCase{0, 1025, 2},
                                         GridCase{0, 1 << 30, 1 << 20}, GridCase{2, 1, 1},
                                         GridCase{2, 19 * 1024 + 1, 20}, GridCase{2, 20 * 1024 + 1, 20},
                                         GridCase{2, 1 << 30, 20}),
                         [](const auto &info) {
                           return "n" + std::to_string(info.param.n) + "_limit" +
                                  std::to_string(info.param.multiprocessor_blocks);
                         });

TEST_F(Cuda, ChoosesTheWidestEntryThatEveryBufferIsAlignedFor) {
  const std::vector<actinide_cuda_entry> entries = {fake::entry("by32", 256, 8, 32), fake::entry("by16", 256, 4, 16),
                                                    fake::entry("by4", 256, 1, 4)};
  fake::CudaShape shape;
  shape.entries = entries;
  restart({}, shape);
  for (const std::size_t x_offset : {0, 4, 8, 12, 16, 20, 32, 48, 64}) {
    for (const std::size_t y_offset : {0, 4, 8, 12, 16, 20, 32, 48, 64}) {
      const std::size_t both = x_offset | y_offset;
      ASSERT_EQ(run(x + x_offset, y + y_offset, 100), ACTINIDE_OK);
      EXPECT_EQ(cuda_fake::launches().back().entry, both % 32 == 0   ? "by32"
                                                    : both % 16 == 0 ? "by16"
                                                                     : "by4")
          << "offsets " << x_offset << ", " << y_offset;
    }
  }
}

TEST_F(Cuda, SplitsWhatALaunchCannotTake) {
  constexpr std::size_t chunk = std::size_t{1} << 30, n = 2 * chunk + 5;
  fake::CudaShape shape;
  shape.inputs = {2};
  shape.entries = {fake::entry("wide", 256, 8, 16), fake::entry("narrow", 256, 1, 2)};
  restart({}, shape);
  void *const from = cuda_fake::allocate(2 * n), *const to = cuda_fake::allocate(4 * n);
  ASSERT_EQ(run(from, to, n), ACTINIDE_OK);
  const std::vector<Launch> launches = cuda_fake::launches();
  ASSERT_EQ(launches.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(launches[i].n, i < 2 ? chunk : 5) << "launch " << i;
    EXPECT_EQ(launches[i].buffers, (std::vector{address(from) + 2 * i * chunk, address(to) + 4 * i * chunk}));
    EXPECT_EQ(launches[i].entry, "wide") << "launch " << i;
    EXPECT_EQ(launches[i].grid, i < 2 ? chunk / 2048 : 1) << "launch " << i;
  }
}

TEST_F(Cuda, StopsAtTheFirstLaunchThatFails) {
  constexpr std::size_t n = (std::size_t{1} << 30) + 1;
  void *const big = cuda_fake::allocate(4 * n);
  cuda_fake::fail("cuLaunchKernel", 719);  // CUDA_ERROR_LAUNCH_FAILED
  EXPECT_EQ(run(big, big, n), ACTINIDE_CUDA_FAILED);
  EXPECT_EQ(cuda_fake::calls("cuLaunchKernel"), 1);
}

// --- images

struct ImageCase {
  int compute_capability, ptx_version, status;
  std::string target;
};

class Image : public Cuda, public testing::WithParamInterface<ImageCase> {};

TEST_P(Image, IsTheBestThatDeviceAndDriverTake) {
  const auto &[capability, version, status, target] = GetParam();
  restart({.compute_capability = capability, .ptx_version = version});
  ASSERT_STREQ(actinide_status_string(run()), actinide_status_string(status));
  std::vector<std::string> targets;
  for (const Launch &launch : cuda_fake::launches()) targets.push_back(launch.target);
  EXPECT_EQ(targets, status == ACTINIDE_OK ? std::vector{target} : std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(
    Cuda, Image,
    testing::Values(ImageCase{100, 87, ACTINIDE_OK, "sm_90"}, ImageCase{90, 78, ACTINIDE_OK, "sm_90"},
                    ImageCase{89, 78, ACTINIDE_OK, "sm_80"}, ImageCase{80, 70, ACTINIDE_OK, "sm_80"},
                    ImageCase{90, 70, ACTINIDE_OK, "sm_80"}, ImageCase{90, 65, ACTINIDE_CUDA_OLD_DRIVER, ""},
                    ImageCase{75, 78, ACTINIDE_CUDA_OLD_DEVICE, ""}),
    [](const auto &info) {
      return "sm" + std::to_string(info.param.compute_capability) + "_ptx" + std::to_string(info.param.ptx_version);
    });

TEST_F(Cuda, KeepsNothingOfAModuleThatLacksAnEntry) {
  cuda_fake::fail("cuModuleGetFunction", 500);  // CUDA_ERROR_NOT_FOUND
  expect_refused(ACTINIDE_CUDA_FAILED);
  EXPECT_EQ(cuda_fake::calls("cuModuleUnload"), 1);
  cuda_fake::fail("cuModuleGetFunction", 0);
  EXPECT_EQ(run(), ACTINIDE_OK);
  EXPECT_EQ(cuda_fake::calls("cuModuleLoadData"), 2);
}

// --- memory

TEST_F(Cuda, TakesMemoryThatTheDeviceCanAccess) {
  void *const registered = cuda_fake::device_address(cuda_fake::allocate(4000, Memory::registered));
  for (void *buffer :
       {cuda_fake::allocate(4000, Memory::managed), cuda_fake::allocate(4000, Memory::pinned), registered}) {
    EXPECT_EQ(run(buffer, y, 1000), ACTINIDE_OK);
    EXPECT_EQ(run(x, buffer, 1000), ACTINIDE_OK);
  }
}

TEST_F(Cuda, RefusesHostMemoryInEveryPlace) {
  for (const Memory memory : {Memory::pageable, Memory::registered}) {
    void *const host = cuda_fake::allocate(4000, memory);
    EXPECT_EQ(run(host, y, 1000), ACTINIDE_CUDA_HOST_POINTER);
    EXPECT_EQ(run(x, host, 1000), ACTINIDE_CUDA_HOST_POINTER);
  }
  EXPECT_TRUE(cuda_fake::launches().empty());
}

TEST_F(Cuda, TakesHostMemoryWhereTheDeviceAccessesPageableMemory) {
  restart({.accesses_pageable_memory = true});
  EXPECT_EQ(run(cuda_fake::allocate(4000, Memory::pageable), y, 1000), ACTINIDE_OK);
}

// --- arguments; those that the CPU's kernels check too are in arguments_test.cpp

TEST_F(Cuda, ChecksArgumentsAsACpuKernelDoes) {
  EXPECT_EQ(run(nullptr, y, 1000), ACTINIDE_NULL_POINTER);
  EXPECT_EQ(run(x, nullptr, 1000), ACTINIDE_NULL_POINTER);
  EXPECT_EQ(run(x, x + 4, 1000), ACTINIDE_OVERLAP);
  EXPECT_EQ(run(x, y, SIZE_MAX / 4), ACTINIDE_INVALID_SIZE);
  EXPECT_TRUE(cuda_fake::launches().empty());
}

TEST_F(Cuda, HasNothingToDoForNoElements) {
  cuda_fake::make_current(nullptr);
  EXPECT_EQ(run(nullptr, nullptr, 0), ACTINIDE_OK);
  EXPECT_TRUE(cuda_fake::launches().empty());
}

class Alignment : public Cuda, public testing::WithParamInterface<int> {};

TEST_P(Alignment, OfABufferToItsElementsIsNeeded) {
  const int bytes = GetParam();
  fake::CudaShape shape;
  shape.inputs = shape.outputs = {static_cast<std::uint8_t>(bytes)};
  shape.entries = {fake::entry("only", 256, 1, static_cast<std::uint32_t>(bytes))};
  restart({}, shape);
  for (int offset = 0; offset <= 8; ++offset) {
    const int expected = offset % bytes == 0 ? ACTINIDE_OK : ACTINIDE_CUDA_MISALIGNED;
    EXPECT_EQ(run(x + offset, y, 10), expected) << "input at " << offset;
    EXPECT_EQ(run(x, y + offset, 10), expected) << "output at " << offset;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, Alignment, testing::Values(1, 2, 4, 8), testing::PrintToStringParamName());

TEST_F(Cuda, RefusesADescriptorOfAnotherRuntime) {
  actinide_cuda_kernel &descriptor = kernel->descriptor;
  const actinide_cuda_kernel good = descriptor;
  descriptor.abi = ACTINIDE_KERNEL_ABI + 1;
  expect_refused(ACTINIDE_INCOMPATIBLE);
  descriptor = good;
  descriptor.parameters = ACTINIDE_CUDA_MAX_PARAMETERS + 1;
  expect_refused(ACTINIDE_INCOMPATIBLE);
  descriptor = good;
  descriptor.image_count = 0;
  expect_refused(ACTINIDE_INCOMPATIBLE);
  descriptor = good;
  EXPECT_EQ(run(), ACTINIDE_OK);
}

// --- errors of the driver

struct DriverError {
  int result, status;
};

class EveryFunction : public Cuda, public testing::WithParamInterface<DriverError> {};

TEST_P(EveryFunction, PassesOnItsErrors) {
  std::vector<std::string> functions = {"cuCtxGetCurrent",       "cuThreadExchangeStreamCaptureMode",
                                        "cuCtxGetDevice",        "cuDeviceGetAttribute",
                                        "cuModuleLoadData",      "cuModuleGetFunction",
                                        "cuPointerGetAttribute", "cuLaunchKernel"};
  if (cuda_fake::is_recent()) functions.insert(functions.end(), {"cuCtxGetId", "cuFuncLoad"});
  for (const std::string &function : functions) {
    SCOPED_TRACE(function);
    restart();
    cuda_fake::fail(function, GetParam().result);
    expect_refused(GetParam().status);
    cuda_fake::fail(function, 0);
    EXPECT_EQ(run(), ACTINIDE_OK) << "once the driver answers again";
  }
}

TEST_P(EveryFunction, ThatKnowsStreamsPassesOnItsErrors) {
  const Stream stream = cuda_fake::create_stream(context);
  for (const char *function : {"cuStreamGetCtx", "cuStreamGetCtx_v2"}) cuda_fake::fail(function, GetParam().result);
  EXPECT_EQ(run(x, y, 1000, stream), GetParam().status);
  EXPECT_TRUE(cuda_fake::launches().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Cuda, EveryFunction,
    testing::Values(DriverError{3, ACTINIDE_CUDA_NO_DEVICE}, DriverError{4, ACTINIDE_CUDA_NO_DEVICE},
                    DriverError{100, ACTINIDE_CUDA_NO_DEVICE}, DriverError{201, ACTINIDE_CUDA_NO_CONTEXT},
                    DriverError{709, ACTINIDE_CUDA_NO_CONTEXT}, DriverError{700, ACTINIDE_CUDA_FAILED},
                    DriverError{999, ACTINIDE_CUDA_FAILED}),
    [](const auto &info) { return "result" + std::to_string(info.param.result); });

}  // namespace
