/* Inside the runtime: how many threads a call is worth. */
#ifndef ACTINIDE_SRC_THREADS_H
#define ACTINIDE_SRC_THREADS_H

#include "actinide/runtime.h"

enum {
  /* Work that a thread must have to be worth waking, in the unit of actinide_kernel::cost (1/1024 ns): 20 us. Waking a
     sleeping thread takes 5 to 50 us; with less work than that for each, one thread is done before the others have
     begun. */
  WORK_OF_A_THREAD = 20 * 1000 * 1024,
  /* Chunks for each thread: a thread that is held up costs a quarter of its share. */
  CHUNKS_OF_A_THREAD = 4,
};

/* `cost` of an element. */
static inline size_t actinide_threads_for(size_t elements, uint32_t cost) {
  const size_t work = elements > SIZE_MAX / (cost | 1) ? SIZE_MAX : elements * cost;
  const size_t threads_fed = work / WORK_OF_A_THREAD, threads_allowed = actinide_threads();
  return threads_fed < threads_allowed ? threads_fed : threads_allowed;
}

#endif
