/* One call of a CUDA kernel of outer x channels x inner elements: check, find what is loaded, launch part after part.
 */
#include "actinide/kernel.h"

#include "actinide/runtime.h"

#include "arguments.h"
#include "blocks.h"
#include "branches.h"
#include "cuda_call.h"
#include "shape.h"
#include "visibility.h"

enum { MOST_POINTERS = ACTINIDE_MAX_BUFFERS + ACTINIDE_MAX_SUM_WORDS, WARP_BITS = 5 };

/* What one launch is given. */
typedef struct launch_arguments {
  cuda_pointer pointers[MOST_POINTERS];
  uint32_t extents[3]; /* outer, channels, inner */
  uint32_t strides[MOST_POINTERS];
  unsigned count; /* of pointers */
  const double *parameters;
} launch_arguments;

/* Whether threads may load and store so many elements at once: each row, part and channel begins at a multiple of as
 * many. */
static bool is_aligned(const shaped_tensors *tensors, const actinide_cuda_kernel *kernel,
                       const actinide_cuda_entry *entry) {
  uint32_t widest = 1;
  uintptr_t bits = 0;
  size_t steps = entry->inner_is_one || tensors->shape.channels <= 1 ? 0 : tensors->shape.inner;
  for (unsigned i = 0; i < tensors->count; ++i) {
    bits |= (uintptr_t)tensors->buffers[i];
    if (tensors->shape.outer > 1) steps |= tensors->strides[i];
    if (tensors->layouts[i].parts > 1) steps |= tensors->shape.inner;
    if (kernel->alignment[i] > widest) widest = kernel->alignment[i];
  }
  return (bits & (entry->alignment - 1)) == 0 && (steps & (entry->alignment / widest - 1)) == 0;
}

