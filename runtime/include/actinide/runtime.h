/* The thin runtime of Actinide: status codes, CPU detection, threads. C11 and C++; needs only the C library and POSIX
   threads (or their platform's equivalent). It never prints, aborts, throws, or allocates while a kernel runs. */
#ifndef ACTINIDE_RUNTIME_H
#define ACTINIDE_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every kernel returns. Anything but ACTINIDE_OK means that nothing was written (on a GPU with n > 2^30: perhaps
   a part).

   The environment variable ACTINIDE_TARGET (for example x86-64-v3) forces a variant of every kernel but those for
   CUDA. It is read at a kernel's first call.

   Kernels on the CPU compute in the floating-point environment of the calling thread, on every thread that helps it.
   In any but the default one (another rounding mode, subnormal numbers flushed to zero) results are others, and no
   bound of an error holds. */
typedef enum actinide_status {
  ACTINIDE_OK = 0,
  ACTINIDE_NULL_POINTER = 1, /* a null pointer with n > 0 */
  /* An output overlaps another buffer without being exactly an input of its element size, or is a sum (of each channel,
     or of everything) in the place of one. */
  ACTINIDE_OVERLAP = 2,
  ACTINIDE_INVALID_SIZE = 3,    /* n elements don't fit the address space; a row or a stride of more than 2^30 */
  ACTINIDE_UNSUPPORTED_CPU = 4, /* no variant in the library runs on this CPU */
  ACTINIDE_UNKNOWN_TARGET = 5,  /* ACTINIDE_TARGET names a target that the library lacks or the CPU can't run */
  ACTINIDE_INCOMPATIBLE = 6,    /* the library was emitted for another version of the runtime */
  /* Of the functions for CUDA. */
  ACTINIDE_CUDA_NO_DRIVER = 7,     /* libcuda.so.1 can't be opened */
  ACTINIDE_CUDA_OLD_DRIVER = 8,    /* it lacks a function, or refuses the version of the PTX */
  ACTINIDE_CUDA_NO_DEVICE = 9,     /* no device, or the driver can't be initialised */
  ACTINIDE_CUDA_OLD_DEVICE = 10,   /* its compute capability is below that of every image in the library */
  ACTINIDE_CUDA_NO_CONTEXT = 11,   /* none is current on the calling thread, or it was destroyed */
  ACTINIDE_CUDA_STREAM = 12,       /* the stream is of another context */
  ACTINIDE_CUDA_HOST_POINTER = 13, /* a buffer is host memory that the device can't access */
  ACTINIDE_CUDA_MISALIGNED = 14,   /* a buffer isn't aligned to its elements */
  ACTINIDE_CUDA_FAILED = 15        /* any other error of the driver, of this call or of earlier work on the device */
} actinide_status;

/* One line of English, static storage; "unknown status" for any other number. Thread-safe. */
const char *actinide_status_string(int status);

/* ACTINIDE_CPU_* bits (actinide/kernel.h) of the running CPU and operating system. Detected once; thread-safe. */
uint64_t actinide_cpu_features(void);

/* Threads that kernels may use, the caller included; 0 restores the default: the environment variable ACTINIDE_THREADS
   (1 to 1024; anything else is ignored; read once), or the CPUs that this process may use. Takes effect for calls that
   start afterwards. Thread-safe. Returns ACTINIDE_OK or ACTINIDE_INVALID_SIZE (> 1024).

   A call uses several threads only if each gets some 20 us of work. The threads are made at the first such call and
   sleep between calls; a child of fork makes its own. They serve one call at a time: calls that come meanwhile, from
   other threads, run on their own thread alone. */
int actinide_set_threads(unsigned threads);
unsigned actinide_threads(void);

/* Replaces the runtime's own pool: `run` must call task(context, i) once for each i in [0, count), on any threads, and
   return when all are done. Null restores the pool. Not to be called while kernels run. */
typedef void (*actinide_task)(void *context, size_t index);
typedef void (*actinide_parallel_for)(actinide_task task, void *context, size_t count, void *user);
void actinide_set_parallel_for(actinide_parallel_for run, void *user);

#ifdef __cplusplus
}
#endif
#endif
