// Kernels compiled just in time give the CPU's bits through the whole path: Compiler, runtime, driver, PTX. The device
// is the simulated one.
#include "actinide/jit.h"
#include "tests/gpu/suite/device.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <cstring>

namespace actinide::gpu {
namespace {

struct Request {
  const char *name, *activation;
  Pass pass;
  std::vector<double> parameters = {};  ///< empty: the defaults
};

class JustInTime : public testing::TestWithParam<Request> {};

constexpr std::size_t n = 5003;

template <typename T>
std::vector<unsigned char> bytes_of(const std::vector<T> &tensor) {
  std::vector<unsigned char> bytes(tensor.size() * sizeof(T));
  std::memcpy(bytes.data(), tensor.data(), bytes.size());
  return bytes;
}

template <typename T>
void expect_the_bits_of_the_cpu(const Request &request) {
  const Compiler compiler;
  const Kernel cpu = compiler.kernel(request.activation, request.pass, dtype_of<T>);
  const CudaKernel cuda = compiler.cuda_kernel(request.activation, request.pass, dtype_of<T>);
  const double *parameters = request.parameters.empty() ? nullptr : request.parameters.data();
  std::vector<std::vector<T>> inputs = testing_support::inputs_for<T>(cpu, n);
  std::vector<T> expected(n);
  std::vector<void *> on_host, on_device;
  std::vector<std::unique_ptr<Memory>> memory;
  for (std::vector<T> &input : inputs) {
    on_host.push_back(input.data());
    memory.push_back(std::make_unique<Memory>(n * sizeof(T)));
    memory.back()->upload(bytes_of(input));
    on_device.push_back(memory.back()->at());
  }
  on_host.push_back(expected.data());
  on_device.push_back(on_device.back());  // in place of the last input

  ASSERT_EQ(cpu.run(on_host.data(), n, parameters), ACTINIDE_OK);
  const Stream stream;
  int status = -1;
  stream.run_captured([&] { status = cuda.launch(stream.handle(), on_device.data(), n, parameters); });
  ASSERT_STREQ(actinide_status_string(status), actinide_status_string(ACTINIDE_OK));
  std::vector<T> found(n);
  std::memcpy(found.data(), memory.back()->download().data(), n * sizeof(T));
  for (std::size_t i = 0; i < n; ++i)
    ASSERT_EQ(testing_support::bits(found[i]), testing_support::bits(expected[i])) << "x = " << inputs.back()[i];
}

TEST_P(JustInTime, GivesTheBitsOfTheCpu) {
  if (!host_target().has_fma) GTEST_SKIP() << "this CPU has no fma, and so perhaps other bits";
  const Device device;
  expect_the_bits_of_the_cpu<float>(GetParam());
  expect_the_bits_of_the_cpu<double>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Gpu, JustInTime,
    testing::Values(Request{"gelu", "gelu", Pass::forward}, Request{"silu_backward", "silu", Pass::backward},
                    Request{"default", "leaky_relu", Pass::forward},
                    Request{"parameter", "leaky_relu", Pass::backward, {0.625}},
                    Request{"definition", "f(x; a = 1, b = 2) = x * tanh(a * exp(x)) + b", Pass::forward, {0.5, -3}}),
    [](const auto &info) { return info.param.name; });

}  // namespace
}  // namespace actinide::gpu
