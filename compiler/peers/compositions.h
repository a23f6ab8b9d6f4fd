// Activations made of a library's vector functions, as its users write them.
#pragma once

#include "peers/loops.h"

#include <array>
#include <cmath>
#include <cstring>

#include <immintrin.h>

namespace actinide::peers {

/// The widest vectors that this is compiled for.
struct F32Vector {
  using T = float;
#ifdef __AVX512F__
  using V = __m512;
  static V sqrt(V x) {
    return _mm512_sqrt_ps(x);
  }
#else
  using V = __m256;
  static V sqrt(V x) {
    return _mm256_sqrt_ps(x);
  }
#endif
};
struct F64Vector {
  using T = double;
#ifdef __AVX512F__
  using V = __m512d;
  static V sqrt(V x) {
    return _mm512_sqrt_pd(x);
  }
#else
  using V = __m256d;
  static V sqrt(V x) {
    return _mm256_sqrt_pd(x);
  }
#endif
};

// What a library needs to have.
#define ACTINIDE_FUNCTIONS(FUNCTION) \
  FUNCTION(exp) FUNCTION(expm1) FUNCTION(log) FUNCTION(log1p) FUNCTION(sin) FUNCTION(tanh) FUNCTION(erf)

/// `Functions` is one of these vectors with ACTINIDE_FUNCTIONS of V; log and erf may be missing.
template <typename Functions>
struct Compositions {
  using T = typename Functions::T;
  using V = typename Functions::V;
  static constexpr std::size_t kLanes = sizeof(V) / sizeof(T);

  static V load(const T *from) {
    V v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }
  static void store(T *to, V v) { std::memcpy(to, &v, sizeof v); }
  static V max(V a, V b) { return a > b ? a : b; }
  static V min(V a, V b) { return a < b ? a : b; }
  static V abs(V a) { return a < T(0) ? -a : a; }

  static V softplus(V x) { return max(x, V{}) + Functions::log1p(Functions::exp(-abs(x))); }

  /// y = function(x, task); the last vector is filled up with zeros.
  template <auto function>
  static void forward(const Task &task) {
    const std::size_t n = task.rows * task.columns;
    const T *const x = static_cast<const T *>(task.buffers[0]);
    T *const y = static_cast<T *>(task.buffers[1]);
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) store(y + i, function(load(x + i), task));
    if (i == n) return;
    T part[kLanes] = {};
    std::memcpy(part, x + i, (n - i) * sizeof(T));
    store(part, function(load(part), task));
    std::memcpy(y + i, part, (n - i) * sizeof(T));
  }

  static T parameter(const Task &task, std::size_t k) { return static_cast<T>(task.parameters[k]); }

  static constexpr Loop row(const char *activation, std::size_t parameters, void (*run)(const Task &)) {
    return {activation, "forward", dtype_name<T>(), parameters, run};
  }

  static constexpr Loop log() {
    if constexpr (requires(V x) { Functions::log(x); })
      return row("log", 0, forward<[](V x, auto &) { return Functions::log(x); }>);
    else
      return {};
  }
  static constexpr Loop gelu() {
    if constexpr (requires(V x) { Functions::erf(x); })
      return row("gelu", 0,
                 forward<[](V x, auto &) { return T(0.5) * x * (T(1) + Functions::erf(x * T(M_SQRT1_2))); }>);
    else
      return {};
  }

  static constexpr auto loops() {
    using F = Functions;
    return std::array{
        row("exp", 0, forward<[](V x, auto &) { return F::exp(x); }>),
        log(),
        row("tanh", 0, forward<[](V x, auto &) { return F::tanh(x); }>),
        row("sin", 0, forward<[](V x, auto &) { return F::sin(x); }>),
        row("snake", 1, forward<[](V x, auto &t) {
              const V s = F::sin(parameter(t, 0) * x);
              return x + s * s / parameter(t, 0);
            }>),
        row("sqrt", 0, forward<[](V x, auto &) { return F::sqrt(x); }>),
        row("sigmoid", 0, forward<[](V x, auto &) { return T(1) / (T(1) + F::exp(-x)); }>),
        row("silu", 0, forward<[](V x, auto &) { return x / (T(1) + F::exp(-x)); }>),
        row("swish", 1, forward<[](V x, auto &t) { return x / (T(1) + F::exp(-parameter(t, 0) * x)); }>),
        gelu(),
        row("gelu_tanh", 0, forward<[](V x, auto &) {
              return T(0.5) * x * (T(1) + F::tanh(T(M_2_SQRTPI * M_SQRT1_2) * (x + T(0.044715) * x * x * x)));
            }>),
        row("gelu_sigmoid", 0, forward<[](V x, auto &) { return x / (T(1) + F::exp(T(-1.702) * x)); }>),
        row("elu", 1, forward<[](V x, auto &t) { return (x > T(0)) ? x : parameter(t, 0) * F::expm1(x); }>),
        row("softplus", 0, forward<[](V x, auto &) { return softplus(x); }>),
        row("log_sigmoid", 0, forward<[](V x, auto &) { return -softplus(-x); }>),
        row("mish", 0, forward<[](V x, auto &) { return x * F::tanh(softplus(x)); }>),
        row("tanhexp", 0, forward<[](V x, auto &) { return x * F::tanh(F::exp(x)); }>),
        row("squareplus", 1, forward<[](V x, auto &t) { return T(0.5) * (x + F::sqrt(x * x + parameter(t, 0))); }>)};
  }
};

/// The composition that does the task; null if none does.
template <typename F32, typename F64>
Work *start_composition(const Task &task) {
  static constexpr auto f32 = Compositions<F32>::loops();
  static constexpr auto f64 = Compositions<F64>::loops();
  Work *const work = start_loop(f32, task);
  return work ? work : start_loop(f64, task);
}

}  // namespace actinide::peers
