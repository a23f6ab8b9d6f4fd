/* sched_getaffinity is an extension of the GNU C library. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#else
#define _POSIX_C_SOURCE 200809L
#endif

#include "parallel.h"

#include "pool.h"
#include "rounding.h"
#include "visibility.h"

#include <stdlib.h>
#include <unistd.h>

/* CPUs that this process may use. */
static unsigned available_cpus(void) {
#if defined(__linux__)
  cpu_set_t set; /* fails with more than 1024 CPUs; then the count of those online serves */
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

/* ACTINIDE_THREADS, or 0 if it isn't a number from 1 to ACTINIDE_MAX_THREADS. */
static unsigned threads_of_environment(void) {
  const char *text = getenv("ACTINIDE_THREADS");
  if (text == NULL || text[0] < '0' || text[0] > '9') return 0;
  char *end;
  const unsigned long value = strtoul(text, &end, 10);
  return *end == '\0' && value <= ACTINIDE_MAX_THREADS ? (unsigned)value : 0;
}

static unsigned default_threads(void) {
  static unsigned cache; /* 0: not asked yet; a race of first calls stores the same value twice */
  unsigned threads = __atomic_load_n(&cache, __ATOMIC_RELAXED);
  if (threads != 0) return threads;
  threads = threads_of_environment();
  if (threads == 0) threads = available_cpus();
  if (threads > ACTINIDE_MAX_THREADS) threads = ACTINIDE_MAX_THREADS;
  __atomic_store_n(&cache, threads, __ATOMIC_RELAXED);
  return threads;
}

static unsigned chosen_threads; /* by actinide_set_threads; 0: the default */

ACTINIDE_PUBLIC int actinide_set_threads(unsigned threads) {
  if (threads > ACTINIDE_MAX_THREADS) return ACTINIDE_INVALID_SIZE;
  __atomic_store_n(&chosen_threads, threads, __ATOMIC_RELAXED);
  return ACTINIDE_OK;
}

ACTINIDE_PUBLIC unsigned actinide_threads(void) {
  const unsigned chosen = __atomic_load_n(&chosen_threads, __ATOMIC_RELAXED);
  return chosen != 0 ? chosen : default_threads();
}

static actinide_parallel_for custom_run; /* null: the pool */
static void *custom_user;

ACTINIDE_PUBLIC void actinide_set_parallel_for(actinide_parallel_for run, void *user) {
  __atomic_store_n(&custom_user, user, __ATOMIC_RELAXED);
  __atomic_store_n(&custom_run, run, __ATOMIC_RELEASE);
}

/* A task that any thread runs as the caller's would. */
typedef struct rounded_task {
  actinide_task task;
  void *context;
  uint64_t rounding; /* the caller's */
} rounded_task;

static void run_rounded(void *context, size_t index) {
  const rounded_task *rounded = context;
  const uint64_t own = get_rounding();
  set_rounding(rounded->rounding);
  rounded->task(rounded->context, index);
  set_rounding(own);
}

void actinide_parallel_run(actinide_task task, void *context, size_t count) {
  rounded_task rounded = {task, context, get_rounding()};
  const actinide_parallel_for run = __atomic_load_n(&custom_run, __ATOMIC_ACQUIRE);
  if (run != NULL) {
    run(run_rounded, &rounded, count, __atomic_load_n(&custom_user, __ATOMIC_RELAXED));
  } else {
    actinide_pool_run(run_rounded, &rounded, count, actinide_threads());
  }
}
