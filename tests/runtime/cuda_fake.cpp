#include "tests/runtime/cuda_fake.h"

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <regex>
#include <set>

#include <unistd.h>

// What the driver has: its version of CUDA. Twelve and later have every function that the runtime knows, eleven lacks
// the optional ones, nine also some that are required.
#ifndef CUDA_FAKE_VERSION
#define CUDA_FAKE_VERSION 12
#endif

namespace cuda_fake {
namespace {

enum Result {
  success = 0,
  invalid_value = 1,
  not_initialized = 3,
  invalid_context = 201,
  invalid_ptx = 218,
  no_binary_for_gpu = 209,
  unsupported_ptx_version = 222,
  invalid_handle = 400,
  not_found = 500,
  context_is_destroyed = 709,
  capture_unsupported = 900,
};

constexpr int relaxed = 2;  // CU_STREAM_CAPTURE_MODE_RELAXED; 0, the default, is global

struct FakeContext {
  unsigned long long id = 0;
  bool alive = false;
};

struct FakeStream {
  FakeContext *context, *primary;  // the same but for a green context's
};

struct FakeModule {
  FakeContext *context;
  unsigned long long context_id;
  std::string ptx, target;
};

struct FakeFunction {
  FakeModule *module;
  std::string name;
  std::vector<std::string> parameter_types;
  bool loaded;
};

struct Range {
  std::uintptr_t begin, size, on_device;
  Memory memory;
};

struct State {
  Device device;
  std::array<FakeContext, 4> contexts;
  unsigned long long last_id = 0;
  std::deque<FakeStream> streams;
  std::deque<FakeModule> modules;
  std::deque<FakeFunction> functions;
  std::vector<Range> ranges;
  std::uintptr_t next_address = 0x7f0000000000;
  std::vector<Launch> launches;
  std::set<const void *> captures;
  bool capture_broken = false;
  std::map<std::string, int> failures, calls;
};

std::recursive_mutex mutex;
State state;
int init_result = success, init_calls = 0;
pid_t initialized_by = 0;
thread_local FakeContext *current = nullptr;
thread_local int capture_mode = 0;

/// What every function of the driver begins with.
struct Call {
  std::lock_guard<std::recursive_mutex> lock{mutex};
  int result;

