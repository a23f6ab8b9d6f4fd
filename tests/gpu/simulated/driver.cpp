// A CUDA driver with a device: a libcuda.so.1 that runs the PTX of kernels by the interpreter of tests/ptx, at once and
// on the host's memory. It is just what the runtime and tests/gpu/suite call, for programs that behave: the runtime's
// own tests have a driver that judges (tests/runtime/cuda_fake.h).
//
// SIMULATED_FAULT=bits in the environment: a bit of what each launch has written is wrong. SIMULATED_FAULT=no-device:
// no device is there.
#include "tests/ptx/error.h"
#include "tests/ptx/machine.h"
#include "tests/ptx/reader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace actinide::ptx;

enum Result { success = 0, invalid_value = 1, no_device = 100, invalid_context = 201, launch_failed = 719 };

struct Context {};

/// What a stream has been told to do while it captured.
struct Graph {
  std::vector<std::function<int()>> nodes;
};

struct Stream {
  Context *context;
  Graph *capture = nullptr;
};

struct Module {
  std::string ptx;
};

using Event = std::chrono::steady_clock::time_point;

Context primary;
thread_local std::vector<Context *> contexts;                     // the last is current
std::map<std::uintptr_t, std::vector<std::uint8_t>> allocations;  // by their addresses
std::deque<Kernel> functions;

Context *current() {
  return contexts.empty() ? nullptr : contexts.back();
}

bool has_fault(const char *fault) {
  const char *wanted = std::getenv("SIMULATED_FAULT");
  return wanted != nullptr && std::strcmp(wanted, fault) == 0;
}

/// The allocation that holds `address`, or the end.
auto allocation_of(std::uintptr_t address) {
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin()) return allocations.end();
  --next;
  return address - next->first < next->second.size() ? next : allocations.end();
}

std::uint8_t *host(std::uintptr_t address) {
  const auto found = allocation_of(address);
  return found == allocations.end() ? nullptr : found->second.data() + (address - found->first);
}

/// Does `work` now, or when the graph is launched that `stream` captures.
int queue(Stream *stream, std::function<int()> work) {
  if (reinterpret_cast<std::uintptr_t>(stream) <= 2 || stream->capture == nullptr) return work();
  stream->capture->nodes.push_back(std::move(work));
  return success;
}

/// Of the smallest elements of a kernel's tensors.
std::size_t element_bytes(const Kernel &kernel) {
  std::size_t bytes = 8;
  for (const Step &step : kernel.steps)
    if (step.kind == Kind::store || step.kind == Kind::load) bytes = std::min<std::size_t>(bytes, step.bytes);
  return bytes;
}

int run(const Kernel &kernel, const Grid &grid, std::vector<Argument> arguments) {
  Memory memory(true);
  std::map<std::uintptr_t, std::uint64_t> places;  // in the interpreter's memory, of each allocation that is used
  for (Argument &argument : arguments) {
    if (argument.type != Type::u64 || argument.bits == 0) continue;
    const auto found = allocation_of(argument.bits);
    if (found == allocations.end()) return launch_failed;
    const auto &[begin, content] = *found;
    if (!places.contains(begin)) places[begin] = memory.add(content, element_bytes(kernel), Access::both);
    argument.bits = argument.bits - begin + places[begin];
  }
  try {
    Launch(kernel, grid, arguments, memory).run_all();
  } catch (const Error &error) {
    std::fprintf(stderr, "simulated device: %s\n", error.what());
    return launch_failed;
  }
  for (const auto &[begin, place] : places) {
    const std::span<const std::uint8_t> content = memory.content(place);
    std::vector<std::uint8_t> &bytes = allocations[begin];
    const bool written = !std::ranges::equal(content, bytes);
    bytes.assign(content.begin(), content.end());
    if (written && has_fault("bits")) bytes[bytes.size() / 2] ^= 1;
  }
  return success;
}

}  // namespace

// https://docs.nvidia.com/cuda/cuda-driver-api/
extern "C" {

int cuInit(unsigned) {
  return has_fault("no-device") ? no_device : success;
}
int cuDriverGetVersion(int *version) {
  *version = 12000;
  return success;
}
int cuGetErrorName(int, const char **name) {
  *name = "an error of the simulated driver";
  return success;
}
int cuDeviceGetCount(int *count) {
  *count = 1;
  return success;
}
int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return success;
}
int cuDeviceGetName(char *name, int length, int) {
  std::snprintf(name, std::size_t(length), "simulated");
  return success;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = 0;
  if (attribute == 16) *value = 132;  // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
  if (attribute == 75) *value = 9;    // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
  return success;
}

