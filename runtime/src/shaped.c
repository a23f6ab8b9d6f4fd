/* One call of a kernel of outer x channels x inner elements: check, choose, split along rows or channels, run. */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "blocks.h"
#include "branches.h"
#include "parallel.h"
#include "select.h"
#include "shape.h"
#include "threads.h"
#include "visibility.h"

/* Channels that are neighbours in memory are computed in vectors: a chunk has a multiple of them. */
enum { CHANNEL_GRANULE = 64 };

/* Where a call may be divided: its rows, or its channels. */
typedef enum split_axis { SPLIT_ROWS, SPLIT_CHANNELS } split_axis;

typedef struct shaped_call {
  const actinide_kernel *kernel;
  actinide_kernel_function function;
  const double *parameters;
  shaped_tensors tensors;
  split_axis axis;
  size_t units, chunk; /* of the axis */
} shaped_call;

/* Elements between the buffer's first and that of unit `first` of the axis. */
static size_t offset_of(const shaped_call *call, unsigned buffer, size_t first) {
  if (call->axis == SPLIT_ROWS) return offset_of_row(&call->tensors, buffer, first);
  const unsigned along = call->tensors.layouts[buffer].along;
  if (along == ACTINIDE_ALONG_ELEMENTS) return first * call->tensors.shape.inner;
  return along == ACTINIDE_ALONG_CHANNELS ? first : 0;
}

/* Units [begin, end) of the axis. */
static void run_units(const shaped_call *call, size_t begin, size_t end) {
  const shaped_tensors *tensors = &call->tensors;
  void *buffers[ACTINIDE_MAX_BUFFERS];
  int64_t sizes[ACTINIDE_MAX_SIZES];
  const int64_t count = (int64_t)(end - begin);
  for (unsigned i = 0; i < tensors->count; ++i) {
    const size_t bytes = offset_of(call, i, begin) * tensors->element_bytes[i];
    buffers[i] = bytes == 0 ? tensors->buffers[i] : (char *)tensors->buffers[i] + bytes;
    sizes[ACTINIDE_SIZE_STRIDES + i] = (int64_t)tensors->strides[i];
  }
  sizes[ACTINIDE_SIZE_OUTER] = call->axis == SPLIT_ROWS ? count : (int64_t)tensors->shape.outer;
  sizes[ACTINIDE_SIZE_CHANNELS] = call->axis == SPLIT_ROWS ? (int64_t)tensors->shape.channels : count;
  sizes[ACTINIDE_SIZE_INNER] = (int64_t)tensors->shape.inner;
  call->function(buffers, sizes, call->parameters);
}

static void run_chunk(void *context, size_t index) {
  const shaped_call *call = context;
  const size_t begin = index * call->chunk, rest = call->units - begin;
  run_units(call, begin, begin + (call->chunk < rest ? call->chunk : rest));
}

/* Rows, unless they must stay together or there are too few of them for every thread. */
static split_axis axis_of(const actinide_kernel *kernel, const actinide_shape *shape) {
  if (kernel->gathers) return SPLIT_CHANNELS;
  return shape->outer < actinide_threads() && shape->channels > shape->outer ? SPLIT_CHANNELS : SPLIT_ROWS;
}

static void run(shaped_call *call) {
  const actinide_shape *shape = &call->tensors.shape;
  call->units = call->axis == SPLIT_ROWS ? shape->outer : shape->channels;
  const size_t elements = product(product(shape->outer, shape->channels), shape->inner);
  const size_t threads = actinide_threads_for(elements, call->kernel->cost);
  const size_t wanted = threads < 2 ? 1 : threads * CHUNKS_OF_A_THREAD;
  call->chunk = (call->units + wanted - 1) / wanted;
  if (wanted > 1 && call->axis == SPLIT_CHANNELS && shape->inner == 1)
    call->chunk = (call->chunk + CHANNEL_GRANULE - 1) / CHANNEL_GRANULE * CHANNEL_GRANULE;
  if (call->chunk > LARGEST_CHUNK) call->chunk = LARGEST_CHUNK;
  if (call->chunk >= call->units) {
    run_units(call, 0, call->units);
  } else if (threads < 2) {
    for (size_t i = 0; i * call->chunk < call->units; ++i) run_chunk(call, i);
  } else {
    actinide_parallel_run(run_chunk, call, (call->units + call->chunk - 1) / call->chunk);
  }
}

ACTINIDE_PUBLIC int actinide_shaped_kernel_run(actinide_kernel *kernel, void *const *buffers,
                                               const actinide_shape *shape, const size_t *strides,
                                               const double *parameters) {
  actinide_kernel_function function = __atomic_load_n(&kernel->selected, __ATOMIC_ACQUIRE);
  if (UNLIKELY(function == NULL)) {
    const int status = actinide_select(kernel);
    if (status != ACTINIDE_OK) return status;
    function = __atomic_load_n(&kernel->selected, __ATOMIC_ACQUIRE);
  }
  const unsigned count = (unsigned)kernel->inputs + kernel->outputs;
  shaped_call call = {kernel,
                      function,
                      parameters,
                      {kernel->element_bytes,
                       kernel->layouts,
                       buffers,
                       kernel->inputs,
                       count,
                       walked_shape(shape, kernel->gathers),
                       {0}},
                      axis_of(kernel, shape),
                      0,
                      0};
  actinide_set_strides(&call.tensors, strides);
  if (kernel->sum_words != 0 && (shape->outer != 1 || shape->channels != 1)) return ACTINIDE_INVALID_SIZE;
  const int status = actinide_check_shaped(&call.tensors, call.axis != SPLIT_ROWS);
  if (UNLIKELY(status != ACTINIDE_OK) || !actinide_writes(&call.tensors)) return status;
  if (kernel->sum_words == 0) {
    run(&call);
  } else {
    actinide_sum_by_blocks(kernel, function, buffers, shape->inner, parameters);
  }
  return ACTINIDE_OK;
}
