#include "measure/copies.h"

#include "error.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <array>
#include <utility>

namespace actinide::speed {

#ifdef __x86_64__

namespace {

constexpr std::size_t kMostInputs = 8, kMostOutputs = 4;

template <std::size_t Inputs, std::size_t Outputs, bool Streaming>
__attribute__((target("avx2"))) void copy(void *const *buffers, std::size_t bytes) {
  static_assert(sizeof(__m256i) == kCopyGrain);
  const char *in[Inputs];
  char *out[Outputs + 1];
  for (std::size_t k = 0; k < Inputs; ++k) in[k] = static_cast<const char *>(buffers[k]);
  for (std::size_t k = 0; k < Outputs; ++k) out[k] = static_cast<char *>(buffers[Inputs + k]);
  __m256i all = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (std::size_t i = 0; i < bytes; i += kCopyGrain) {
    __m256i value = _mm256_load_si256(reinterpret_cast<const __m256i *>(in[0] + i));
#pragma GCC unroll 8
    for (std::size_t k = 1; k < Inputs; ++k)
      value = _mm256_xor_si256(value, _mm256_load_si256(reinterpret_cast<const __m256i *>(in[k] + i)));
    if constexpr (Outputs == 0) all = _mm256_xor_si256(all, value);
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Outputs; ++k) {
      auto *const to = reinterpret_cast<__m256i *>(out[k] + i);
      if constexpr (Streaming) {
        _mm256_stream_si256(to, value);
      } else {
        _mm256_store_si256(to, value);
      }
    }
  }
  if constexpr (Outputs == 0) asm volatile("" : : "x"(all));  // what was read is used
  if constexpr (Streaming) _mm_sfence();
}

template <bool Streaming, std::size_t... Index>
constexpr std::array<Copy, sizeof...(Index)> table(std::index_sequence<Index...>) {
  return {copy<Index / (kMostOutputs + 1) + 1, Index % (kMostOutputs + 1), Streaming>...};
}

}  // namespace

Copy copy_of(std::size_t inputs, std::size_t outputs, bool streaming) {
  if (!__builtin_cpu_supports("avx2")) user_error("the copies need a CPU with AVX2; measure on another machine");
  static constexpr auto kAll = std::make_index_sequence<kMostInputs *(kMostOutputs + 1)>();
  static constexpr auto kPlain = table<false>(kAll);
  static constexpr auto kStreaming = table<true>(kAll);
  if (inputs < 1 || inputs > kMostInputs || outputs > kMostOutputs) return nullptr;
  return (streaming ? kStreaming : kPlain)[(inputs - 1) * (kMostOutputs + 1) + outputs];
}

#else

Copy copy_of(std::size_t, std::size_t, bool) {
  user_error("the copies are written for AVX2; measure on an x86-64 machine");
}

#endif

}  // namespace actinide::speed
