/* Inside the runtime: sums over all elements. */
#ifndef ACTINIDE_SRC_BLOCKS_H
#define ACTINIDE_SRC_BLOCKS_H

#include "actinide/kernel.h"

/* Runs a kernel with sum_words, whose merge is selected, on n elements, several threads sharing the work if that pays.
   The arguments are checked. */
void actinide_sum_by_blocks(const actinide_kernel *kernel, actinide_kernel_function function, void *const *buffers,
                            size_t n, const double *parameters);

#endif
