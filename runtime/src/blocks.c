/* Sums over all elements by blocks, which several threads share. */
#include "blocks.h"

#include "parallel.h"
#include "select.h"
#include "threads.h"

typedef struct block_call {
  const actinide_kernel *kernel;
  actinide_kernel_function function;
  void *const *buffers;
  const double *parameters;
  size_t n, block; /* elements; of every block but the last, which may have fewer */
  size_t blocks, chunk;
  double (*states)[MOST_BLOCKS]; /* of each word those of all blocks */
} block_call;

/* Blocks [first, first + rows), all of `length` elements. */
static void sum_rows(const block_call *call, size_t first, size_t rows, size_t length) {
  const unsigned inputs = call->kernel->inputs, count = inputs + call->kernel->sum_words;
  void *buffers[ACTINIDE_MAX_BUFFERS + ACTINIDE_MAX_SUM_WORDS];
  int64_t sizes[ACTINIDE_MAX_SIZES + ACTINIDE_MAX_SUM_WORDS];
  sizes[ACTINIDE_SIZE_OUTER] = (int64_t)rows;
  sizes[ACTINIDE_SIZE_CHANNELS] = 1;
  sizes[ACTINIDE_SIZE_INNER] = (int64_t)length;
  for (unsigned i = 0; i < count; ++i) {
    if (i < inputs) {
      buffers[i] = (char *)call->buffers[i] + first * call->block * call->kernel->element_bytes[i];
    } else {
      buffers[i] = &call->states[i - inputs][first];
    }
    sizes[ACTINIDE_SIZE_STRIDES + i] = (int64_t)call->block;
  }
  call->function(buffers, sizes, call->parameters);
}

static void run_chunk(void *context, size_t index) {
  const block_call *call = context;
  const size_t begin = index * call->chunk, rest = call->blocks - begin;
  const size_t end = begin + (call->chunk < rest ? call->chunk : rest), whole = call->n / call->block;
  const size_t end_of_whole = end < whole ? end : whole;
  if (begin < end_of_whole) sum_rows(call, begin, end_of_whole - begin, call->block);
  if (end > whole) sum_rows(call, whole, 1, call->n - whole * call->block);
}

static void merge(const block_call *call) {
  const unsigned words = call->kernel->sum_words, count = words + call->kernel->outputs;
  void *buffers[ACTINIDE_MAX_BUFFERS + ACTINIDE_MAX_SUM_WORDS];
  int64_t sizes[ACTINIDE_MAX_SIZES + ACTINIDE_MAX_SUM_WORDS];
  sizes[ACTINIDE_SIZE_OUTER] = 1;
  sizes[ACTINIDE_SIZE_CHANNELS] = 1;
  sizes[ACTINIDE_SIZE_INNER] = (int64_t)call->blocks;
  for (unsigned i = 0; i < count; ++i) {
    buffers[i] = i < words ? call->states[i] : call->buffers[call->kernel->inputs + i - words];
    sizes[ACTINIDE_SIZE_STRIDES + i] = MOST_BLOCKS;
  }
  actinide_selected_variant(call->kernel)->merge(buffers, sizes, call->parameters);
}

void actinide_sum_by_blocks(const actinide_kernel *kernel, actinide_kernel_function function, void *const *buffers,
                            size_t n, const double *parameters) {
  double states[ACTINIDE_MAX_SUM_WORDS][MOST_BLOCKS];
  block_call call = {kernel, function, buffers, parameters, n, 0, 0, 0, states};
  call.block = actinide_block_length(n);
  call.blocks = (n + call.block - 1) / call.block;
  const size_t threads = actinide_threads_for(n, kernel->cost);
  const size_t wanted = threads < 2 ? 1 : threads * CHUNKS_OF_A_THREAD;
  call.chunk = (call.blocks + wanted - 1) / wanted;
  if (call.chunk >= call.blocks) {
    if (call.blocks > 0) run_chunk(&call, 0);
  } else {
    actinide_parallel_run(run_chunk, &call, (call.blocks + call.chunk - 1) / call.chunk);
  }
  merge(&call);
}
