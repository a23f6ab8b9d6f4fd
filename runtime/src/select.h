/* Inside the runtime: which variant of a kernel runs here. */
#ifndef ACTINIDE_SRC_SELECT_H
#define ACTINIDE_SRC_SELECT_H

#include "actinide/kernel.h"

/* Chooses the best variant for this CPU, or the one that ACTINIDE_TARGET names, and stores it in kernel->selected (and
   selected_variant).
   Returns an actinide_status; on an error nothing is stored and the next call tries again. */
int actinide_select(actinide_kernel *kernel);

/* What was chosen, once kernel->selected has been seen. */
static inline const actinide_variant *actinide_selected_variant(const actinide_kernel *kernel) {
  (void)__atomic_load_n(&kernel->selected, __ATOMIC_ACQUIRE);
  return __atomic_load_n(&kernel->selected_variant, __ATOMIC_RELAXED);
}

#endif
