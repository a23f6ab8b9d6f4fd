/* Where kernels are compared. */
#ifndef ACTINIDE_TESTS_SUITE_POINTS_H
#define ACTINIDE_TESTS_SUITE_POINTS_H

#include "table.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOST_POINTS = 1 << 16 };

/* Point i < MOST_POINTS of the tensor `input`, as the bits of an element. Of a type of 16 bits they are all values. Of
   a wider one they are every exponent with the ends of its mantissas (zeros, subnormals, infinities, NaN among them),
   points where others have gone wrong, and of the rest half random bits, half values of magnitude 2^-24 to 2^11. Each
   tensor has them in an order of its own, and the first of them are spread over all. */
uint64_t point(format element, unsigned input, size_t i, uint64_t seed);

int is_nan(format element, uint64_t bits);

#ifdef __cplusplus
}
#endif

#endif
