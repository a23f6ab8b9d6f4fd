/* Inside the runtime: one call of a CUDA kernel. */
#ifndef ACTINIDE_SRC_CUDA_CALL_H
#define ACTINIDE_SRC_CUDA_CALL_H

#include "actinide/kernel.h"

#include "cuda_driver.h"
#include "cuda_module.h"

#include <stdbool.h>

typedef struct cuda_call {
  actinide_cuda_kernel *kernel;
  void *const *buffers; /* inputs, then outputs; checked but for what CUDA asks; null: without elements */
  cuda_stream stream;
  /* By actinide_cuda_prepare. */
  const cuda_driver *driver;
  const cuda_loaded *loaded;
} cuda_call;

/* Whether this runtime understands the descriptor. */
bool actinide_cuda_understands(const actinide_cuda_kernel *kernel);

/* Checks alignment, context, stream and pointers, and loads the kernel in the current context. An actinide_status. */
int actinide_cuda_prepare(cuda_call *call);

/* Blocks for so many threads, at most 2^30, or as many as the kernel's schedule allows: a grid's limit is 2^31 - 1. */
unsigned actinide_cuda_grid(const cuda_call *call, const actinide_cuda_entry *entry, uint64_t threads);

/* Queues the entry of that number. An actinide_status. */
int actinide_cuda_launch(const cuda_call *call, uint32_t entry, unsigned grid, void **arguments);

#endif