int cuDevicePrimaryCtxRetain(Context **context, int) {
  *context = &primary;
  return success;
}
int cuCtxCreate_v2(Context **context, unsigned, int) {
  contexts.push_back(*context = new Context);
  return success;
}
int cuCtxDestroy_v2(Context *context) {
  if (current() == context) contexts.pop_back();
  delete context;
  return success;
}
int cuCtxSetCurrent(Context *context) {
  if (!contexts.empty()) contexts.pop_back();
  if (context) contexts.push_back(context);
  return success;
}
int cuCtxGetCurrent(Context **context) {
  *context = current();
  return success;
}
int cuCtxGetDevice(int *device) {
  *device = 0;
  return current() ? success : invalid_context;
}
int cuThreadExchangeStreamCaptureMode(int *) {
  return success;
}

int cuMemGetInfo_v2(std::size_t *free, std::size_t *total) {
  *free = *total = std::size_t{1} << 30;
  return success;
}
int cuMemAlloc_v2(std::uintptr_t *memory, std::size_t bytes) {
  static std::uintptr_t next = 0x7f0000000000;
  *memory = next;
  next += (bytes / 512 + 2) * 512;
  allocations[*memory].resize(bytes);
  return success;
}
int cuMemFree_v2(std::uintptr_t memory) {
  return allocations.erase(memory) == 1 ? success : invalid_value;
}
/// Memory of a stream that captures stays: its graph may be launched again.
int cuMemAllocAsync(std::uintptr_t *memory, std::size_t bytes, Stream *) {
  return cuMemAlloc_v2(memory, bytes);
}
int cuMemFreeAsync(std::uintptr_t memory, Stream *stream) {
  const bool captures = reinterpret_cast<std::uintptr_t>(stream) > 2 && stream->capture != nullptr;
  return captures ? success : cuMemFree_v2(memory);
}
int cuMemcpyHtoD_v2(std::uintptr_t to, const void *from, std::size_t bytes) {
  std::memcpy(host(to), from, bytes);
  return success;
}
int cuMemcpyDtoH_v2(void *to, std::uintptr_t from, std::size_t bytes) {
  std::memcpy(to, host(from), bytes);
  return success;
}
int cuMemcpyDtoDAsync_v2(std::uintptr_t to, std::uintptr_t from, std::size_t bytes, Stream *stream) {
  return queue(stream, [=] {
    std::memcpy(host(to), host(from), bytes);
    return success;
  });
}
int cuPointerGetAttribute(void *value, int attribute, std::uintptr_t pointer) {
  if (allocation_of(pointer) == allocations.end()) return invalid_value;
  if (attribute == 2) *static_cast<unsigned *>(value) = 2;  // CU_POINTER_ATTRIBUTE_MEMORY_TYPE: of the device
  return success;
}

int cuStreamCreate(Stream **stream, unsigned) {
  *stream = new Stream{current()};
  return success;
}
int cuStreamDestroy_v2(Stream *stream) {
  delete stream;
  return success;
}
int cuStreamSynchronize(Stream *) {
  return success;
}
int cuStreamGetCtx(Stream *stream, Context **context) {
  *context = stream->context;
  return success;
}
int cuStreamBeginCapture_v2(Stream *stream, int) {
  stream->capture = new Graph;
  return success;
}
int cuStreamEndCapture(Stream *stream, Graph **graph) {
  *graph = stream->capture;
  stream->capture = nullptr;
  return success;
}
int cuGraphInstantiateWithFlags(Graph **exec, const Graph *graph, unsigned long long) {
  *exec = new Graph(*graph);
  return success;
}
int cuGraphLaunch(const Graph *exec, Stream *) {
  for (const std::function<int()> &node : exec->nodes)
    if (const int result = node(); result != success) return result;
  return success;
}
int cuGraphExecDestroy(Graph *exec) {
  delete exec;
  return success;
}
int cuGraphDestroy(Graph *graph) {
  delete graph;
  return success;
}

int cuEventCreate(Event **event, unsigned) {
  *event = new Event;
  return success;
}
int cuEventDestroy_v2(Event *event) {
  delete event;
  return success;
}
int cuEventRecord(Event *event, Stream *) {
  *event = std::chrono::steady_clock::now();
  return success;
}
int cuEventSynchronize(Event *) {
  return success;
}
int cuEventElapsedTime(float *milliseconds, const Event *start, const Event *end) {
  *milliseconds = std::chrono::duration<float, std::milli>(*end - *start).count();
  return success;
}

int cuModuleLoadData(Module **module, const char *image) {
  *module = new Module{image};
  return success;
}
int cuModuleUnload(Module *module) {
  delete module;
  return success;
}
int cuModuleGetFunction(const Kernel **function, const Module *module, const char *name) {
  try {
    *function = &functions.emplace_back(read_kernel(module->ptx, name));
  } catch (const Error &error) {
    std::fprintf(stderr, "simulated driver: %s\n", error.what());
    return invalid_value;
  }
  return success;
}

int cuLaunchKernel(const Kernel *function, unsigned grid, unsigned, unsigned, unsigned block, unsigned, unsigned,
                   unsigned, Stream *stream, void **arguments, void **) {
  std::vector<Argument> values;
  for (const Type type : function->parameters) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, *arguments++, size_of(type));
    values.push_back({type, bits});
  }
  return queue(stream, [=] { return run(*function, {grid, block}, values); });
}
}
