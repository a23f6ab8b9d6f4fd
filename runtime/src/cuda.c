/* One call of an element-wise CUDA kernel: check, find what is loaded, launch. */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "branches.h"
#include "cuda_call.h"
#include "visibility.h"

/* The first entry that the buffers are aligned for; the last fits all. */
static uint32_t choose_entry(const actinide_cuda_kernel *kernel, void *const *buffers, unsigned count) {
  uintptr_t bits = 0;
  for (unsigned i = 0; i < count; ++i) bits |= (uintptr_t)buffers[i];
  uint32_t entry = 0;
  while (entry + 1 < kernel->entry_count && (bits & (kernel->entries[entry].alignment - 1)) != 0) ++entry;
  return entry;
}

static int launch(const cuda_call *call, size_t n, const double *parameters) {
  const actinide_cuda_kernel *kernel = call->kernel;
  const unsigned count = (unsigned)kernel->inputs + kernel->outputs;
  const uint32_t chosen = choose_entry(kernel, call->buffers, count);
  const actinide_cuda_entry *entry = &kernel->entries[chosen];
  cuda_pointer pointers[ACTINIDE_MAX_BUFFERS];
  uint32_t size;
  void *arguments[ACTINIDE_MAX_BUFFERS + 1 + ACTINIDE_CUDA_MAX_PARAMETERS];
  void **next = arguments;
  for (unsigned i = 0; i < count; ++i) {
    pointers[i] = (uintptr_t)call->buffers[i];
    *next++ = &pointers[i];
  }
  *next++ = &size;
  for (unsigned i = 0; i < kernel->parameters; ++i) *next++ = (void *)&parameters[i];

  for (size_t rest = n; rest > 0; rest -= size) {
    size = rest < LARGEST_CHUNK ? (uint32_t)rest : LARGEST_CHUNK;
    const uint32_t turn = entry->thread_elements;
    const int status =
        actinide_cuda_launch(call, chosen, actinide_cuda_grid(call, entry, (size + turn - 1) / turn), arguments);
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
    for (unsigned i = 0; i < count; ++i) pointers[i] += (uint64_t)size * kernel->element_bytes[i];
  }
  return ACTINIDE_OK;
}

ACTINIDE_PUBLIC int actinide_cuda_kernel_run(actinide_cuda_kernel *kernel, void *const *buffers, size_t n,
                                             const double *parameters, void *stream) {
  if (n == 0) return ACTINIDE_OK;
  if (!actinide_cuda_understands(kernel)) return ACTINIDE_INCOMPATIBLE;
  cuda_call call = {kernel, buffers, stream, NULL, NULL};
  int status = check_buffers(kernel->element_bytes, kernel->inputs, kernel->outputs, buffers, n);
  if (UNLIKELY(status != ACTINIDE_OK)) return status;
  if ((status = actinide_cuda_prepare(&call)) != ACTINIDE_OK) return status;
  return launch(&call, n, parameters);
}
