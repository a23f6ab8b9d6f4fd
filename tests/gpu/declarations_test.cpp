// The declarations of tests/gpu/suite/driver.h against the toolkit's header.
#include "tests/gpu/suite/driver.h"
#include "tests/runtime/cuda_toolkit.h"

#include <gtest/gtest.h>

namespace actinide::gpu {
namespace {

#ifdef HAVE_TOOLKIT

#define SAME_TYPE(field, function) \
  static_assert(cuda_toolkit::same_type<decltype(Driver::field), decltype(&function)>, #function)

SAME_TYPE(init, cuInit);
SAME_TYPE(driver_get_version, cuDriverGetVersion);
SAME_TYPE(get_error_name, cuGetErrorName);
SAME_TYPE(device_get_count, cuDeviceGetCount);
SAME_TYPE(device_get, cuDeviceGet);
SAME_TYPE(device_get_name, cuDeviceGetName);
SAME_TYPE(device_get_attribute, cuDeviceGetAttribute);
SAME_TYPE(primary_context_retain, cuDevicePrimaryCtxRetain);
SAME_TYPE(context_destroy, cuCtxDestroy);
SAME_TYPE(context_set_current, cuCtxSetCurrent);
SAME_TYPE(memory_get_info, cuMemGetInfo);
SAME_TYPE(memory_alloc, cuMemAlloc);
SAME_TYPE(memory_free, cuMemFree);
SAME_TYPE(copy_to_device, cuMemcpyHtoD);
SAME_TYPE(copy_to_host, cuMemcpyDtoH);
SAME_TYPE(copy_on_device, cuMemcpyDtoDAsync);
SAME_TYPE(stream_create, cuStreamCreate);
SAME_TYPE(stream_destroy, cuStreamDestroy);
SAME_TYPE(stream_synchronize, cuStreamSynchronize);
SAME_TYPE(stream_begin_capture, cuStreamBeginCapture);
SAME_TYPE(stream_end_capture, cuStreamEndCapture);
SAME_TYPE(graph_instantiate, cuGraphInstantiateWithFlags);
SAME_TYPE(graph_launch, cuGraphLaunch);
SAME_TYPE(graph_exec_destroy, cuGraphExecDestroy);
SAME_TYPE(graph_destroy, cuGraphDestroy);
SAME_TYPE(event_create, cuEventCreate);
SAME_TYPE(event_destroy, cuEventDestroy);
SAME_TYPE(event_record, cuEventRecord);
SAME_TYPE(event_synchronize, cuEventSynchronize);
SAME_TYPE(event_elapsed_time, cuEventElapsedTime);

#endif

TEST(Declarations, AgreeWithTheToolkit) {
#ifndef HAVE_TOOLKIT
  GTEST_SKIP() << "no cuda.h here";
#endif
}

}  // namespace
}  // namespace actinide::gpu
