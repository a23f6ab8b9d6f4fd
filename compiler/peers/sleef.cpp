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

struct F32 : F32Vector {
  ACTINIDE_FUNCTIONS(F32_FUNCTION)
};
struct F64 : F64Vector {
  ACTINIDE_FUNCTIONS(F64_FUNCTION)
};

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const actinide::peers::Peer peer{
      ACTINIDE_VERSION_TEXT(SLEEF_VERSION_MAJOR, SLEEF_VERSION_MINOR, SLEEF_VERSION_PATCHLEVEL),
      actinide::peers::start_composition<actinide::peers::F32, actinide::peers::F64>};
  return setup.threads == 1 ? &peer : nullptr;
}
