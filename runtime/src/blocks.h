/* Inside the runtime: sums over all elements. */
#ifndef ACTINIDE_SRC_BLOCKS_H
#define ACTINIDE_SRC_BLOCKS_H

#include "actinide/kernel.h"

/* The elements are cut into blocks, which are a function of their number alone; each block is summed by itself, and
   their states are merged in order. So the bits are the same for any number of threads, on any machine. */
enum {
  /* More than the threads that share a sum, by enough for a thread that is held up. Their states take 16 KiB at most.
   */
  MOST_BLOCKS = 128,
  /* Elements: what it takes to merge one more block is small beside them. Also what larger blocks are multiples of. */
  LEAST_BLOCK = 4096,
};

/* Elements of every block but the last, which may have fewer. */
static inline size_t actinide_block_length(size_t n) {
  const size_t units = (n + LEAST_BLOCK - 1) / LEAST_BLOCK;
  return units <= MOST_BLOCKS ? LEAST_BLOCK : (units + MOST_BLOCKS - 1) / MOST_BLOCKS * LEAST_BLOCK;
}

/* Runs a kernel with sum_words, whose merge is selected, on n elements, several threads sharing the work if that pays.
   The arguments are checked. */
void actinide_sum_by_blocks(const actinide_kernel *kernel, actinide_kernel_function function, void *const *buffers,
                            size_t n, const double *parameters);

#endif
