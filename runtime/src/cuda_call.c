/* What every call of a CUDA kernel does before its launches. Every function of the driver that a call uses, but for
 * those that load, is legal while the stream captures a graph, and none waits for the device. */
#include "cuda_call.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "branches.h"

bool actinide_cuda_understands(const actinide_cuda_kernel *kernel) {
  return is_compatible(kernel->abi, kernel->inputs, kernel->outputs) && kernel->image_count > 0 &&
         kernel->entry_count > 0 && kernel->parameters <= ACTINIDE_CUDA_MAX_PARAMETERS;
}

/* The calling thread's context and a number that tells it from every other. A driver older than CUDA 12 has none but
 * the address, which a later context may have again after this one's end. */
static int find_context(const cuda_driver *driver, cuda_context *context, unsigned long long *id) {
  const cuda_result result = driver->context_get_current(context);
  if (UNLIKELY(result != CUDA_OK)) return actinide_cuda_status(result);
  if (UNLIKELY(*context == NULL)) return ACTINIDE_CUDA_NO_CONTEXT;
  *id = (uintptr_t)*context;
  return driver->context_get_id == NULL ? ACTINIDE_OK : actinide_cuda_status(driver->context_get_id(*context, id));
}

/* The launch needs a stream of the current context, or one of a green context when its device's primary context is the
 * current one. */
static int check_stream(const cuda_driver *driver, cuda_context context, cuda_stream stream) {
  const uintptr_t last_special = 2; /* 0: null, 1: CU_STREAM_LEGACY, 2: CU_STREAM_PER_THREAD; of any context */
  if ((uintptr_t)stream <= last_special) return ACTINIDE_OK;
  cuda_context owner;
  cuda_result result = driver->stream_get_context(stream, &owner);
  if (result == CUDA_OK && owner == context) return ACTINIDE_OK;
  if (driver->stream_get_green_context != NULL) {
    cuda_green_context green;
    result = driver->stream_get_green_context(stream, &owner, &green);
    if (result == CUDA_OK && owner == context) return ACTINIDE_OK;
  }
  return result == CUDA_OK || result == CUDA_INVALID_HANDLE ? ACTINIDE_CUDA_STREAM : actinide_cuda_status(result);
}

/* A host pointer, in the manual's words: one that isn't known to the driver, or that the device must access through
 * another address ("Unified Addressing", "Exceptions, Disjoint Addressing"). */
static int check_pointer(const cuda_driver *driver, const void *buffer) {
  const cuda_pointer pointer = (uintptr_t)buffer;
  unsigned type;
  cuda_result result = driver->pointer_get_attribute(&type, CUDA_MEMORY_TYPE, pointer);
  if (result == CUDA_OK && type == CUDA_MEMORY_HOST) {
    cuda_pointer on_device;
    result = driver->pointer_get_attribute(&on_device, CUDA_DEVICE_POINTER, pointer);
    if (result == CUDA_OK && on_device != pointer) return ACTINIDE_CUDA_HOST_POINTER;
  }
  return result == CUDA_INVALID_VALUE ? ACTINIDE_CUDA_HOST_POINTER : actinide_cuda_status(result);
}

static int check_pointers(const cuda_call *call) {
  if (call->loaded->accesses_host_memory) return ACTINIDE_OK;
  for (unsigned i = 0; i < (unsigned)call->kernel->inputs + call->kernel->outputs; ++i) {
    const int status = call->buffers[i] == NULL ? ACTINIDE_OK : check_pointer(call->driver, call->buffers[i]);
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
  }
  return ACTINIDE_OK;
}

int actinide_cuda_prepare(cuda_call *call) {
  for (unsigned i = 0; i < (unsigned)call->kernel->inputs + call->kernel->outputs; ++i) {
    if (UNLIKELY(((uintptr_t)call->buffers[i] & (call->kernel->alignment[i] - 1u)) != 0)) {
      return ACTINIDE_CUDA_MISALIGNED;
    }
  }
  cuda_context context;
  unsigned long long context_id;
  int status;
  if ((status = actinide_cuda_driver(&call->driver)) != ACTINIDE_OK) return status;
  if ((status = find_context(call->driver, &context, &context_id)) != ACTINIDE_OK) return status;
  if ((status = check_stream(call->driver, context, call->stream)) != ACTINIDE_OK) return status;
  if ((status = actinide_cuda_load(call->driver, call->kernel, context_id, &call->loaded)) != ACTINIDE_OK)
    return status;
  return check_pointers(call);
}

unsigned actinide_cuda_grid(const cuda_call *call, const actinide_cuda_entry *entry, uint64_t threads) {
  const uint64_t exact = (threads + entry->block_threads - 1) / entry->block_threads;
  const uint64_t most = (uint64_t)call->kernel->multiprocessor_blocks * call->loaded->multiprocessors;
  return (unsigned)(most != 0 && most < exact ? most : exact);
}

int actinide_cuda_launch(const cuda_call *call, uint32_t entry, unsigned grid, void **arguments) {
  const unsigned block = call->kernel->entries[entry].block_threads;
  return actinide_cuda_status(
      call->driver->launch(call->loaded->functions[entry], grid, 1, 1, block, 1, 1, 0, call->stream, arguments, NULL));
}