  explicit Call(const std::string &function, bool unsafe_under_capture = false) {
    ++state.calls[function];
    const auto failure = state.failures.find(function);
    result = failure != state.failures.end() ? failure->second : initialized_by != getpid() ? not_initialized : success;
    if (result == success && unsafe_under_capture && !state.captures.empty() && capture_mode != relaxed) {
      state.capture_broken = true;
      result = capture_unsupported;
    }
  }
};

FakeContext *new_context() {
  for (FakeContext &context : state.contexts) {
    if (context.alive) continue;
    context = {++state.last_id, true};
    return &context;
  }
  return nullptr;
}

const Range *range_of(std::uintptr_t address) {
  for (const Range &range : state.ranges) {
    const bool on_host = address - range.begin < range.size, on_device = address - range.on_device < range.size;
    if (range.memory != Memory::pageable && (on_host || on_device)) return &range;
  }
  return nullptr;
}

bool is_special(const void *stream) {
  return reinterpret_cast<std::uintptr_t>(stream) <= 2;
}

/// First group of `pattern` in `text`, or nothing.
std::string match(const std::string &text, const std::string &pattern) {
  std::smatch found;
  return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : "";
}

std::vector<std::string> parameter_types(const std::string &list) {
  const std::regex type(R"(\.param\s+\.(\w+))");
  return {std::sregex_token_iterator(list.begin(), list.end(), type, 1), std::sregex_token_iterator()};
}

}  // namespace

void reset(const Device &device) {
  const std::lock_guard lock(mutex);
  state = {};
  state.device = device;
  current = nullptr;
  capture_mode = 0;
}

Context create_context() {
  const std::lock_guard lock(mutex);
  return current = new_context();
}

void destroy(Context context) {
  const std::lock_guard lock(mutex);
  static_cast<FakeContext *>(context)->alive = false;
}

void make_current(Context context) {
  current = static_cast<FakeContext *>(context);
}

Stream create_stream(Context context) {
  const std::lock_guard lock(mutex);
  auto *owner = static_cast<FakeContext *>(context);
  return &state.streams.emplace_back(FakeStream{owner, owner});
}

Stream create_green_stream(Context primary) {
  const std::lock_guard lock(mutex);
  return &state.streams.emplace_back(FakeStream{new_context(), static_cast<FakeContext *>(primary)});
}

void begin_capture(Stream stream) {
  const std::lock_guard lock(mutex);
  state.captures.insert(stream);
}

bool end_capture(Stream stream) {
  const std::lock_guard lock(mutex);
  state.captures.erase(stream);
  return !state.capture_broken;
}

void *allocate(std::size_t bytes, Memory memory) {
  const std::lock_guard lock(mutex);
  const std::uintptr_t begin = state.next_address, size = (bytes + 511) / 512 * 512;
  const std::uintptr_t on_device = memory == Memory::registered ? begin + size : begin;
  state.next_address = on_device + size;
  state.ranges.push_back({begin, size, on_device, memory});
  return reinterpret_cast<void *>(begin);
}

void *device_address(void *registered) {
  const std::lock_guard lock(mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(registered);
  const Range *range = range_of(address);
  return reinterpret_cast<void *>(address - range->begin + range->on_device);
}

void fail(const std::string &function, int result) {
  const std::lock_guard lock(mutex);
  state.failures.erase(function);
  if (result != success) state.failures[function] = result;
}

int calls(const std::string &function) {
  const std::lock_guard lock(mutex);
  return state.calls[function];
}

std::vector<Launch> launches() {
  const std::lock_guard lock(mutex);
  return state.launches;
}

bool is_recent() {
  return CUDA_FAKE_VERSION >= 12;
}

}  // namespace cuda_fake

using namespace cuda_fake;

extern "C" {

void cuda_fake_set_init_result(int result) {
  init_result = result;
}

int cuda_fake_init_calls() {
  return init_calls;
}

void cuda_fake_create_context() {
  create_context();
}

void *cuda_fake_allocate(std::size_t bytes) {
  return allocate(bytes);
}

// --- the driver, https://docs.nvidia.com/cuda/cuda-driver-api/

int cuInit(unsigned) {
  const std::lock_guard lock(mutex);
  ++init_calls;
  if (init_result == success) initialized_by = getpid();
  return init_result;
}

int cuCtxGetCurrent(FakeContext **context) {
  const Call call("cuCtxGetCurrent");
  if (call.result == success) *context = current;
  return call.result;
}

int cuCtxGetDevice(int *device) {
  const Call call("cuCtxGetDevice");
  if (call.result != success) return call.result;
  if (current == nullptr) return invalid_context;
  *device = 0;
  return success;
}

int cuDeviceGetAttribute(int *value, int attribute, int) {
  const Call call("cuDeviceGetAttribute");
  if (call.result != success) return call.result;
  switch (attribute) {
    case 16:  // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
      *value = state.device.multiprocessors;
      return success;
    case 75:  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
      *value = state.device.compute_capability / 10;
      return success;
    case 76:  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR
      *value = state.device.compute_capability % 10;
      return success;
    case 88:  // CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS
      *value = state.device.accesses_pageable_memory;
      return success;
  }
  return invalid_value;
}

int cuStreamGetCtx(FakeStream *stream, FakeContext **context) {
  const Call call("cuStreamGetCtx");
  if (call.result == success) *context = is_special(stream) ? current : stream->context;
  return call.result;
}

int cuPointerGetAttribute(void *value, int attribute, unsigned long long pointer) {
  const Call call("cuPointerGetAttribute");
  if (call.result != success) return call.result;
  const Range *range = range_of(pointer);
  if (range == nullptr) return invalid_value;
  const bool on_host = range->memory == Memory::pinned || range->memory == Memory::registered;
  switch (attribute) {
    case 2:  // CU_POINTER_ATTRIBUTE_MEMORY_TYPE: CU_MEMORYTYPE_HOST or CU_MEMORYTYPE_DEVICE
      *static_cast<unsigned *>(value) = on_host ? 1 : 2;
      return success;
    case 3:  // CU_POINTER_ATTRIBUTE_DEVICE_POINTER
      *static_cast<unsigned long long *>(value) =
          pointer - range->begin < range->size ? pointer - range->begin + range->on_device : pointer;
      return success;
  }
  return invalid_value;
}

int cuModuleLoadData(FakeModule **module, const char *image) {
  const Call call("cuModuleLoadData", true);
  if (call.result != success) return call.result;
  if (current == nullptr) return invalid_context;
  const std::string ptx = image, version = match(ptx, R"(\.version (\d\.\d))"),
                    target = match(ptx, R"(\.target sm_(\d+))");
  if (version.empty() || target.empty()) return invalid_ptx;
  if ((version[0] - '0') * 10 + (version[2] - '0') > state.device.ptx_version) return unsupported_ptx_version;
  if (std::stoi(target) > state.device.compute_capability) return no_binary_for_gpu;
  *module = &state.modules.emplace_back(FakeModule{current, current->id, ptx, "sm_" + target});
  return success;
}

int cuModuleUnload(FakeModule *module) {
  const Call call("cuModuleUnload", true);
  if (call.result == success) module->context = nullptr;
  return call.result;
}

int cuModuleGetFunction(FakeFunction **function, FakeModule *module, const char *name) {
  const Call call("cuModuleGetFunction");
  if (call.result != success) return call.result;
  const std::string list = match(module->ptx, std::string(R"(\.entry )") + name + R"(\(([^)]*)\))");
  if (list.empty()) return not_found;
  *function = &state.functions.emplace_back(FakeFunction{module, name, parameter_types(list), !is_recent()});
  return success;
}

int cuLaunchKernel(FakeFunction *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared_bytes, FakeStream *stream, void **arguments,
                   void **extra) {
  const Call call("cuLaunchKernel", !function->loaded);
  if (call.result != success) return call.result;
  function->loaded = true;
  const FakeModule &module = *function->module;
  if (current == nullptr) return invalid_context;
  if (module.context != current || module.context_id != current->id) return invalid_handle;
  if (!is_special(stream) && stream->context != current && stream->primary != current) return invalid_handle;
  const bool shape = grid_x > 0 && grid_x < 1u << 31 && block_x > 0 && block_x <= 1024 && grid_y == 1 && grid_z == 1 &&
                     block_y == 1 && block_z == 1 && shared_bytes == 0 && extra == nullptr;
  if (!shape) return invalid_value;
  Launch launch = {current, stream, module.target, function->name, grid_x, block_x, {}, 0, {}};
  for (const std::string &type : function->parameter_types) {
    const void *argument = *arguments++;
    if (type == "u64") launch.buffers.push_back(*static_cast<const std::uintptr_t *>(argument));
    if (type == "u32") launch.sizes.push_back(*static_cast<const std::uint32_t *>(argument));
    if (type == "f64") launch.parameters.push_back(*static_cast<const double *>(argument));
  }
  launch.n = launch.sizes.back();
  if (launch.sizes.size() == 1) launch.sizes.clear();
  state.launches.push_back(launch);
  return success;
}

#if CUDA_FAKE_VERSION >= 11
int cuThreadExchangeStreamCaptureMode(int *mode) {
  const Call call("cuThreadExchangeStreamCaptureMode");
  if (call.result == success) std::swap(*mode, capture_mode);
  return call.result;
}
#endif

#if CUDA_FAKE_VERSION >= 12
int cuCtxGetId(FakeContext *context, unsigned long long *id) {
  const Call call("cuCtxGetId");
  if (call.result != success) return call.result;
  if (!context->alive) return context_is_destroyed;
  *id = context->id;
  return success;
}

int cuMemAllocAsync(unsigned long long *memory, std::size_t bytes, FakeStream *stream) {
  {
    const Call call("cuMemAllocAsync");
    if (call.result != success) return call.result;
    if (!is_special(stream) && stream->context != current) return invalid_handle;
  }
  *memory = reinterpret_cast<std::uintptr_t>(allocate(bytes, Memory::device));
  return success;
}

int cuMemFreeAsync(unsigned long long memory, FakeStream *) {
  const Call call("cuMemFreeAsync");
  if (call.result != success) return call.result;
  return range_of(memory) == nullptr ? invalid_value : success;
}

int cuFuncLoad(FakeFunction *function) {
  const Call call("cuFuncLoad", true);
  if (call.result == success) function->loaded = true;
  return call.result;
}

int cuStreamGetCtx_v2(FakeStream *stream, FakeContext **context, FakeContext **green_context) {
  const Call call("cuStreamGetCtx_v2");
  if (call.result != success) return call.result;
  *context = stream->primary;
  *green_context = stream->primary == stream->context ? nullptr : stream->context;
  return success;
}
#endif
}
