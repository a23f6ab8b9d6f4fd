/* Inside the runtime: which variant of a kernel runs here. */
#ifndef ACTINIDE_SRC_SELECT_H
#define ACTINIDE_SRC_SELECT_H

#include "actinide/kernel.h"

/* Chooses the best variant for this CPU, or the one that ACTINIDE_TARGET names, and stores it in kernel->selected (and
   selected_merge).
   Returns an actinide_status; on an error nothing is stored and the next call tries again. */
int actinide_select(actinide_kernel *kernel);

#endif
