/* What the operating system says of an AArch64 CPU. It lists an extension only if it also saves the registers of it. */
#include "actinide/kernel.h"

#include "cpu.h"

#include <stdbool.h>

/* The extensions that matter here, by their architectural names. */
typedef struct extensions {
  bool adv_simd; /* with floating point, so with fma */
  bool fp16, bf16;
  bool sve2, sve_bf16;
} extensions;

#if defined(__linux__)
#include <sys/auxv.h>

static extensions find_extensions(void) {
  /* Of the Linux kernel's interface (asm/hwcap.h); older copies of that header lack some. */
  enum { FP = 1 << 0, ASIMD = 1 << 1, FPHP = 1 << 9, ASIMDHP = 1 << 10, SVE = 1 << 22 }; /* AT_HWCAP */
  enum { SVE2 = 1 << 1, SVEBF16 = 1 << 12, BF16 = 1 << 14 };                             /* AT_HWCAP2 */
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  return (extensions){.adv_simd = (first & FP) != 0 && (first & ASIMD) != 0,
                      .fp16 = (first & FPHP) != 0 && (first & ASIMDHP) != 0,
                      .bf16 = (second & BF16) != 0,
                      .sve2 = (first & SVE) != 0 && (second & SVE2) != 0,
                      .sve_bf16 = (second & SVEBF16) != 0};
}

#elif defined(__APPLE__)
#include <sys/sysctl.h>

static bool reports(const char *name) {
  int value = 0;
  size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}

/* Every Apple CPU has Advanced SIMD, none has SVE2 outside the streaming mode. */
static extensions find_extensions(void) {
  return (extensions){.adv_simd = true,
                      .fp16 = reports("hw.optional.arm.FEAT_FP16") || reports("hw.optional.neon_fp16"),
                      .bf16 = reports("hw.optional.arm.FEAT_BF16")};
}

#elif defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static bool reports(unsigned long feature) {
  return IsProcessorFeaturePresent(feature) != 0;
}

static extensions find_extensions(void) {
  /* The names that older SDKs lack: PF_ARM_SVE2_, PF_ARM_SVE_BF16_, PF_ARM_V82_FP16_, PF_ARM_V86_BF16_INSTRUCTIONS_
   * AVAILABLE. An older Windows answers no. */
  enum { SVE2 = 47, SVE_BF16 = 52, V82_FP16 = 67, V86_BF16 = 68 };
  return (extensions){.adv_simd = true, /* Windows runs on nothing less */
                      .fp16 = reports(V82_FP16),
                      .bf16 = reports(V86_BF16),
                      .sve2 = reports(SVE2),
                      .sve_bf16 = reports(SVE_BF16)};
}

#else

/* Advanced SIMD belongs to the ABI of the systems that run here. */
static extensions find_extensions(void) {
  return (extensions){.adv_simd = true};
}

#endif

uint64_t actinide_detect_cpu(void) {
  const extensions found = find_extensions();
  if (!found.adv_simd) return 0;
  uint64_t features = ACTINIDE_CPU_AARCH64;
  if (found.fp16) features |= ACTINIDE_CPU_AARCH64_FP16;
  /* SVE needs FP16; an emulator may say otherwise. */
  if (found.sve2 && found.fp16) features |= ACTINIDE_CPU_AARCH64_SVE2;
  /* A CPU that converts bf16 in one kind of vector but not in the other counts as without. */
  if (found.bf16 && (found.sve_bf16 || !found.sve2)) features |= ACTINIDE_CPU_AARCH64_BF16;
  return features;
}
