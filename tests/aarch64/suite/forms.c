/* shapes: runs kernels of rows, channels, parts and groups, fused sums, and kernels from one type to another, on
   whatever machine it is built for, and prints a line for each: its name and a hash of all that it computed. Two
   machines agree if their lines do. Arguments are ignored: compare.py has some for the suite. */
#include <k.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  ROWS = 31,
  COLUMNS = 33,
  OUTER = 7,
  CHANNELS = 37,
  INNER = 5,
  FLAT_OUTER = 41,
  MOST = 2 * 1550,
  TENSORS = 6,
  DY = 2
};

static double tensors[TENSORS][MOST]; /* room for the largest elements */

/* A number between -4 and 4. */
static float number(size_t i) {
  const uint32_t random = (uint32_t)(i + 1) * UINT32_C(2654435769);
  return (float)((double)(random >> 8) / (1 << 21) - 4);
}

/* Every tensor anew, all of elements of one size but dy; of 16 bits the upper half of an f32, which is a number of
 * bf16. */
static void fill(size_t all, size_t dy) {
  for (size_t t = 0; t < TENSORS; ++t) {
    const size_t bytes = t == DY ? dy : all;
    for (size_t i = 0; i < MOST; ++i) {
      const float value = number(t * MOST + i);
      const double wide = value;
      uint32_t bits;
      memcpy(&bits, &value, sizeof bits);
      const uint16_t upper = (uint16_t)(bits >> 16);
      const void *element = bytes == 2 ? (const void *)&upper : bytes == 4 ? (const void *)&bits : (const void *)&wide;
      memcpy((char *)tensors[t] + i * bytes, element, bytes);
    }
  }
}

/* FNV-1a of all tensors, inputs among them. */
static void show(const char *name, int status) {
  if (status != 0) {
    printf("%s: status %d\n", name, status);
    exit(EXIT_FAILURE);
  }
  uint64_t hash = UINT64_C(14695981039346656037);
  const unsigned char *bytes = (const unsigned char *)tensors;
  for (size_t i = 0; i < sizeof tensors; ++i) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  printf("%s: %016llx\n", name, (unsigned long long)hash);
}

/* x and what belongs to it is In, y and what belongs to it Out. */
#define SHOW(kernel, ...) (fill(sizeof *x, sizeof *dy), show(#kernel, kernel(__VA_ARGS__)))
#define ALL(In, Out, types)                                                                                \
  static void all_##types(void) {                                                                          \
    In *x = (In *)tensors[0], *bias = (In *)tensors[1], *dx = (In *)tensors[3], *dbias = (In *)tensors[4]; \
    Out *dy = (Out *)tensors[DY], *r = dy, *y = (Out *)tensors[5], *dr = y;                                \
    SHOW(k_softmax_forward_##types, x, y, ROWS, COLUMNS);                                                  \
    SHOW(k_softmax_backward_##types, dy, x, dx, ROWS, COLUMNS);                                            \
    SHOW(k_logsumexp_forward_##types, x, y, ROWS, COLUMNS);                                                \
    SHOW(k_crelu_forward_##types, x, y, ROWS, COLUMNS);                                                    \
    SHOW(k_maxout_forward_##types, x, y, ROWS);                                                            \
    SHOW(k_prelu_backward_##types, dy, x, bias, dx, dbias, OUTER, CHANNELS, INNER);                        \
    SHOW(k_prelu_backward_##types, dy, x, bias, dx, dbias, FLAT_OUTER, CHANNELS, 1);                       \
    SHOW(k_packed_swiglu_forward_##types, x, y, ROWS, COLUMNS);                                            \
    SHOW(k_packed_swiglu_backward_##types, dy, x, dx, ROWS, COLUMNS);                                      \
    SHOW(k_residual_biased_gelu_forward_##types, x, bias, r, y, OUTER, CHANNELS, INNER);                   \
    SHOW(k_residual_biased_gelu_forward_##types, x, bias, r, y, FLAT_OUTER, CHANNELS, 1);                  \
    SHOW(k_residual_biased_gelu_backward_##types, dy, x, bias, dx, dbias, dr, OUTER, CHANNELS, INNER);     \
    SHOW(k_residual_biased_gelu_backward_##types, dy, x, bias, dx, dbias, dr, FLAT_OUTER, CHANNELS, 1);    \
    SHOW(k_mish_forward_##types, x, y, ROWS);                                                              \
    SHOW(k_mish_backward_##types, dy, x, dx, MOST / 2);                                                    \
  }
ALL(float, float, f32)
ALL(double, double, f64)
ALL(uint16_t, uint16_t, bf16)
ALL(uint16_t, float, bf16_f32)
ALL(float, uint16_t, f32_bf16)
ALL(uint16_t, float, f16_f32)

int main(void) {
  printf("shapes\n");
  all_f32();
  all_f64();
  all_bf16();
  all_bf16_f32();
  all_f32_bf16();
  all_f16_f32();
  return 0;
}
