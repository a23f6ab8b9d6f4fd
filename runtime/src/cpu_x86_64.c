/* The levels of the x86-64 psABI (https://gitlab.com/x86-psABIs/x86-64-ABI, "Micro-Architecture Levels"): each needs
   the instructions of the one before, and the operating system must save the registers that they use (XCR0). */
#include "actinide/kernel.h"

#include "cpu.h"

#include <cpuid.h>
#include <stdbool.h>

typedef struct registers {
  unsigned eax, ebx, ecx, edx;
} registers;

/* cpuid leaf, or zeros if the CPU doesn't have it. */
static registers cpuid(unsigned leaf) {
  registers r = {0, 0, 0, 0};
  if (!__get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx)) return (registers){0, 0, 0, 0};
  return r;
}

/* The register states that the operating system saves; needs OSXSAVE. */
static uint64_t extended_control_register(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

static bool all(uint64_t value, uint64_t bits) {
  return (value & bits) == bits;
}

uint64_t actinide_detect_cpu(void) {
  enum { LAHF = 1 << 0, LZCNT = 1 << 5 };          /* leaf 0x80000001, ecx; their names differ between compilers */
  const uint64_t xmm_ymm = 0x6, opmask_zmm = 0xE0; /* bits of XCR0 */
  const registers basic = cpuid(1), extended = cpuid(7), amd = cpuid(0x80000001);

  const unsigned v2 = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT;
  if (!all(basic.ecx, v2) || !all(amd.ecx, LAHF)) return 0;
  uint64_t features = ACTINIDE_CPU_X86_64_V2;

  if (!all(basic.ecx, bit_OSXSAVE)) return features;
  const uint64_t saved = extended_control_register();

  const unsigned v3_basic = bit_AVX | bit_FMA | bit_F16C | bit_MOVBE;
  const unsigned v3_extended = bit_AVX2 | bit_BMI | bit_BMI2;
  if (!all(saved, xmm_ymm) || !all(basic.ecx, v3_basic) || !all(extended.ebx, v3_extended) || !all(amd.ecx, LZCNT))
    return features;
  features |= ACTINIDE_CPU_X86_64_V3;

  const unsigned v4 = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  if (all(saved, opmask_zmm) && all(extended.ebx, v4)) features |= ACTINIDE_CPU_X86_64_V4;
  return features;
}
