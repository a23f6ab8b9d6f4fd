/* shapes ROWS: runs kernels of rows, channels, parts and groups, and sums over elements, at several sizes on whatever
   machine it is built for and prints a line for each call: its kernel, its size and a hash of what it computed. Two
   machines agree if their lines do. */
#include "points.h"

#include "shapes_channels.h"
#include "shapes_rows.h"
#include "shapes_sums.h"
#include "shapes_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ROW = 1000, MOST_ROWS = 40, ELEMENTS = 2 * MOST_ROWS * LONGEST_ROW };

static const uint64_t seed = 20251125;

/* Of the largest dtype; a kernel takes them as elements of its own. */
static uint64_t x[ELEMENTS], dy[ELEMENTS], slope[LONGEST_ROW], y[ELEMENTS], dx[ELEMENTS], sums[LONGEST_ROW];

/* Moderate numbers: sums that are infinite, or NaN, would tell nothing. */
static void fill(void *tensor, size_t elements, unsigned input, format element) {
  size_t next = 0;
  for (size_t i = 0; i < elements; ++i) {
    double value = 0;
    const format wide = {8, 52};
    do {
      const uint64_t bits = point(wide, input, next++ % MOST_POINTS, MOST_POINTS, seed);
      memcpy(&value, &bits, sizeof value);
    } while (!(value > -100 && value < 100));
    const float narrow = (float)value;
    uint64_t bits = 0;
    memcpy(&bits, element.bytes == 8 ? (const void *)&value : (const void *)&narrow, element.bytes == 8 ? 8 : 4);
    /* 16 bits: what is left of the f32 is a bf16, and some number of f16 that is no NaN. */
    if (element.bytes == 2) bits = bits >> 16 & (element.mantissa_bits == 10 ? 0xbbff : 0xffff);
    memcpy((char *)tensor + i * element.bytes, &bits, element.bytes);
  }
}

static void print_hash(const char *name, size_t columns, int status, const void *tensor, size_t elements,
                       format element) {
  if (status != 0) {
    printf("%s of %zu: status %d\n", name, columns, status);
    exit(EXIT_FAILURE);
  }
  uint64_t hash = 0;
  for (size_t i = 0; i < elements; ++i) {
    uint64_t bits = 0;
    memcpy(&bits, (const char *)tensor + i * element.bytes, element.bytes); /* little-endian machines only */
    hash = (hash ^ (is_nan(element, bits) ? UINT64_MAX : bits)) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  printf("%s of %zu: %016llx\n", name, columns, (unsigned long long)hash);
}

/* Every kernel of a dtype, whose elements C calls `type` and whose parameters `number`. */
#define SHAPES_OF(dtype, type, number, bytes, mantissa_bits)                                                         \
  static void run_##dtype(size_t r, size_t c) {                                                                      \
    const format element = {bytes, mantissa_bits};                                                                   \
    const type *X = (const type *)x, *DY = (const type *)dy, *S = (const type *)slope;                               \
    type *Y = (type *)y, *DX = (type *)dx, *D = (type *)sums;                                                        \
    const number two = 2, low = -1, high = 1;                                                                        \
    fill(x, 2 * r * c, 0, element);                                                                                  \
    fill(dy, 2 * r * c, 1, element);                                                                                 \
    fill(slope, c, 2, element);                                                                                      \
    print_hash("softmax " #dtype, c, shapes_rows_softmax_forward_##dtype(X, Y, r, c), Y, r *c, element);             \
    print_hash("softmax' " #dtype, c, shapes_rows_softmax_backward_##dtype(DY, X, Y, r, c), Y, r *c, element);       \
    print_hash("logsumexp " #dtype, c, shapes_rows_logsumexp_forward_##dtype(X, Y, r, c), Y, r, element);            \
    print_hash("crelu " #dtype, c, shapes_units_crelu_forward_##dtype(X, Y, r, c), Y, 2 * r * c, element);           \
    print_hash("maxout " #dtype, c, shapes_units_maxout_forward_##dtype(X, Y, r *c), Y, r *c, element);              \
    int status = shapes_channels_prelu_backward_##dtype(DY, X, S, DX, D, r, c, 1);                                   \
    print_hash("prelu' " #dtype, c, status, DX, r *c, element);                                                      \
    print_hash("slopes " #dtype, c, status, D, c, element);                                                          \
    print_hash("slope " #dtype, c, shapes_channels_prelu_backward_##dtype(DY, X, S, DX, D, 1, 1, r *c), D, 1,        \
               element);                                                                                             \
    print_hash("beta " #dtype, c, shapes_sums_swish_parameter_gradient_##dtype(DY, X, D, r *c, two), D, 1, element); \
    status = shapes_sums_clip_parameter_gradient_##dtype(DY, X, D, D + 1, r * c, low, high);                         \
    print_hash("limits " #dtype, c, status, D, 2, element);                                                          \
  }

SHAPES_OF(f32, float, float, 4, 23)
SHAPES_OF(f64, double, double, 8, 52)
SHAPES_OF(f16, uint16_t, float, 2, 10)
SHAPES_OF(bf16, uint16_t, float, 2, 7)

int main(int argc, char **argv) {
  static const size_t columns[] = {1, 3, 8, 15, 16, 17, 31, 32, 33, 47, 64, 100, LONGEST_ROW};
  const size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
  if (rows < 1 || rows > MOST_ROWS) {
    fprintf(stderr, "usage: shapes ROWS, from 1 to %d\n", MOST_ROWS);
    return EXIT_FAILURE;
  }
  printf("%zu rows, seed %llu\n", rows, (unsigned long long)seed);
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; ++i) {
    run_f32(rows, columns[i]);
    run_f64(rows, columns[i]);
    run_f16(rows, columns[i]);
    run_bf16(rows, columns[i]);
  }
  return EXIT_SUCCESS;
}
