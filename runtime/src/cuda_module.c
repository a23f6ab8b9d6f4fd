/* A kernel's modules are a list with one member for each context, the latest first. Members are only ever added, under
 * a lock, so a call finds its own without one. A member outlives its context, whose module went with it: it is a few
 * bytes, and freeing it would need to know that no call is reading the list. A module isn't unloaded while its context
 * lives: captured graphs may hold its functions. */
#include "cuda_module.h"

#include "actinide/runtime.h"

#include "branches.h"

#include <pthread.h>
#include <stdlib.h>

static const cuda_loaded *find(actinide_cuda_kernel *kernel, unsigned long long context_id) {
  const cuda_loaded *loaded = __atomic_load_n(&kernel->loaded, __ATOMIC_ACQUIRE);
  while (loaded != NULL && loaded->context_id != context_id) loaded = loaded->next;
  return loaded;
}

/* The first image that both the device and the driver accept. A driver can be older than the newest PTX version among
 * the images and still serve the device with the next one. */
static int load_image(const cuda_driver *driver, const actinide_cuda_kernel *kernel, uint32_t compute_capability,
                      cuda_module *module) {
  int status = ACTINIDE_CUDA_OLD_DEVICE;
  for (uint32_t i = 0; i < kernel->image_count; ++i) {
    if (kernel->images[i].compute_capability > compute_capability) continue;
    status = actinide_cuda_status(driver->module_load(module, kernel->images[i].ptx));
    if (status != ACTINIDE_CUDA_OLD_DRIVER) break;
  }
  return status;
}

static cuda_result find_functions(const cuda_driver *driver, const actinide_cuda_kernel *kernel, cuda_module module,
                                  cuda_function *functions) {
  cuda_result result = CUDA_OK;
  for (uint32_t i = 0; i < kernel->entry_count && result == CUDA_OK; ++i) {
    result = driver->module_get_function(&functions[i], module, kernel->entries[i].name);
    /* Otherwise a driver that loads lazily would do so at the launch, which may be under capture. */
    if (result == CUDA_OK && driver->function_load != NULL) result = driver->function_load(functions[i]);
  }
  return result;
}

/* What a launch must know of the current context's device, and its compute capability (90 for 9.0). */
static cuda_result ask_device(const cuda_driver *driver, cuda_loaded *loaded, uint32_t *compute_capability) {
  enum { MAJOR, MINOR, MULTIPROCESSORS, PAGEABLE, ATTRIBUTES };
  static const int attributes[ATTRIBUTES] = {CUDA_COMPUTE_CAPABILITY_MAJOR, CUDA_COMPUTE_CAPABILITY_MINOR,
                                             CUDA_MULTIPROCESSOR_COUNT, CUDA_PAGEABLE_MEMORY_ACCESS};
  int values[ATTRIBUTES] = {0};
  cuda_device device;
  cuda_result result = driver->context_get_device(&device);
  for (int i = 0; i < ATTRIBUTES && result == CUDA_OK; ++i) {
    result = driver->device_get_attribute(&values[i], attributes[i], device);
  }
  *compute_capability = (uint32_t)(values[MAJOR] * 10 + values[MINOR]);
  loaded->multiprocessors = (uint32_t)values[MULTIPROCESSORS];
  loaded->accesses_host_memory = values[PAGEABLE] != 0;
  return result;
}

/* Fills in all but the list's fields. */
static int load(const cuda_driver *driver, const actinide_cuda_kernel *kernel, cuda_loaded *loaded) {
  uint32_t compute_capability;
  cuda_result result = ask_device(driver, loaded, &compute_capability);
  if (result != CUDA_OK) return actinide_cuda_status(result);
  cuda_module module;
  const int status = load_image(driver, kernel, compute_capability, &module);
  if (status != ACTINIDE_OK) return status;
  result = find_functions(driver, kernel, module, loaded->functions);
  if (result != CUDA_OK) driver->module_unload(module);
  return actinide_cuda_status(result);
}

/* As load, also while a stream is capturing: loading isn't part of what is captured. */
static int load_beside_capture(const cuda_driver *driver, const actinide_cuda_kernel *kernel, cuda_loaded *loaded) {
  int mode = CUDA_CAPTURE_RELAXED;
  const cuda_result result = driver->exchange_capture_mode(&mode);
  if (result != CUDA_OK) return actinide_cuda_status(result);
  const int status = load(driver, kernel, loaded);
  driver->exchange_capture_mode(&mode);
  return status;
}

/* Adds the current context to the list; the lock is held. */
static int add(const cuda_driver *driver, actinide_cuda_kernel *kernel, unsigned long long context_id) {
  cuda_loaded *loaded = malloc(sizeof *loaded + kernel->entry_count * sizeof loaded->functions[0]);
  if (loaded == NULL) return ACTINIDE_CUDA_FAILED; /* as the driver's own want of memory */
  const int status = load_beside_capture(driver, kernel, loaded);
  if (status != ACTINIDE_OK) {
    free(loaded);
    return status;
  }
  loaded->context_id = context_id;
  loaded->next = kernel->loaded;
  __atomic_store_n(&kernel->loaded, loaded, __ATOMIC_RELEASE);
  return ACTINIDE_OK;
}

static OUT_OF_LINE int load_once(const cuda_driver *driver, actinide_cuda_kernel *kernel,
                                 unsigned long long context_id) {
  static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&loading);
  const int status = find(kernel, context_id) != NULL ? ACTINIDE_OK : add(driver, kernel, context_id);
  pthread_mutex_unlock(&loading);
  return status;
}

int actinide_cuda_load(const cuda_driver *driver, actinide_cuda_kernel *kernel, unsigned long long context_id,
                       const cuda_loaded **loaded) {
  *loaded = find(kernel, context_id);
  if (UNLIKELY(*loaded == NULL)) {
    const int status = load_once(driver, kernel, context_id);
    if (status != ACTINIDE_OK) return status;
    *loaded = find(kernel, context_id);
  }
  return ACTINIDE_OK;
}
