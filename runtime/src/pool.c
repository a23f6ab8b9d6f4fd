/* The runtime's own threads. They are made at the first parallel call and sleep between calls.
 *
 * One job runs at a time. Its tasks are claimed one by one through `ticket`, a single word that holds the job's number,
 * its count of tasks and the next task; the caller claims too, and is done when every task is. So nothing depends on a
 * worker: one that wakes late, or never (after fork, or when no thread could be made), only leaves more to the others.
 *
 * A worker reads the job's fields, then claims by compare-and-swap of the whole ticket. If that succeeds, a task of
 * this very job was unclaimed until now, so the job wasn't finished, so its fields hadn't been overwritten by the next
 * job when they were read.
 */
/* pthread_sigmask is POSIX, not C. */
#define _POSIX_C_SOURCE 200809L

#include "pool.h"

#include "parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("yield")
#else
#define RELAX() ((void)0)
#endif

enum {
  /* Spins before a thread sleeps: some 20 us, about what falling asleep and waking cost. Kernels often follow each
     other closely. */
  SPINS = 512,
  WORKER_BYTES = 128, /* a worker's state fills whole cache lines */
};

typedef union worker {
  struct {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards `asleep` */
    pthread_cond_t wake;
    bool asleep;
  };
  char padding[WORKER_BYTES];
} worker;

static struct {
  bool busy; /* a job runs or the pool changes; whoever set it owns everything but the ticket and the workers' states */

  /* The job: number in bits 32.., count of tasks in bits 16..31, next task in bits 0..15. */
  uint64_t ticket;
  actinide_task task;
  void *context;
  unsigned helpers; /* workers 1..helpers may claim */
  size_t done;      /* tasks that have returned */

  pthread_mutex_t mutex; /* for `finished` */
  pthread_cond_t finished;

  worker *workers; /* [1..started]; number 0 is the caller */
  unsigned started;
  bool prepared; /* the fork handler is installed and `workers` allocated, or that failed */
  bool stopping;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER};

static bool open_tasks(uint64_t ticket) {
  return (ticket & 0xFFFF) < (ticket >> 16 & 0xFFFF);
}

