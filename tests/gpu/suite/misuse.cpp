#include "checks.h"

#include <actinide/runtime.h>

#include <thread>

namespace actinide::gpu {
namespace {

constexpr std::size_t n = 64;

/// A call with every buffer at `place`, but the one numbered `other` at `elsewhere`.
int call(const kernel &k, void *place, unsigned other, void *elsewhere, cuda_stream stream, std::size_t size = n) {
  void *buffers[MAX_BUFFERS];
  for (unsigned b = 0; b < k.inputs + k.outputs; ++b) buffers[b] = b == other ? elsewhere : place;
  const double parameters[MAX_PARAMETERS] = {0.75, 1.75, 2.75, 3.75, 4.75, 5.75, 6.75, 7.75};
  return k.cuda(buffers, &size, parameters, stream);
}

}  // namespace

Json check_misuse(const kernel &k, const Device &device) {
  std::size_t calls = 0;
  std::vector<std::string> failures;
  const Memory memory(2 * n * k.element.bytes);
  const unsigned output = k.inputs;
  const auto expect = [&](const char *what, int expected, int status) {
    ++calls;
    const int next = call(k, memory.at(), output, memory.at(), nullptr);
    check(driver().stream_synchronize(nullptr), "waiting after a wrong call");
    if (status != expected)
      failures.push_back(fmt::format("{}: '{}' instead of '{}'", what, actinide_status_string(status),
                                     actinide_status_string(expected)));
    if (next != ACTINIDE_OK)
      failures.push_back(fmt::format("{}: the next call gives '{}'", what, actinide_status_string(next)));
  };
  expect("in place of every buffer", ACTINIDE_OK, call(k, memory.at(), output, memory.at(), nullptr));
  expect("null pointer", ACTINIDE_NULL_POINTER, call(k, memory.at(), 0, nullptr, nullptr));
  expect("partial overlap", ACTINIDE_OVERLAP, call(k, memory.at(), output, memory.at(16), nullptr));
  expect("misaligned", ACTINIDE_CUDA_MISALIGNED,
         call(k, memory.at(), 0, memory.at(n * k.element.bytes + 1), nullptr, 1));
  expect("impossible size", ACTINIDE_INVALID_SIZE, call(k, memory.at(), output, memory.at(), nullptr, SIZE_MAX));
  if (!device.accesses_host_memory) {
    alignas(16) static unsigned char host[n * 8];
    expect("host pointer as input", ACTINIDE_CUDA_HOST_POINTER, call(k, memory.at(), 0, host, nullptr));
    expect("host pointer as output", ACTINIDE_CUDA_HOST_POINTER, call(k, memory.at(), output, host, nullptr));
  }

  cuda_context other = nullptr;
  check(driver().context_create(&other, 0, device.handle), "making a second context");
  int status;
  {
    const Stream foreign;  // of the second context, which its creation has made current
    check(driver().context_set_current(device.context), "changing the context");
    status = call(k, memory.at(), output, memory.at(), foreign.handle());
    expect("stream of another context", ACTINIDE_CUDA_STREAM, status);
  }
  check(driver().context_destroy(other), "destroying the second context");
  std::thread([&] { status = call(k, memory.at(), output, memory.at(), nullptr); }).join();
  expect("no context", ACTINIDE_CUDA_NO_CONTEXT, status);
  return {{"calls", calls}, {"failures", failures}};
}

}  // namespace actinide::gpu
