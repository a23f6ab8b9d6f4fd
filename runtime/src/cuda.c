/* One call of a CUDA kernel: check, find what is loaded, launch. Every function of the driver that a call uses, but for
 * those that load, is legal while the stream captures a graph, and none waits for the device. */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "branches.h"
#include "cuda_driver.h"
#include "cuda_module.h"
#include "visibility.h"

static bool understands(const actinide_cuda_kernel *kernel) {
  return is_compatible(kernel->abi, kernel->inputs, kernel->outputs) && kernel->image_count > 0 &&
         kernel->entry_count > 0 && kernel->parameters <= ACTINIDE_CUDA_MAX_PARAMETERS;
}

static unsigned buffer_count(const actinide_cuda_kernel *kernel) {
  return (unsigned)kernel->inputs + kernel->outputs;
}

static int check_arguments(const actinide_cuda_kernel *kernel, void *const *buffers, size_t n) {
  const int status = check_buffers(kernel->element_bytes, kernel->inputs, kernel->outputs, buffers, n);
  if (UNLIKELY(status != ACTINIDE_OK)) return status;
  for (unsigned i = 0; i < buffer_count(kernel); ++i) {
    if (UNLIKELY(((uintptr_t)buffers[i] & (kernel->element_bytes[i] - 1u)) != 0)) return ACTINIDE_CUDA_MISALIGNED;
  }
  return ACTINIDE_OK;
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

static int check_pointers(const cuda_driver *driver, const cuda_loaded *loaded, void *const *buffers, unsigned count) {
  if (loaded->accesses_host_memory) return ACTINIDE_OK;
  for (unsigned i = 0; i < count; ++i) {
    const int status = check_pointer(driver, buffers[i]);
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
  }
  return ACTINIDE_OK;
}

/* The first entry that the buffers are aligned for; the last fits all. */
static uint32_t choose_entry(const actinide_cuda_kernel *kernel, void *const *buffers) {
  uintptr_t bits = 0;
  for (unsigned i = 0; i < buffer_count(kernel); ++i) bits |= (uintptr_t)buffers[i];
  uint32_t entry = 0;
  while (entry + 1 < kernel->entry_count && (bits & (kernel->entries[entry].alignment - 1)) != 0) ++entry;
  return entry;
}

/* Blocks that give each thread one turn, or as many as the kernel's schedule allows. At most 2^30: a grid's limit is
 * 2^31 - 1. */
static unsigned grid_of(const actinide_cuda_kernel *kernel, const actinide_cuda_entry *entry, uint32_t multiprocessors,
                        uint32_t n) {
  const uint64_t block_elements = (uint64_t)entry->block_threads * entry->thread_elements;
  const uint64_t exact = (n + block_elements - 1) / block_elements;
  const uint64_t most = (uint64_t)kernel->multiprocessor_blocks * multiprocessors;
  return (unsigned)(most != 0 && most < exact ? most : exact);
}

static int launch(const cuda_driver *driver, const actinide_cuda_kernel *kernel, const cuda_loaded *loaded,
                  void *const *buffers, size_t n, const double *parameters, cuda_stream stream) {
  const uint32_t chosen = choose_entry(kernel, buffers);
  const actinide_cuda_entry *entry = &kernel->entries[chosen];
  cuda_pointer pointers[ACTINIDE_MAX_BUFFERS];
  uint32_t size;
  void *arguments[ACTINIDE_MAX_BUFFERS + 1 + ACTINIDE_CUDA_MAX_PARAMETERS];
  void **next = arguments;
  for (unsigned i = 0; i < buffer_count(kernel); ++i) {
    pointers[i] = (uintptr_t)buffers[i];
    *next++ = &pointers[i];
  }
  *next++ = &size;
  for (unsigned i = 0; i < kernel->parameters; ++i) *next++ = (void *)&parameters[i];

  for (size_t rest = n; rest > 0; rest -= size) {
    size = rest < LARGEST_CHUNK ? (uint32_t)rest : LARGEST_CHUNK;
    const unsigned grid = grid_of(kernel, entry, loaded->multiprocessors, size);
    const cuda_result result =
        driver->launch(loaded->functions[chosen], grid, 1, 1, entry->block_threads, 1, 1, 0, stream, arguments, NULL);
    if (UNLIKELY(result != CUDA_OK)) return actinide_cuda_status(result);
    for (unsigned i = 0; i < buffer_count(kernel); ++i) pointers[i] += (uint64_t)size * kernel->element_bytes[i];
  }
  return ACTINIDE_OK;
}

ACTINIDE_PUBLIC int actinide_cuda_kernel_run(actinide_cuda_kernel *kernel, void *const *buffers, size_t n,
                                             const double *parameters, void *stream) {
  if (n == 0) return ACTINIDE_OK;
  if (!understands(kernel)) return ACTINIDE_INCOMPATIBLE;
  int status = check_arguments(kernel, buffers, n);
  if (status != ACTINIDE_OK) return status;

  const cuda_driver *driver;
  cuda_context context;
  unsigned long long context_id;
  const cuda_loaded *loaded;
  if ((status = actinide_cuda_driver(&driver)) != ACTINIDE_OK) return status;
  if ((status = find_context(driver, &context, &context_id)) != ACTINIDE_OK) return status;
  if ((status = check_stream(driver, context, stream)) != ACTINIDE_OK) return status;
  if ((status = actinide_cuda_load(driver, kernel, context_id, &loaded)) != ACTINIDE_OK) return status;
  if ((status = check_pointers(driver, loaded, buffers, buffer_count(kernel))) != ACTINIDE_OK) return status;
  return launch(driver, kernel, loaded, buffers, n, parameters, stream);
}
