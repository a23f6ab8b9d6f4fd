/* Inside the runtime: what the CPU and the operating system offer. */
#ifndef ACTINIDE_SRC_CPU_H
#define ACTINIDE_SRC_CPU_H

#include "visibility.h"

#include <stdint.h>

/* ACTINIDE_CPU_* bits, asked of the CPU anew at each call. One file for each architecture implements it. */
uint64_t actinide_detect_cpu(void);

#endif
