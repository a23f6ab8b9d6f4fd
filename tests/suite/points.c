#include "points.h"

#include <string.h>

static uint64_t split_mix_64(uint64_t state) {
  state *= UINT64_C(0x9e3779b97f4a7c15);
  state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  state = (state ^ (state >> 27)) * UINT64_C(0x94d049bb133111eb);
  return state ^ (state >> 31);
}

static uint64_t low_bits(unsigned count) {
  return (UINT64_C(1) << count) - 1;
}

static unsigned exponent_bits(format element) {
  return 8 * element.bytes - 1 - element.mantissa_bits;
}

/* The i-th of the values that lie at the ends of a binade: mantissas 0, 1, all ones, both signs. */
static uint64_t end_of_binade(format element, size_t i) {
  const uint64_t mantissas[] = {0, 1, low_bits(element.mantissa_bits)};
  const uint64_t sign = i % 2, mantissa = mantissas[i / 2 % 3], exponent = i / 6;
  return sign << (8 * element.bytes - 1) | exponent << element.mantissa_bits | mantissa;
}

/* Points at which frameworks have lost tails or returned NaN; with both neighbours and both signs. */
static const double danger_points[] = {1.27846, 5.5,  6,    9.01,  10.06, 10.5,  11,     13.05, 13.24, 14.3, 17.33,
                                       22.18,   38.4, 40.3, 44.36, 87.3,  88.72, 103.97, 708.4, 745.2, 1e12, 1.8e19};
enum { DANGER_POINTS = 6 * sizeof danger_points / sizeof danger_points[0] };

static uint64_t danger_point(format element, size_t i) {
  const double wide = danger_points[i / 6];
  const float narrow = (float)wide;
  uint64_t bits = 0;
  memcpy(&bits, element.bytes == 8 ? (const void *)&wide : (const void *)&narrow, element.bytes);
  return (bits + i / 2 % 3 - 1) | (uint64_t)(i % 2) << (8 * element.bytes - 1);
}

/* Random bits with an exponent from -24 to 10. */
static uint64_t of_common_magnitude(format element, uint64_t random) {
  const uint64_t bias = low_bits(exponent_bits(element) - 1);
  const uint64_t exponent = bias - 24 + (random >> 32) % 35;
  const uint64_t mask = low_bits(exponent_bits(element)) << element.mantissa_bits;
  return (random & ~mask) | exponent << element.mantissa_bits;
}

uint64_t point(format element, unsigned input, size_t i, size_t count, uint64_t seed) {
  /* An odd factor permutes the numbers below a power of two; one near the golden section spreads the first of them. */
  const size_t place = (i * (40503 + 2 * 7919 * (size_t)input) + input) % count;
  if (element.bytes == 2) return place;
  const size_t ends = (size_t)6 << exponent_bits(element);
  if (place < ends) return end_of_binade(element, place);
  if (place < ends + DANGER_POINTS) return danger_point(element, place - ends);
  const uint64_t random = split_mix_64(seed + ((uint64_t)input << 32) + place);
  const uint64_t bits = place % 2 ? random : of_common_magnitude(element, random);
  return element.bytes == 8 ? bits : bits & low_bits(8 * element.bytes);
}

int is_nan(format element, uint64_t bits) {
  const uint64_t magnitude = bits & low_bits(8 * element.bytes - 1);
  return magnitude > low_bits(exponent_bits(element)) << element.mantissa_bits;
}
