/* Inside the runtime: the tensors of a kernel of outer x channels x inner elements, whatever runs it. */
#ifndef ACTINIDE_SRC_SHAPE_H
#define ACTINIDE_SRC_SHAPE_H

#include "actinide/kernel.h"

#include <stdbool.h>

typedef struct shaped_tensors {
  const uint8_t *element_bytes;
  const actinide_layout *layouts;
  void *const *buffers; /* inputs, then outputs */
  unsigned inputs, count;
  actinide_shape shape;
  size_t strides[ACTINIDE_MAX_BUFFERS]; /* of rows, in elements; 0 of buffers that have none */
} shaped_tensors;

/* a * b, or SIZE_MAX where it doesn't fit. */
static inline size_t product(size_t a, size_t b) {
  size_t result;
  return __builtin_mul_overflow(a, b, &result) ? SIZE_MAX : result;
}

/* Fills in `strides`: the caller's, or where those are null, those of dense rows. */
void actinide_set_strides(shaped_tensors *tensors, const size_t *strides);

/* From the first element of the buffer to the end of the last; SIZE_MAX where that can't be. */
size_t actinide_span_of(const shaped_tensors *tensors, unsigned buffer);

/* Elements between the buffer's first and that of row `row`. */
static inline size_t offset_of_row(const shaped_tensors *tensors, unsigned buffer, size_t row) {
  const unsigned along = tensors->layouts[buffer].along;
  return along == ACTINIDE_ALONG_ELEMENTS ? row * tensors->strides[buffer] : along == ACTINIDE_ALONG_ROWS ? row : 0;
}

/* The extents that a call walks: rows without elements add nothing to sums over rows, however many they are. */
static inline actinide_shape walked_shape(const actinide_shape *shape, bool sums_rows) {
  const bool adds_nothing = sums_rows && (shape->channels == 0 || shape->inner == 0);
  return (actinide_shape){adds_nothing ? 0 : shape->outer, shape->channels, shape->inner};
}

/* Whether an output has elements. */
bool actinide_writes(const shaped_tensors *tensors);

/* Null pointers, sizes and overlap; an actinide_status. Reads no buffer. `rows_together`: they aren't divided, so that
   there may be no more than a kernel function takes. */
int actinide_check_shaped(const shaped_tensors *tensors, bool rows_together);

#endif
