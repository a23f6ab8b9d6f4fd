/* The table of kernels that table.py writes from the manifests of emitted libraries. */
#ifndef ACTINIDE_TESTS_SUITE_TABLE_H
#define ACTINIDE_TESTS_SUITE_TABLE_H

#include <actinide/kernel.h>

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

/* What a tensor holds: for what it has a value each (ACTINIDE_ALONG_*); a row of elements so many times; for each
   element so many neighbours. */
typedef struct layout {
  unsigned along, parts, members;
} layout;

/* n; rows, columns; or outer, channels, inner. */
enum { MAX_EXTENTS = 3 };

/* A function of a library, its arguments from arrays. `stream`: of functions for CUDA. */
typedef int (*kernel_call)(void *const *buffers, const size_t *extents, const double *parameters, void *stream);

typedef struct kernel {
  const char *name;      /* activation, pass, dtype, tier */
  kernel_call cpu, cuda; /* null where the libraries have none */
  format element;
  unsigned inputs, outputs, parameters;
  unsigned extents;
  layout layouts[MAX_BUFFERS]; /* of the inputs, then of the outputs */
} kernel;

/* Elements of a tensor. */
static inline size_t element_count(const kernel *k, unsigned tensor, const size_t *extents) {
  const layout *l = &k->layouts[tensor];
  const size_t outer = k->extents == 1 ? 1 : extents[0], channels = k->extents == 3 ? extents[1] : 1;
  if (l->along == ACTINIDE_ALONG_CHANNELS) return channels;
  if (l->along == ACTINIDE_ALONG_ROWS) return outer;
  if (l->along == ACTINIDE_ALONG_NOTHING) return 1;
  return outer * channels * extents[k->extents - 1] * l->parts * l->members;
}

/* Every tensor has n elements, each by itself. */
static inline int is_elementwise(const kernel *k) {
  const size_t n = 7;
  for (unsigned i = 0; i < k->inputs + k->outputs; ++i)
    if (k->extents != 1 || element_count(k, i, &n) != n) return 0;
  return 1;
}

extern const kernel kernels[];
extern const size_t kernel_count;

#ifdef __cplusplus
}
#endif
#endif
