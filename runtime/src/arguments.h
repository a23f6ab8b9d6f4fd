/* Inside the runtime: what every call checks, whatever runs the kernel. */
#ifndef ACTINIDE_SRC_ARGUMENTS_H
#define ACTINIDE_SRC_ARGUMENTS_H

#include "actinide/kernel.h"
#include "actinide/runtime.h"

#include "branches.h"

#include <stdbool.h>

/* What a kernel function, or one launch, takes at once. */
enum { LARGEST_CHUNK = 1 << 30 };

/* True if the descriptor is one that this runtime understands. */
static inline bool is_compatible(uint32_t abi, unsigned inputs, unsigned outputs) {
  return abi == ACTINIDE_KERNEL_ABI && outputs > 0 && inputs + outputs <= ACTINIDE_MAX_BUFFERS;
}

/* n elements of each buffer fit the address space. */
static OUT_OF_LINE bool sizes_fit(const uint8_t *element_bytes, unsigned count, size_t n) {
  for (unsigned i = 0; i < count; ++i) {
    if (n > (size_t)PTRDIFF_MAX / element_bytes[i]) return false;
  }
  return true;
}

/* Whether two ranges share a byte, that is, whether -a_bytes < a - b < b_bytes. Each range has a byte and is smaller
   than half the address space, so one unsigned comparison decides. */
static inline bool overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
  return (uintptr_t)a - (uintptr_t)b + (a_bytes - 1) < a_bytes + b_bytes - 1;
}

/* Null pointers, sizes and overlap; n > 0. Reads no buffer. */
static inline int check_buffers(const uint8_t *element_bytes, unsigned inputs, unsigned outputs, void *const *buffers,
                                size_t n) {
  const unsigned count = inputs + outputs;
  for (unsigned i = 0; i < count; ++i) {
    if (UNLIKELY(buffers[i] == NULL)) return ACTINIDE_NULL_POINTER;
  }
  if (UNLIKELY(n > (size_t)PTRDIFF_MAX / UINT8_MAX) && !sizes_fit(element_bytes, count, n))
    return ACTINIDE_INVALID_SIZE;
  for (unsigned out = inputs; out < count; ++out) {
    for (unsigned i = 0; i < out; ++i) {
      if (!overlap(buffers[out], n * element_bytes[out], buffers[i], n * element_bytes[i])) continue;
      const bool in_place = i < inputs && buffers[i] == buffers[out] && element_bytes[i] == element_bytes[out];
      if (UNLIKELY(!in_place)) return ACTINIDE_OVERLAP;
    }
  }
  return ACTINIDE_OK;
}

#endif
