/* Inside the runtime: the runtime's own threads. */
#ifndef ACTINIDE_SRC_POOL_H
#define ACTINIDE_SRC_POOL_H

#include "actinide/runtime.h"

/* Calls task(context, i) once for each i in [0, count), count <= UINT16_MAX, on at most `threads` threads, the caller
   included. Whatever prevents the use of other threads (none can be made, the pool serves another caller) only makes it
   slower. */
void actinide_pool_run(actinide_task task, void *context, size_t count, unsigned threads);

#endif
