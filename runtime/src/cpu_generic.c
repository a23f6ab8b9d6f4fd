/* An architecture for which nothing is emitted yet. */
#include "cpu.h"

uint64_t actinide_detect_cpu(void) {
  return 0;
}
