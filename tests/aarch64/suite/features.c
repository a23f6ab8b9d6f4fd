/* features NAME...: the runtime detects exactly these features of the CPU; sve-bytes=N: its vectors have this length.
 */
#include <actinide/kernel.h>
#include <actinide/runtime.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const struct {
  const char *name;
  uint64_t bit;
} known[] = {{"aarch64", ACTINIDE_CPU_AARCH64},
             {"fp16", ACTINIDE_CPU_AARCH64_FP16},
             {"bf16", ACTINIDE_CPU_AARCH64_BF16},
             {"sve2", ACTINIDE_CPU_AARCH64_SVE2}};
enum { KNOWN = sizeof known / sizeof known[0] };

static uint64_t bit_of(const char *name) {
  for (int i = 0; i < KNOWN; ++i)
    if (strcmp(known[i].name, name) == 0) return known[i].bit;
  fprintf(stderr, "no feature is called %s\n", name);
  exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
  const char *length = "sve-bytes=";
  uint64_t expected = 0;
  for (int i = 1; i < argc; ++i) {
    if (strncmp(argv[i], length, strlen(length)) != 0) {
      expected |= bit_of(argv[i]);
      continue;
    }
    const int bytes = prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK;
    if (bytes == atoi(argv[i] + strlen(length))) continue;
    fprintf(stderr, "vectors of SVE have %d bytes, expected %s\n", bytes, argv[i]);
    return EXIT_FAILURE;
  }
  const uint64_t found = actinide_cpu_features();
  for (int i = 0; i < KNOWN; ++i)
    if ((found ^ expected) & known[i].bit)
      fprintf(stderr, "%s: %s\n", known[i].name, found & known[i].bit ? "detected, not expected" : "not detected");
  return found == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
