/* One call of a kernel: check, choose, split, run. Small calls take the straight path through actinide_kernel_run,
   which costs a few nanoseconds; everything rare is out of line. */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "branches.h"
#include "parallel.h"
#include "select.h"
#include "threads.h"
#include "visibility.h"

#include <stdbool.h>

enum {
  /* Chunks are multiples of this many elements: of a cache line and of every vector, so that only the last chunk has a
     tail. */
  GRANULE = 256,
};

/* One call, split in chunks of `chunk` elements, which lie on cache lines of the first output where its alignment
   allows it, behind the `lead` elements before the first line. */
typedef struct split_call {
  const actinide_kernel *kernel;
  actinide_kernel_function function;
  void *const *buffers;
  const double *parameters;
  size_t n, chunk, lead;
  bool streams; /* the chunks */
} split_call;

/* Elements [begin, end), in pieces that a kernel function takes. */
static void run_range(const split_call *call, size_t begin, size_t end, bool streams) {
  const unsigned count = (unsigned)call->kernel->inputs + call->kernel->outputs;
  void *buffers[ACTINIDE_MAX_BUFFERS];
  while (begin < end) {
    const size_t size = end - begin < LARGEST_CHUNK ? end - begin : LARGEST_CHUNK;
    for (unsigned i = 0; i < count; ++i) {
      buffers[i] = (char *)call->buffers[i] + begin * call->kernel->element_bytes[i];
    }
    const int64_t sizes[ACTINIDE_ELEMENT_SIZES] = {(int64_t)size, streams};
    call->function(buffers, sizes, call->parameters);
    begin += size;
  }
}

static void run_chunk(void *context, size_t index) {
  const split_call *call = context;
  if (index == 0) run_range(call, 0, call->lead, false);
  const size_t begin = index * call->chunk + call->lead, rest = call->n - begin;
  run_range(call, begin, begin + (call->chunk < rest ? call->chunk : rest), call->streams);
}

/* Elements before the first cache line of `buffer`; 0 if its elements straddle the lines. */
static size_t elements_to_line(const void *buffer, size_t element_bytes) {
  const size_t bytes = (0 - (uintptr_t)buffer) % ACTINIDE_CACHE_LINE;
  return bytes % element_bytes == 0 ? bytes / element_bytes : 0;
}

/* Whether the caches, which couldn't hold the tensors, are better left alone. A line that has been read is at hand to
   be written: a call in place doesn't stream. */
static bool pays_to_stream(const split_call *call, const actinide_variant *variant) {
  const actinide_kernel *kernel = call->kernel;
  if (variant->stream_bytes == 0) return false;
  uint64_t element_bytes = 0;
  for (unsigned i = 0; i < (unsigned)kernel->inputs + kernel->outputs; ++i) element_bytes += kernel->element_bytes[i];
  if (call->n < variant->stream_bytes / element_bytes) return false;
  for (unsigned out = kernel->inputs; out < (unsigned)kernel->inputs + kernel->outputs; ++out) {
    const uintptr_t first = (uintptr_t)call->buffers[out] + call->lead * kernel->element_bytes[out];
    if (first % ACTINIDE_CACHE_LINE != 0) return false;
    for (unsigned in = 0; in < kernel->inputs; ++in) {
      if (call->buffers[in] == call->buffers[out]) return false;
    }
  }
  return true;
}

/* A call that is long enough for several threads, or too long for one call of the kernel function. */
static OUT_OF_LINE void run_split(const actinide_kernel *kernel, actinide_kernel_function function,
                                  void *const *buffers, size_t n, const double *parameters) {
  split_call call = {kernel, function, buffers, parameters, n, n, 0, false};
  const size_t lead = elements_to_line(buffers[kernel->inputs], kernel->element_bytes[kernel->inputs]);
  if (lead < n) call.lead = lead;
  call.streams = pays_to_stream(&call, actinide_selected_variant(kernel));
  const size_t threads = actinide_threads_for(n, kernel->cost);
  if (threads < 2) {
    run_chunk(&call, 0);
    return;
  }
  const size_t wanted = threads * CHUNKS_OF_A_THREAD;
  call.chunk = (n / wanted + GRANULE) / GRANULE * GRANULE;
  actinide_parallel_run(run_chunk, &call, (n - call.lead + call.chunk - 1) / call.chunk);
}

ACTINIDE_PUBLIC int actinide_kernel_run(actinide_kernel *kernel, void *const *buffers, size_t n,
                                        const double *parameters) {
  if (UNLIKELY(n == 0)) return ACTINIDE_OK;
  actinide_kernel_function function = __atomic_load_n(&kernel->selected, __ATOMIC_RELAXED);
  if (UNLIKELY(function == NULL)) {
    const int status = actinide_select(kernel);
    if (status != ACTINIDE_OK) return status;
    function = __atomic_load_n(&kernel->selected, __ATOMIC_RELAXED);
  }
  const int status = check_buffers(kernel->element_bytes, kernel->inputs, kernel->outputs, buffers, n);
  if (UNLIKELY(status != ACTINIDE_OK)) return status;
  if (UNLIKELY(n > LARGEST_CHUNK || (uint64_t)n * kernel->cost >= 2 * (uint64_t)WORK_OF_A_THREAD)) {
    run_split(kernel, function, buffers, n, parameters);
    return ACTINIDE_OK;
  }
  const int64_t sizes[ACTINIDE_ELEMENT_SIZES] = {(int64_t)n, false};
  function(buffers, sizes, parameters);
  return ACTINIDE_OK;
}