/* The first entry of the part, which begins with entry `first`, that serves; its last serves always. */
static uint32_t choose_entry(const shaped_tensors *tensors, const actinide_cuda_kernel *kernel, uint32_t first) {
  const actinide_cuda_entry *entries = kernel->entries;
  uint32_t entry = first;
  while (entry + 1 < kernel->entry_count && entries[entry + 1].part == entries[first].part) {
    const bool body_serves = !entries[entry].inner_is_one || tensors->shape.inner == 1;
    if (body_serves && is_aligned(tensors, kernel, &entries[entry])) break;
    ++entry;
  }
  return entry;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* What teams take, of an entry for these extents. */
static size_t units_of(const actinide_cuda_entry *entry, const uint32_t *extents) {
  const size_t outer = extents[0], channels = extents[1];
  switch (entry->teams) {
    case ACTINIDE_TEAMS_ROWS:
      return outer;
    case ACTINIDE_TEAMS_CHANNELS:
      return channels;
    case ACTINIDE_TEAMS_CHANNEL_PIECES:
      return (channels + ACTINIDE_CUDA_WARP - 1) / ACTINIDE_CUDA_WARP;
    case ACTINIDE_TEAMS_ONE:
      return 1;
    default:
      return entry->inner_is_one ? outer : smaller(product(outer, channels), LARGEST_CHUNK);
  }
}

/* Teams of elements: as small as a warp, so that few threads of a short row are idle, but enough threads in all to keep
 * the device busy. */
static uint32_t bits_of_teams(const cuda_call *call, const actinide_cuda_entry *entry, const uint32_t *extents,
                              size_t units) {
  enum { MULTIPROCESSOR_THREADS = 2048 };
  if (entry->teams != ACTINIDE_TEAMS_ELEMENTS) return WARP_BITS;
  const size_t row = entry->inner_is_one ? extents[1] : extents[2];
  const size_t turns = (row + entry->thread_elements - 1) / entry->thread_elements;
  const size_t busy = (size_t)MULTIPROCESSOR_THREADS * call->loaded->multiprocessors;
  uint32_t bits = 0;
  while (((size_t)1 << bits) < turns && (bits < WARP_BITS || product(units, (size_t)1 << bits) < busy)) ++bits;
  return bits;
}

static int launch(const cuda_call *call, uint32_t entry_number, launch_arguments *given) {
  const actinide_cuda_entry *entry = &call->kernel->entries[entry_number];
  const size_t units = units_of(entry, given->extents);
  uint32_t team_bits = bits_of_teams(call, entry, given->extents, units);
  void *arguments[2 * MOST_POINTERS + 3 + 1 + ACTINIDE_CUDA_MAX_PARAMETERS];
  void **next = arguments;
  for (unsigned i = 0; i < given->count; ++i) *next++ = &given->pointers[i];
  for (unsigned i = 0; i < 3; ++i) *next++ = &given->extents[i];
  for (unsigned i = 0; i < given->count; ++i) *next++ = &given->strides[i];
  *next++ = &team_bits;
  for (unsigned i = 0; i < call->kernel->parameters; ++i) *next++ = (void *)&given->parameters[i];
  const size_t threads = smaller(product(units, (size_t)1 << team_bits), LARGEST_CHUNK);
  if (threads == 0) return ACTINIDE_OK;
  return actinide_cuda_launch(call, entry_number, actinide_cuda_grid(call, entry, threads), arguments);
}

/* All rows through one part of the kernel. */
static int launch_part(const cuda_call *call, const shaped_tensors *tensors, const double *parameters, uint32_t entry) {
  launch_arguments given = {.count = tensors->count, .parameters = parameters};
  given.extents[1] = (uint32_t)tensors->shape.channels;
  given.extents[2] = (uint32_t)tensors->shape.inner;
  for (unsigned i = 0; i < tensors->count; ++i) given.strides[i] = (uint32_t)tensors->strides[i];
  size_t row = 0;
  do {
    given.extents[0] = (uint32_t)smaller(tensors->shape.outer - row, LARGEST_CHUNK);
    for (unsigned i = 0; i < tensors->count; ++i) {
      const uint64_t skipped = (uint64_t)offset_of_row(tensors, i, row) * tensors->element_bytes[i];
      given.pointers[i] = (uintptr_t)tensors->buffers[i] + skipped;
    }
    const int status = launch(call, entry, &given);
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
    row += given.extents[0];
  } while (row < tensors->shape.outer);
  return ACTINIDE_OK;
}

static int launch_parts(const cuda_call *call, const shaped_tensors *tensors, const double *parameters) {
  const actinide_cuda_kernel *kernel = call->kernel;
  uint32_t first = 0;
  while (first < kernel->entry_count) {
    const int status = launch_part(call, tensors, parameters, choose_entry(tensors, kernel, first));
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
    const uint32_t part = kernel->entries[first].part;
    while (first < kernel->entry_count && kernel->entries[first].part == part) ++first;
  }
  return ACTINIDE_OK;
}

/* Part 0 makes the states of the blocks, part 1 merges them: see blocks.h. */
static int sum_by_blocks(const cuda_call *call, cuda_pointer states, size_t n, const double *parameters) {
  const actinide_cuda_kernel *kernel = call->kernel;
  const unsigned inputs = kernel->inputs, words = kernel->sum_words;
  const size_t block = actinide_block_length(n), whole = n / block, blocks = (n + block - 1) / block;
  launch_arguments given = {.count = inputs + words, .parameters = parameters};
  for (size_t first = 0; first < blocks;) {
    const size_t rows = first < whole ? whole : 1, length = first < whole ? block : n - whole * block;
    given.extents[0] = (uint32_t)rows;
    given.extents[1] = 1;
    given.extents[2] = (uint32_t)length;
    for (unsigned i = 0; i < given.count; ++i) {
      const uint64_t skipped = (uint64_t)first * block * kernel->element_bytes[i < inputs ? i : 0];
      given.pointers[i] = i < inputs ? (uintptr_t)call->buffers[i] + skipped
                                     : states + ((i - inputs) * MOST_BLOCKS + first) * sizeof(double);
      given.strides[i] = (uint32_t)block;
    }
    const int status = launch(call, 0, &given);
    if (UNLIKELY(status != ACTINIDE_OK)) return status;
    first += rows;
  }
  given.count = words + kernel->outputs;
  given.extents[0] = given.extents[1] = 1;
  given.extents[2] = (uint32_t)blocks;
  for (unsigned i = 0; i < given.count; ++i) {
    given.pointers[i] =
        i < words ? states + i * MOST_BLOCKS * sizeof(double) : (uintptr_t)call->buffers[inputs + i - words];
    given.strides[i] = MOST_BLOCKS;
  }
  return launch(call, 1, &given);
}

/* The same with memory of its own on the stream. */
static int sum(const cuda_call *call, size_t n, const double *parameters) {
  const cuda_driver *driver = call->driver;
  if (driver->allocate_on_stream == NULL || driver->free_on_stream == NULL) return ACTINIDE_CUDA_OLD_DRIVER;
  cuda_pointer states;
  const size_t bytes = (size_t)call->kernel->sum_words * MOST_BLOCKS * sizeof(double);
  int status = actinide_cuda_status(driver->allocate_on_stream(&states, bytes, call->stream));
  if (UNLIKELY(status != ACTINIDE_OK)) return status;
  status = sum_by_blocks(call, states, n, parameters);
  const int freed = actinide_cuda_status(driver->free_on_stream(states, call->stream));
  return status != ACTINIDE_OK ? status : freed;
}

/* Whether an output sums over rows, which therefore stay together. */
static bool gathers(const actinide_cuda_kernel *kernel) {
  for (unsigned i = kernel->inputs; i < (unsigned)kernel->inputs + kernel->outputs; ++i) {
    const unsigned along = kernel->layouts[i].along;
    if (along == ACTINIDE_ALONG_CHANNELS || along == ACTINIDE_ALONG_NOTHING) return true;
  }
  return false;
}

/* The buffers; null for those without elements, whose pointers say nothing. */
static void find_present(const shaped_tensors *tensors, void **present) {
  for (unsigned i = 0; i < tensors->count; ++i)
    present[i] = actinide_span_of(tensors, i) > 0 ? tensors->buffers[i] : NULL;
}

ACTINIDE_PUBLIC int actinide_cuda_shaped_kernel_run(actinide_cuda_kernel *kernel, void *const *buffers,
                                                    const actinide_shape *shape, const size_t *strides,
                                                    const double *parameters, void *stream) {
  if (!actinide_cuda_understands(kernel) || !kernel->shaped) return ACTINIDE_INCOMPATIBLE;
  const unsigned count = (unsigned)kernel->inputs + kernel->outputs;
  const bool sums_rows = gathers(kernel);
  shaped_tensors tensors = {
      kernel->element_bytes, kernel->layouts, buffers, kernel->inputs, count, walked_shape(shape, sums_rows), {0}};
  actinide_set_strides(&tensors, strides);
  const bool sums_all = kernel->sum_words != 0;
  if (sums_all && (shape->outer != 1 || shape->channels != 1)) return ACTINIDE_INVALID_SIZE;
  int status = actinide_check_shaped(&tensors, sums_rows);
  if (UNLIKELY(status != ACTINIDE_OK) || !actinide_writes(&tensors)) return status;
  void *present[ACTINIDE_MAX_BUFFERS];
  find_present(&tensors, present);
  tensors.buffers = present;
  cuda_call call = {kernel, present, stream, NULL, NULL};
  if ((status = actinide_cuda_prepare(&call)) != ACTINIDE_OK) return status;
  return sums_all ? sum(&call, shape->inner, parameters) : launch_parts(&call, &tensors, parameters);
}
