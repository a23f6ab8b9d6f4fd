/* Between compiled kernels and the runtime. Emitted libraries and the just-in-time compiler use it; users don't. */
#ifndef ACTINIDE_KERNEL_H
#define ACTINIDE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ACTINIDE_KERNEL_ABI = 1, ACTINIDE_MAX_BUFFERS = 8, ACTINIDE_MAX_SIZES = 4 };

/* What a CPU must have. The runtime's detection and the compiler's target table share these bits. */
#define ACTINIDE_CPU_X86_64_V2 (UINT64_C(1) << 0) /* SSE4.2, POPCNT, SSSE3 */
#define ACTINIDE_CPU_X86_64_V3 (UINT64_C(1) << 1) /* AVX2, FMA, F16C, BMI; enabled by the operating system */
#define ACTINIDE_CPU_X86_64_V4 (UINT64_C(1) << 2) /* AVX-512 F, BW, DQ, VL, CD; enabled by the operating system */

/* Computes elements [0, sizes[0]) of its buffers: inputs first, then outputs, each pointing at its first element.
   sizes[0] is at most 2^30. Any alignment. An output may be exactly an input. */
typedef void (*actinide_kernel_function)(void *const *buffers, const int64_t *sizes, const double *parameters);

typedef struct actinide_variant {
  const char *target;
  uint64_t cpu_features;
  actinide_kernel_function function;
} actinide_variant;

/* Describes one kernel; lives in the data of an emitted library. */
typedef struct actinide_kernel {
  uint32_t abi; /* ACTINIDE_KERNEL_ABI */
  uint8_t inputs;
  uint8_t outputs;
  uint8_t element_bytes[ACTINIDE_MAX_BUFFERS]; /* of each buffer, inputs first */
  uint16_t parameters;
  uint32_t variant_count;
  const actinide_variant *variants; /* best first */
  /* Cost of an element in 1/1024 nanoseconds on one core, for the decision to use several threads. */
  uint32_t cost;
  /* Chosen at the first call; zero before. Written atomically by the runtime. */
  actinide_kernel_function selected;
} actinide_kernel;

/* Checks the arguments, chooses the variant and runs it, on several threads if that pays. buffers: inputs, then
   outputs. Returns an actinide_status; anything but ACTINIDE_OK means that nothing was written. Thread-safe. */
int actinide_kernel_run(actinide_kernel *kernel, void *const *buffers, size_t n, const double *parameters);

#ifdef __cplusplus
}
#endif
#endif
