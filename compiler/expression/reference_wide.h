// Functions whose loops are made for vectors.
#pragma once

// Compiled for AVX-512 and AVX2, too, where the linker can choose at start-up: the results are the same.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define ACTINIDE_WIDE __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ACTINIDE_WIDE
#endif
