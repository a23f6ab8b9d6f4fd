/* One call of a kernel of outer x channels x inner elements: check, choose, split along rows or channels, run. */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "blocks.h"
#include "branches.h"
#include "parallel.h"
#include "select.h"
#include "threads.h"
#include "visibility.h"

/* Channels that are neighbours in memory are computed in vectors: a chunk has a multiple of them. */
enum { CHANNEL_GRANULE = 64 };

/* Where a call may be divided: its rows, or its channels. */
typedef enum split_axis { SPLIT_ROWS, SPLIT_CHANNELS } split_axis;

typedef struct shaped_call {
  const actinide_kernel *kernel;
  actinide_kernel_function function;
  void *const *buffers;
  const double *parameters;
  actinide_shape shape;
  size_t strides[ACTINIDE_MAX_BUFFERS];
  split_axis axis;
  size_t units, chunk; /* of the axis */
} shaped_call;

static unsigned buffer_count(const actinide_kernel *kernel) {
  return (unsigned)kernel->inputs + kernel->outputs;
}

/* a * b, or SIZE_MAX where it doesn't fit. */
static size_t product(size_t a, size_t b) {
  size_t result;
  return __builtin_mul_overflow(a, b, &result) ? SIZE_MAX : result;
}

/* Elements of one row of the buffer. */
static size_t row_length(const shaped_call *call, unsigned buffer) {
  return product(product(call->shape.channels, call->shape.inner), call->kernel->layouts[buffer].parts);
}

/* From the first element of the buffer to the end of the last; SIZE_MAX where that can't be. */
static size_t span_of(const shaped_call *call, unsigned buffer) {
  const actinide_shape *shape = &call->shape;
  switch (call->kernel->layouts[buffer].along) {
    case ACTINIDE_ALONG_CHANNELS:
      return shape->channels;
    case ACTINIDE_ALONG_ROWS:
      return shape->outer;
    case ACTINIDE_ALONG_NOTHING:
      return 1;
    default:
      break;
  }
  const size_t row = row_length(call, buffer), before = product(shape->outer - 1, call->strides[buffer]);
  if (shape->outer == 0 || row == 0) return 0;
  return row == SIZE_MAX || before > SIZE_MAX - row ? SIZE_MAX : before + row;
}

/* A row's end doesn't lie in the next one; an index of a row and a distance fit what kernel functions take. */
static bool sizes_are_possible(const shaped_call *call) {
  if (call->shape.channels > LARGEST_CHUNK || call->shape.inner > LARGEST_CHUNK) return false;
  for (unsigned i = 0; i < buffer_count(call->kernel); ++i) {
    if (call->kernel->layouts[i].along != ACTINIDE_ALONG_ELEMENTS) continue;
    const size_t row = row_length(call, i);
    if (row > LARGEST_CHUNK || call->strides[i] < row || call->strides[i] > LARGEST_CHUNK) return false;
  }
  if (call->kernel->sum_words != 0) return call->shape.outer == 1 && call->shape.channels == 1;
  return call->axis == SPLIT_ROWS || call->shape.outer <= LARGEST_CHUNK;
}

/* The same elements in the same places. */
static bool is_same(const shaped_call *call, unsigned a, unsigned b) {
  const actinide_kernel *kernel = call->kernel;
  return call->buffers[a] == call->buffers[b] && kernel->element_bytes[a] == kernel->element_bytes[b] &&
         kernel->layouts[a].along == kernel->layouts[b].along && kernel->layouts[a].parts == kernel->layouts[b].parts &&
         call->strides[a] == call->strides[b];
}

static int check(const shaped_call *call) {
  const actinide_kernel *kernel = call->kernel;
  if (!sizes_are_possible(call)) return ACTINIDE_INVALID_SIZE;
  size_t bytes[ACTINIDE_MAX_BUFFERS];
  for (unsigned i = 0; i < buffer_count(kernel); ++i) {
    const size_t span = span_of(call, i);
    if (span > (size_t)PTRDIFF_MAX / kernel->element_bytes[i]) return ACTINIDE_INVALID_SIZE;
    bytes[i] = span * kernel->element_bytes[i];
    if (span > 0 && call->buffers[i] == NULL) return ACTINIDE_NULL_POINTER;
  }
  for (unsigned out = kernel->inputs; out < buffer_count(kernel); ++out) {
    for (unsigned i = 0; i < out; ++i) {
      if (bytes[out] == 0 || bytes[i] == 0) continue;
      if (!overlap(call->buffers[out], bytes[out], call->buffers[i], bytes[i])) continue;
      if (i >= kernel->inputs || !is_same(call, i, out)) return ACTINIDE_OVERLAP;
    }
  }
  return ACTINIDE_OK;
}

/* Elements between the buffer's first and that of unit `first` of the axis. */
static size_t offset_of(const shaped_call *call, unsigned buffer, size_t first) {
  const unsigned along = call->kernel->layouts[buffer].along;
  if (call->axis == SPLIT_ROWS) {
    if (along == ACTINIDE_ALONG_ELEMENTS) return first * call->strides[buffer];
    return along == ACTINIDE_ALONG_ROWS ? first : 0;
  }
  if (along == ACTINIDE_ALONG_ELEMENTS) return first * call->shape.inner;
  return along == ACTINIDE_ALONG_CHANNELS ? first : 0;
}

/* Units [begin, end) of the axis. */
static void run_units(const shaped_call *call, size_t begin, size_t end) {
  void *buffers[ACTINIDE_MAX_BUFFERS];
  int64_t sizes[ACTINIDE_MAX_SIZES];
  const int64_t count = (int64_t)(end - begin);
  for (unsigned i = 0; i < buffer_count(call->kernel); ++i) {
    const size_t bytes = offset_of(call, i, begin) * call->kernel->element_bytes[i];
    buffers[i] = bytes == 0 ? call->buffers[i] : (char *)call->buffers[i] + bytes;
    sizes[ACTINIDE_SIZE_STRIDES + i] = (int64_t)call->strides[i];
  }
  sizes[ACTINIDE_SIZE_OUTER] = call->axis == SPLIT_ROWS ? count : (int64_t)call->shape.outer;
  sizes[ACTINIDE_SIZE_CHANNELS] = call->axis == SPLIT_ROWS ? (int64_t)call->shape.channels : count;
  sizes[ACTINIDE_SIZE_INNER] = (int64_t)call->shape.inner;
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
  const actinide_shape *shape = &call->shape;
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
  shaped_call call = {kernel, function, buffers, parameters, *shape, {0}, axis_of(kernel, shape), 0, 0};
  for (unsigned i = 0; i < buffer_count(kernel); ++i) {
    if (kernel->layouts[i].along != ACTINIDE_ALONG_ELEMENTS) continue;
    call.strides[i] = strides ? strides[i] : row_length(&call, i);
  }
  const int status = check(&call);
  if (UNLIKELY(status != ACTINIDE_OK)) return status;
  if (kernel->sum_words == 0) {
    run(&call);
  } else {
    actinide_sum_by_blocks(kernel, function, buffers, shape->inner, parameters);
  }
  return ACTINIDE_OK;
}
