/* Inside the runtime: how the calling thread computes in floating point: its rounding, and whether it takes subnormal
   numbers for zeros. By hand, for <fenv.h> wants the library of mathematics. */
#ifndef ACTINIDE_SRC_ROUNDING_H
#define ACTINIDE_SRC_ROUNDING_H

#include <stdint.h>

#if defined(__SSE__)
enum { EXCEPTION_FLAGS = 0x3F }; /* of MXCSR: what has happened, not how to compute */

static inline uint64_t get_rounding(void) {
  return __builtin_ia32_stmxcsr() & ~(unsigned)EXCEPTION_FLAGS;
}
static inline void set_rounding(uint64_t rounding) {
  __builtin_ia32_ldmxcsr((unsigned)rounding | (__builtin_ia32_stmxcsr() & EXCEPTION_FLAGS));
}
#elif defined(__aarch64__)
static inline uint64_t get_rounding(void) {
  uint64_t rounding;
  __asm__ volatile("mrs %0, fpcr" : "=r"(rounding));
  return rounding;
}
static inline void set_rounding(uint64_t rounding) {
  __asm__ volatile("msr fpcr, %0" : : "r"(rounding));
}
#else
static inline uint64_t get_rounding(void) {
  return 0;
}
static inline void set_rounding(uint64_t rounding) {
  (void)rounding;
}
#endif

#endif
