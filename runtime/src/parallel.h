/* Inside the runtime: how many threads, and who runs them. */
#ifndef ACTINIDE_SRC_PARALLEL_H
#define ACTINIDE_SRC_PARALLEL_H

#include "actinide/runtime.h"

enum { ACTINIDE_MAX_THREADS = 1024 };

/* Calls task(context, i) once for each i in [0, count), count <= UINT16_MAX, on the pool or on what the user put in its
   place; returns when all are done. */
void actinide_parallel_run(actinide_task task, void *context, size_t count);

#endif
