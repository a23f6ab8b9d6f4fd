// The functions of the CUDA driver API that these checks use, opened at run time and declared from the manual, beside
// those that the runtime opens for itself.
#pragma once

#include "runtime/src/cuda_driver.h"

#include <fmt/format.h>

#include <stdexcept>

typedef struct CUevent_st *cuda_event;
typedef struct CUgraph_st *cuda_graph;
typedef struct CUgraphExec_st *cuda_graph_exec;

namespace actinide::gpu {

/// F(field, symbol, parameters)
#define GPU_FUNCTIONS(F)                                                                                            \
  F(init, "cuInit", (unsigned flags))                                                                               \
  F(driver_get_version, "cuDriverGetVersion", (int *version))                                                       \
  F(get_error_name, "cuGetErrorName", (cuda_result result, const char **name))                                      \
  F(device_get_count, "cuDeviceGetCount", (int *count))                                                             \
  F(device_get, "cuDeviceGet", (cuda_device * device, int ordinal))                                                 \
  F(device_get_name, "cuDeviceGetName", (char *name, int length, cuda_device device))                               \
  F(device_get_attribute, "cuDeviceGetAttribute", (int *value, int attribute, cuda_device device))                  \
  F(primary_context_retain, "cuDevicePrimaryCtxRetain", (cuda_context * context, cuda_device device))               \
  F(context_create, "cuCtxCreate_v2", (cuda_context * context, unsigned flags, cuda_device device))                 \
  F(context_destroy, "cuCtxDestroy_v2", (cuda_context context))                                                     \
  F(context_set_current, "cuCtxSetCurrent", (cuda_context context))                                                 \
  F(memory_get_info, "cuMemGetInfo_v2", (size_t * free, size_t * total))                                            \
  F(memory_alloc, "cuMemAlloc_v2", (cuda_pointer * memory, size_t bytes))                                           \
  F(memory_free, "cuMemFree_v2", (cuda_pointer memory))                                                             \
  F(copy_to_device, "cuMemcpyHtoD_v2", (cuda_pointer to, const void *from, size_t bytes))                           \
  F(copy_to_host, "cuMemcpyDtoH_v2", (void *to, cuda_pointer from, size_t bytes))                                   \
  F(copy_on_device, "cuMemcpyDtoDAsync_v2", (cuda_pointer to, cuda_pointer from, size_t bytes, cuda_stream stream)) \
  F(module_load, "cuModuleLoadData", (cuda_module * module, const void *image))                                     \
  F(module_unload, "cuModuleUnload", (cuda_module module))                                                          \
  F(module_get_function, "cuModuleGetFunction", (cuda_function * function, cuda_module module, const char *name))   \
  F(launch, "cuLaunchKernel",                                                                                       \
    (cuda_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, \
     unsigned block_z, unsigned shared_bytes, cuda_stream stream, void **arguments, void **extra))                  \
  F(stream_create, "cuStreamCreate", (cuda_stream * stream, unsigned flags))                                        \
  F(stream_destroy, "cuStreamDestroy_v2", (cuda_stream stream))                                                     \
  F(stream_synchronize, "cuStreamSynchronize", (cuda_stream stream))                                                \
  F(stream_begin_capture, "cuStreamBeginCapture_v2", (cuda_stream stream, int mode))                                \
  F(stream_end_capture, "cuStreamEndCapture", (cuda_stream stream, cuda_graph * graph))                             \
  F(graph_instantiate, "cuGraphInstantiateWithFlags",                                                               \
    (cuda_graph_exec * exec, cuda_graph graph, unsigned long long flags))                                           \
  F(graph_launch, "cuGraphLaunch", (cuda_graph_exec exec, cuda_stream stream))                                      \
  F(graph_exec_destroy, "cuGraphExecDestroy", (cuda_graph_exec exec))                                               \
  F(graph_destroy, "cuGraphDestroy", (cuda_graph graph))                                                            \
  F(event_create, "cuEventCreate", (cuda_event * event, unsigned flags))                                            \
  F(event_destroy, "cuEventDestroy_v2", (cuda_event event))                                                         \
  F(event_record, "cuEventRecord", (cuda_event event, cuda_stream stream))                                          \
  F(event_synchronize, "cuEventSynchronize", (cuda_event event))                                                    \
  F(event_elapsed_time, "cuEventElapsedTime", (float *milliseconds, cuda_event start, cuda_event end))

struct Driver {
#define GPU_FIELD(field, symbol, parameters) cuda_result(*field) parameters;
  GPU_FUNCTIONS(GPU_FIELD)
#undef GPU_FIELD
};

/// There is nothing here to check with: no driver, no device.
class NoGpu : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The driver, opened and initialised at the first call. Throws NoGpu.
const Driver &driver();

/// Throws std::runtime_error with the driver's name for `result` unless that is success.
void check(cuda_result result, const char *what);

}  // namespace actinide::gpu
