#include "shape.h"

#include "actinide/runtime.h"

#include "arguments.h"

/* Elements of one row of the buffer. */
static size_t row_length(const shaped_tensors *tensors, unsigned buffer) {
  return product(product(tensors->shape.channels, tensors->shape.inner), tensors->layouts[buffer].parts);
}

void actinide_set_strides(shaped_tensors *tensors, const size_t *strides) {
  for (unsigned i = 0; i < tensors->count; ++i) {
    const bool has_rows = tensors->layouts[i].along == ACTINIDE_ALONG_ELEMENTS;
    tensors->strides[i] = !has_rows ? 0 : strides ? strides[i] : row_length(tensors, i);
  }
}

size_t actinide_span_of(const shaped_tensors *tensors, unsigned buffer) {
  const actinide_shape *shape = &tensors->shape;
  switch (tensors->layouts[buffer].along) {
    case ACTINIDE_ALONG_CHANNELS:
      return shape->channels;
    case ACTINIDE_ALONG_ROWS:
      return shape->outer;
    case ACTINIDE_ALONG_NOTHING:
      return 1;
    default:
      break;
  }
  const size_t row = row_length(tensors, buffer), before = product(shape->outer - 1, tensors->strides[buffer]);
  if (shape->outer == 0 || row == 0) return 0;
  return row == SIZE_MAX || before > SIZE_MAX - row ? SIZE_MAX : before + row;
}

/* A row's end doesn't lie in the next one; an index of a row and a distance fit what kernel functions take. */
static bool sizes_are_possible(const shaped_tensors *tensors, bool rows_together) {
  const actinide_shape *shape = &tensors->shape;
  if (shape->channels > LARGEST_CHUNK || shape->inner > LARGEST_CHUNK) return false;
  for (unsigned i = 0; i < tensors->count; ++i) {
    if (tensors->layouts[i].along != ACTINIDE_ALONG_ELEMENTS) continue;
    const size_t row = row_length(tensors, i);
    if (row > LARGEST_CHUNK || tensors->strides[i] < row || tensors->strides[i] > LARGEST_CHUNK) return false;
  }
  return !rows_together || shape->outer <= LARGEST_CHUNK;
}

bool actinide_writes(const shaped_tensors *tensors) {
  for (unsigned i = tensors->inputs; i < tensors->count; ++i) {
    if (actinide_span_of(tensors, i) > 0) return true;
  }
  return false;
}

/* The same elements in the same places, each read before it is written. A sum over a channel is not: it is written
   before what other outputs read of its channel. */
static bool is_in_place(const shaped_tensors *tensors, unsigned a, unsigned b) {
  return tensors->buffers[a] == tensors->buffers[b] && tensors->element_bytes[a] == tensors->element_bytes[b] &&
         tensors->layouts[a].along == tensors->layouts[b].along &&
         tensors->layouts[a].along != ACTINIDE_ALONG_CHANNELS &&
         tensors->layouts[a].parts == tensors->layouts[b].parts && tensors->strides[a] == tensors->strides[b];
}

int actinide_check_shaped(const shaped_tensors *tensors, bool rows_together) {
  if (!sizes_are_possible(tensors, rows_together)) return ACTINIDE_INVALID_SIZE;
  size_t bytes[ACTINIDE_MAX_BUFFERS];
  for (unsigned i = 0; i < tensors->count; ++i) {
    const size_t span = actinide_span_of(tensors, i);
    if (span > (size_t)PTRDIFF_MAX / tensors->element_bytes[i]) return ACTINIDE_INVALID_SIZE;
    bytes[i] = span * tensors->element_bytes[i];
    if (span > 0 && tensors->buffers[i] == NULL) return ACTINIDE_NULL_POINTER;
  }
  for (unsigned out = tensors->inputs; out < tensors->count; ++out) {
    for (unsigned i = 0; i < out; ++i) {
      if (bytes[out] == 0 || bytes[i] == 0) continue;
      if (!overlap(tensors->buffers[out], bytes[out], tensors->buffers[i], bytes[i])) continue;
      if (i >= tensors->inputs || !is_in_place(tensors, i, out)) return ACTINIDE_OVERLAP;
    }
  }
  return ACTINIDE_OK;
}
