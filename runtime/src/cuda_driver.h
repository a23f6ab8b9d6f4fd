/* Inside the runtime: the few functions of the CUDA driver API that launches need, opened at run time. They are
   declared here from the manual (https://docs.nvidia.com/cuda/cuda-driver-api/), so that nothing of CUDA is needed to
   build. */
#ifndef ACTINIDE_SRC_CUDA_DRIVER_H
#define ACTINIDE_SRC_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef struct CUctx_st *cuda_context;
typedef struct CUgreenCtx_st *cuda_green_context;
typedef struct CUmod_st *cuda_module;
typedef struct CUfunc_st *cuda_function;
typedef struct CUstream_st *cuda_stream;
typedef int cuda_device;
typedef unsigned long long cuda_pointer;

/* The results (CUresult) that are told apart. */
typedef int cuda_result;
enum {
  CUDA_OK = 0,
  CUDA_INVALID_VALUE = 1,
  CUDA_NOT_INITIALIZED = 3,
  CUDA_DEINITIALIZED = 4,
  CUDA_NO_DEVICE = 100,
  CUDA_INVALID_CONTEXT = 201,
  CUDA_UNSUPPORTED_PTX_VERSION = 222,
  CUDA_INVALID_HANDLE = 400,
  CUDA_CONTEXT_IS_DESTROYED = 709,
};

enum {
  /* CUdevice_attribute */
  CUDA_MULTIPROCESSOR_COUNT = 16,
  CUDA_COMPUTE_CAPABILITY_MAJOR = 75,
  CUDA_COMPUTE_CAPABILITY_MINOR = 76,
  CUDA_PAGEABLE_MEMORY_ACCESS = 88,
  /* CUpointer_attribute */
  CUDA_MEMORY_TYPE = 2,
  CUDA_DEVICE_POINTER = 3,
  /* CUmemorytype */
  CUDA_MEMORY_HOST = 1,
  /* CUstreamCaptureMode */
  CUDA_CAPTURE_RELAXED = 2,
};

/* F(field, symbol, parameters). The last of them came with CUDA 10.1; the compute capabilities that anything is emitted
   for, with CUDA 11. */
#define CUDA_REQUIRED_FUNCTIONS(F)                                                                                  \
  F(init, "cuInit", (unsigned flags))                                                                               \
  F(context_get_current, "cuCtxGetCurrent", (cuda_context * context))                                               \
  F(context_get_device, "cuCtxGetDevice", (cuda_device * device))                                                   \
  F(device_get_attribute, "cuDeviceGetAttribute", (int *value, int attribute, cuda_device device))                  \
  F(stream_get_context, "cuStreamGetCtx", (cuda_stream stream, cuda_context * context))                             \
  F(pointer_get_attribute, "cuPointerGetAttribute", (void *value, int attribute, cuda_pointer pointer))             \
  F(exchange_capture_mode, "cuThreadExchangeStreamCaptureMode", (int *mode))                                        \
  F(module_load, "cuModuleLoadData", (cuda_module * module, const void *image))                                     \
  F(module_unload, "cuModuleUnload", (cuda_module module))                                                          \
  F(module_get_function, "cuModuleGetFunction", (cuda_function * function, cuda_module module, const char *name))   \
  F(launch, "cuLaunchKernel",                                                                                       \
    (cuda_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, \
     unsigned block_z, unsigned shared_bytes, cuda_stream stream, void **arguments, void **extra))

/* Null where the driver is older: CUDA 11.2, 11.2, 12.0, 12.4 and 12.5. */
#define CUDA_OPTIONAL_FUNCTIONS(F)                                                                    \
  F(allocate_on_stream, "cuMemAllocAsync", (cuda_pointer * memory, size_t bytes, cuda_stream stream)) \
  F(free_on_stream, "cuMemFreeAsync", (cuda_pointer memory, cuda_stream stream))                      \
  F(context_get_id, "cuCtxGetId", (cuda_context context, unsigned long long *id))                     \
  F(function_load, "cuFuncLoad", (cuda_function function))                                            \
  F(stream_get_green_context, "cuStreamGetCtx_v2",                                                    \
    (cuda_stream stream, cuda_context * context, cuda_green_context * green_context))

typedef struct cuda_driver {
#define CUDA_FIELD(field, symbol, parameters) cuda_result(*field) parameters;
  CUDA_REQUIRED_FUNCTIONS(CUDA_FIELD)
  CUDA_OPTIONAL_FUNCTIONS(CUDA_FIELD)
#undef CUDA_FIELD
} cuda_driver;

/* The driver, opened and initialised at the first call; what that gave is remembered. Thread-safe. Returns ACTINIDE_OK,
   ACTINIDE_CUDA_NO_DRIVER, ACTINIDE_CUDA_OLD_DRIVER or ACTINIDE_CUDA_NO_DEVICE. */
int actinide_cuda_driver(const cuda_driver **driver);

/* The actinide_status for a result of the driver. */
int actinide_cuda_status(cuda_result result);

#endif
