/* The table of kernels that table.py writes. */
#ifndef ACTINIDE_TESTS_AARCH64_SUITE_H
#define ACTINIDE_TESTS_AARCH64_SUITE_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_BUFFERS = 8, MAX_PARAMETERS = 8 };

/* How the elements of a dtype are stored. */
typedef struct format {
  unsigned bytes;
  unsigned mantissa_bits;
} format;

typedef struct kernel {
  const char *name; /* activation, pass, dtype, tier */
  int (*call)(void *const *buffers, size_t n, const double *parameters);
  format element;
  unsigned inputs, outputs, parameters;
} kernel;

extern const kernel kernels[];
extern const size_t kernel_count;

#endif
