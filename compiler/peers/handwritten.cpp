// A ReLU and its gradient as one writes them by hand with intrinsics: what a copy that computes something can reach.
#include "peers/loops.h"

#include <immintrin.h>

#include <array>
#include <cstdint>

namespace actinide::peers {
namespace {

#ifdef __AVX512F__
struct F32 {
  using T = float;
  static constexpr std::size_t kLanes = 16;
  static void relu(const T *x, T *y) { _mm512_storeu_ps(y, _mm512_max_ps(_mm512_loadu_ps(x), _mm512_setzero_ps())); }
  static void gradient(const T *dy, const T *x, T *dx) {
    const __mmask16 positive = _mm512_cmp_ps_mask(_mm512_loadu_ps(x), _mm512_setzero_ps(), _CMP_GT_OQ);
    _mm512_storeu_ps(dx, _mm512_maskz_loadu_ps(positive, dy));
  }
};
struct F64 {
  using T = double;
  static constexpr std::size_t kLanes = 8;
  static void relu(const T *x, T *y) { _mm512_storeu_pd(y, _mm512_max_pd(_mm512_loadu_pd(x), _mm512_setzero_pd())); }
  static void gradient(const T *dy, const T *x, T *dx) {
    const __mmask8 positive = _mm512_cmp_pd_mask(_mm512_loadu_pd(x), _mm512_setzero_pd(), _CMP_GT_OQ);
    _mm512_storeu_pd(dx, _mm512_maskz_loadu_pd(positive, dy));
  }
};
#else
struct F32 {
  using T = float;
  static constexpr std::size_t kLanes = 8;
  static void relu(const T *x, T *y) { _mm256_storeu_ps(y, _mm256_max_ps(_mm256_loadu_ps(x), _mm256_setzero_ps())); }
  static void gradient(const T *dy, const T *x, T *dx) {
    const __m256 positive = _mm256_cmp_ps(_mm256_loadu_ps(x), _mm256_setzero_ps(), _CMP_GT_OQ);
    _mm256_storeu_ps(dx, _mm256_and_ps(positive, _mm256_loadu_ps(dy)));
  }
};
struct F64 {
  using T = double;
  static constexpr std::size_t kLanes = 4;
  static void relu(const T *x, T *y) { _mm256_storeu_pd(y, _mm256_max_pd(_mm256_loadu_pd(x), _mm256_setzero_pd())); }
  static void gradient(const T *dy, const T *x, T *dx) {
    const __m256d positive = _mm256_cmp_pd(_mm256_loadu_pd(x), _mm256_setzero_pd(), _CMP_GT_OQ);
    _mm256_storeu_pd(dx, _mm256_and_pd(positive, _mm256_loadu_pd(dy)));
  }
};
#endif

template <typename Vector>
void forward(const Task &task) {
  using T = typename Vector::T;
  const std::size_t n = task.rows * task.columns;
  const T *const x = static_cast<const T *>(task.buffers[0]);
  T *const y = static_cast<T *>(task.buffers[1]);
  std::size_t i = 0;
#pragma GCC unroll 4
  for (; i + Vector::kLanes <= n; i += Vector::kLanes) Vector::relu(x + i, y + i);
  for (; i < n; ++i) y[i] = x[i] > 0 ? x[i] : 0;
}

template <typename Vector>
void backward(const Task &task) {
  using T = typename Vector::T;
  const std::size_t n = task.rows * task.columns;
  const T *const dy = static_cast<const T *>(task.buffers[0]), *const x = static_cast<const T *>(task.buffers[1]);
  T *const dx = static_cast<T *>(task.buffers[2]);
  std::size_t i = 0;
#pragma GCC unroll 4
  for (; i + Vector::kLanes <= n; i += Vector::kLanes) Vector::gradient(dy + i, x + i, dx + i);
  for (; i < n; ++i) dx[i] = x[i] > 0 ? dy[i] : 0;
}

constexpr std::array loops = {Loop{"relu", "forward", "f32", 0, forward<F32>},
                              Loop{"relu", "forward", "f64", 0, forward<F64>},
                              Loop{"relu", "backward", "f32", 0, backward<F32>},
                              Loop{"relu", "backward", "f64", 0, backward<F64>},
                              Loop{"relu", "backward_from_output", "f32", 0, backward<F32>},
                              Loop{"relu", "backward_from_output", "f64", 0, backward<F64>}};

Work *start(const Task &task) {
  return start_loop(loops, task);
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const actinide::peers::Peer peer{"", actinide::peers::start};
  return setup.threads == 1 ? &peer : nullptr;
}
