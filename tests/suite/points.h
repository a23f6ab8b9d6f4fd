/* Where kernels are compared. */
#ifndef ACTINIDE_TESTS_SUITE_POINTS_H
#define ACTINIDE_TESTS_SUITE_POINTS_H

#include "table.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOST_POINTS = 1 << 16 };

/* Point i < count of the tensor `input`, as the bits of an element; `count` is a power of two up to MOST_POINTS. Of a
   type of 16 bits MOST_POINTS are all values. Of a wider one they are every exponent with the ends of its mantissas
   (zeros, subnormals, infinities, NaN among them) and points where others have gone wrong, which takes 2^14 of f64 and
   2^11 of f32; of the rest half are random bits, half values of magnitude 2^-24 to 2^11. Each tensor has them in an
   order of its own, and the first of them are spread over all. */
uint64_t point(format element, unsigned input, size_t i, size_t count, uint64_t seed);

int is_nan(format element, uint64_t bits);

#ifdef __cplusplus
}
#endif

#endif
