// Sums over everything by blocks, so that several threads can share them: the blocks are a function of the number of
// elements alone, each is summed by itself, and their states are merged in order. The bits are those of one thread.
#pragma once

#include "lowering/kernel.h"

namespace actinide {

/// True if every output is a sum over all elements, which lie in one row (those of packed tensors don't).
bool sums_everything(const NumericKernel &kernel);

/// Such a kernel as two, both of rows. What lies between them are the words of the sums' states, f64 each.
struct BlockKernels {
  NumericKernel blocks;  ///< a row is a block: from the inputs to a state for each row
  NumericKernel merge;   ///< one row of states: to the outputs
};
BlockKernels by_blocks(const NumericKernel &kernel);

}  // namespace actinide