/* Claims and runs tasks until none is left. Worker `self` leaves jobs alone that are meant for fewer threads. */
static void help(unsigned self) {
  uint64_t ticket = __atomic_load_n(&pool.ticket, __ATOMIC_ACQUIRE);
  while (open_tasks(ticket)) {
    const actinide_task task = __atomic_load_n(&pool.task, __ATOMIC_RELAXED);
    void *const context = __atomic_load_n(&pool.context, __ATOMIC_RELAXED);
    if (self > __atomic_load_n(&pool.helpers, __ATOMIC_ACQUIRE)) return;
    if (!__atomic_compare_exchange_n(&pool.ticket, &ticket, ticket + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      continue;
    task(context, ticket & 0xFFFF);
    const size_t count = ticket >> 16 & 0xFFFF;
    if (__atomic_add_fetch(&pool.done, 1, __ATOMIC_ACQ_REL) == count && self != 0) {
      pthread_mutex_lock(&pool.mutex);
      pthread_cond_signal(&pool.finished);
      pthread_mutex_unlock(&pool.mutex);
    }
    ticket = __atomic_load_n(&pool.ticket, __ATOMIC_ACQUIRE);
  }
}

static bool has_work(unsigned self) {
  return open_tasks(__atomic_load_n(&pool.ticket, __ATOMIC_ACQUIRE)) &&
         self <= __atomic_load_n(&pool.helpers, __ATOMIC_ACQUIRE);
}

static bool stopping(void) {
  return __atomic_load_n(&pool.stopping, __ATOMIC_ACQUIRE);
}

static void wake(worker *sleeper) {
  pthread_mutex_lock(&sleeper->mutex);
  const bool asleep = sleeper->asleep;
  pthread_mutex_unlock(&sleeper->mutex);
  if (asleep) pthread_cond_signal(&sleeper->wake);
}

/* Wakes the two children of thread `self`: the threads wake each other as a binary tree, the last one after
 * log2(helpers) steps. */
static void wake_children(unsigned self) {
  const unsigned helpers = __atomic_load_n(&pool.helpers, __ATOMIC_ACQUIRE);
  for (unsigned child = 2 * self + 1; child <= 2 * self + 2 && child <= helpers; ++child) wake(&pool.workers[child]);
}

static void wait_for_work(unsigned self) {
  for (int spin = 0; spin < SPINS; ++spin) {
    if (has_work(self) || stopping()) return;
    RELAX();
  }
  worker *me = &pool.workers[self];
  pthread_mutex_lock(&me->mutex);
  while (!has_work(self) && !stopping()) {
    me->asleep = true;
    pthread_cond_wait(&me->wake, &me->mutex);
  }
  me->asleep = false;
  pthread_mutex_unlock(&me->mutex);
}

static void *work(void *number) {
  const unsigned self = (unsigned)(uintptr_t)number;
  while (!stopping()) {
    wait_for_work(self);
    wake_children(self);
    help(self);
  }
  return NULL;
}

/* In the child of a fork only the forking thread lives: forget the workers. Their memory serves again. */
static void forget_workers(void) {
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.finished, NULL);
  pool.started = 0;
  pool.helpers = 0;
  pool.ticket = 0;
  pool.busy = false;
}

static void prepare(void) {
  pool.prepared = true;
  /* Without the handler a child would wait for threads that it doesn't have. */
  if (pthread_atfork(NULL, NULL, forget_workers) != 0) return;
  pool.workers = aligned_alloc(WORKER_BYTES, ACTINIDE_MAX_THREADS * sizeof *pool.workers);
}

/* Makes workers until there are `wanted`; returns how many there are. */
static unsigned start_workers(unsigned wanted) {
  if (!pool.prepared) prepare();
  if (pool.workers == NULL) return 0;
  /* The workers take no signals: those are the host program's affair. */
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  while (pool.started < wanted) {
    worker *next = &pool.workers[pool.started + 1];
    next->asleep = false;
    pthread_mutex_init(&next->mutex, NULL);
    pthread_cond_init(&next->wake, NULL);
    if (pthread_create(&next->thread, NULL, work, (void *)(uintptr_t)(pool.started + 1)) != 0) break;
    ++pool.started;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return pool.started < wanted ? pool.started : wanted;
}

static bool all_done(size_t count) {
  return __atomic_load_n(&pool.done, __ATOMIC_ACQUIRE) == count;
}

static void wait_until_done(size_t count) {
  for (int spin = 0; spin < SPINS; ++spin) {
    if (all_done(count)) return;
    RELAX();
  }
  int before; /* a cancelled caller would take the job's context away from the workers */
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  pthread_mutex_lock(&pool.mutex);
  while (!all_done(count)) pthread_cond_wait(&pool.finished, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
  pthread_setcancelstate(before, &before);
}

static void run_serially(actinide_task task, void *context, size_t count) {
  for (size_t i = 0; i < count; ++i) task(context, i);
}

void actinide_pool_run(actinide_task task, void *context, size_t count, unsigned threads) {
  if (threads < 2 || count < 2 || __atomic_exchange_n(&pool.busy, true, __ATOMIC_ACQUIRE)) {
    run_serially(task, context, count);
    return;
  }
  const unsigned wanted = (unsigned)(threads - 1 < count - 1 ? threads - 1 : count - 1);
  const unsigned helpers = pool.started >= wanted ? wanted : start_workers(wanted);
  if (helpers == 0) {
    __atomic_store_n(&pool.busy, false, __ATOMIC_RELEASE);
    run_serially(task, context, count);
    return;
  }
  __atomic_store_n(&pool.task, task, __ATOMIC_RELAXED);
  __atomic_store_n(&pool.context, context, __ATOMIC_RELAXED);
  __atomic_store_n(&pool.helpers, helpers, __ATOMIC_RELEASE);
  __atomic_store_n(&pool.done, 0, __ATOMIC_RELAXED);
  const uint64_t number = (__atomic_load_n(&pool.ticket, __ATOMIC_RELAXED) >> 32) + 1;
  __atomic_store_n(&pool.ticket, number << 32 | (uint64_t)count << 16, __ATOMIC_RELEASE);
  wake_children(0);
  help(0);
  wait_until_done(count);
  __atomic_store_n(&pool.busy, false, __ATOMIC_RELEASE);
}

/* At exit, and when a shared library that contains the runtime is unloaded: the workers must not outlive their code. */
__attribute__((destructor)) static void stop_workers(void) {
  if (__atomic_exchange_n(&pool.busy, true, __ATOMIC_ACQUIRE)) return; /* and stays set: later calls run serially */
  __atomic_store_n(&pool.stopping, true, __ATOMIC_RELEASE);
  for (unsigned i = 1; i <= pool.started; ++i) wake(&pool.workers[i]);
  for (unsigned i = 1; i <= pool.started; ++i) pthread_join(pool.workers[i].thread, NULL);
  free(pool.workers);
  pool.workers = NULL;
}
