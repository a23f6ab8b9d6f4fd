// glibc's vector functions, under the names that compilers call them by, and activations made of them.
#include "peers/compositions.h"

#include <gnu/libc-version.h>

// Named by the vector functions' ABI of x86: d is AVX2, e is AVX-512; so many lanes; v is an argument that is a vector.
#ifdef __AVX512F__
#define F32_NAME(name) _ZGVeN16v_##name##f
#define F64_NAME(name) _ZGVeN8v_##name
#else
#define F32_NAME(name) _ZGVdN8v_##name##f
#define F64_NAME(name) _ZGVdN4v_##name
#endif

#define DECLARE(name)                                                            \
  actinide::peers::F32Vector::V F32_NAME(name)(actinide::peers::F32Vector::V x); \
  actinide::peers::F64Vector::V F64_NAME(name)(actinide::peers::F64Vector::V x);
extern "C" {
ACTINIDE_FUNCTIONS(DECLARE)
}

namespace actinide::peers {
namespace {

#define F32_FUNCTION(name)    \
  static V name(V x) {        \
    return F32_NAME(name)(x); \
  }
#define F64_FUNCTION(name)    \
  static V name(V x) {        \
    return F64_NAME(name)(x); \
  }

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
      gnu_get_libc_version(), actinide::peers::start_composition<actinide::peers::F32, actinide::peers::F64>};
  return setup.threads == 1 ? &peer : nullptr;
}
