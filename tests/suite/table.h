/* The table of kernels that table.py writes from the manifests of emitted libraries. */
#ifndef ACTINIDE_TESTS_SUITE_TABLE_H
#define ACTINIDE_TESTS_SUITE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MAX_BUFFERS = 8, MAX_PARAMETERS = 8 };

/* How the elements of a dtype are stored. */
typedef struct format {
  unsigned bytes;
  unsigned mantissa_bits;
} format;

/* A function of a library, its arguments from arrays. `stream`: of functions for CUDA. */
typedef int (*kernel_call)(void *const *buffers, size_t n, const double *parameters, void *stream);

typedef struct kernel {
  const char *name;      /* activation, pass, dtype, tier */
  kernel_call cpu, cuda; /* null where the libraries have none */
  format element;
  unsigned inputs, outputs, parameters;
} kernel;

extern const kernel kernels[];
extern const size_t kernel_count;

#ifdef __cplusplus
}
#endif
#endif
