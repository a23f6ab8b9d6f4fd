/* Inside the runtime: a kernel's PTX in each context that calls it. */
#ifndef ACTINIDE_SRC_CUDA_MODULE_H
#define ACTINIDE_SRC_CUDA_MODULE_H

#include "actinide/kernel.h"

#include "cuda_driver.h"

#include <stdbool.h>

/* Immutable once others see it. */
typedef struct cuda_loaded {
  struct cuda_loaded *next;
  unsigned long long context_id;
  uint32_t multiprocessors;
  bool accesses_host_memory; /* the device can access any memory of the process */
  cuda_function functions[]; /* of each entry of the kernel */
} cuda_loaded;

/* What `kernel` has in the current context, whose number is context_id; loads it at the first call. Thread-safe.
   Returns an actinide_status; on an error nothing is kept and the next call tries again. */
int actinide_cuda_load(const cuda_driver *driver, actinide_cuda_kernel *kernel, unsigned long long context_id,
                       const cuda_loaded **loaded);

#endif
