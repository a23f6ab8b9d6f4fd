#include "select.h"

#include "actinide/runtime.h"

#include "arguments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool runs_here(const actinide_variant *variant) {
  return (variant->cpu_features & ~actinide_cpu_features()) == 0;
}

int actinide_select(actinide_kernel *kernel) {
  if (!is_compatible(kernel->abi, kernel->inputs, kernel->outputs)) return ACTINIDE_INCOMPATIBLE;
  const char *forced = getenv("ACTINIDE_TARGET");
  if (forced != NULL && forced[0] == '\0') forced = NULL;
  for (uint32_t i = 0; i < kernel->variant_count; ++i) {
    const actinide_variant *variant = &kernel->variants[i];
    if (forced != NULL && strcmp(forced, variant->target) != 0) continue;
    if (!runs_here(variant)) continue;
    /* Two first calls at once store the same pointers: the race is harmless. Who sees the function, and wants it, sees
     * its variant. */
    __atomic_store_n(&kernel->selected_variant, variant, __ATOMIC_RELAXED);
    __atomic_store_n(&kernel->selected, variant->function, __ATOMIC_RELEASE);
    return ACTINIDE_OK;
  }
  return forced != NULL ? ACTINIDE_UNKNOWN_TARGET : ACTINIDE_UNSUPPORTED_CPU;
}
