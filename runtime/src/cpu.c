#include "actinide/runtime.h"

#include "cpu.h"

/* Set in the cached value once the CPU has been asked; no ACTINIDE_CPU_* bit uses it. */
#define DETECTED (UINT64_C(1) << 63)

ACTINIDE_PUBLIC uint64_t actinide_cpu_features(void) {
  /* cpuid traps to the hypervisor in a virtual machine (microseconds): ask once. A race of first calls stores the same
   * value twice. */
  static uint64_t cache;
  uint64_t features = __atomic_load_n(&cache, __ATOMIC_RELAXED);
  if (features == 0) {
    features = actinide_detect_cpu() | DETECTED;
    __atomic_store_n(&cache, features, __ATOMIC_RELAXED);
  }
  return features & ~DETECTED;
}
