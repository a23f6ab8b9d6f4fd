// SLEEF: its functions of at most 1.0 ULP, and activations made of them.
#include "peers/compositions.h"

#include <sleef.h>

namespace actinide::peers {
namespace {

#ifdef __AVX512F__
#define F32_FUNCTION(name)                  \
  static V name(V x) {                      \
    return Sleef_##name##f16_u10avx512f(x); \
  }
#define F64_FUNCTION(name)                 \
  static V name(V x) {                     \
    return Sleef_##name##d8_u10avx512f(x); \
  }
#else
#define F32_FUNCTION(name)              \
  static V name(V x) {                  \
    return Sleef_##name##f8_u10avx2(x); \
  }
#define F64_FUNCTION(name)              \
  static V name(V x) {                  \
    return Sleef_##name##d4_u10avx2(x); \
  }
#endif

#define ALL(FUNCTION) FUNCTION(exp) FUNCTION(expm1) FUNCTION(log) FUNCTION(log1p) FUNCTION(tanh) FUNCTION(erf)

struct F32 : F32Vector {
  ALL(F32_FUNCTION)
};
struct F64 : F64Vector {
  ALL(F64_FUNCTION)
};

constexpr auto f32 = Compositions<F32>::loops();
constexpr auto f64 = Compositions<F64>::loops();

Work *start(const Task &task) {
  Work *const work = start_loop(f32, task);
  return work ? work : start_loop(f64, task);
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const actinide::peers::Peer peer{
      ACTINIDE_VERSION_TEXT(SLEEF_VERSION_MAJOR, SLEEF_VERSION_MINOR, SLEEF_VERSION_PATCHLEVEL),
      actinide::peers::start};
  return setup.threads == 1 ? &peer : nullptr;
}
