// Compiled with -ffast-math -fopenmp-simd, which is how glibc's headers offer its vector functions (libmvec, since
// 2.35 all that are needed): nothing but calls may stand here, since no arithmetic is safe then.
#include "expression/reference_batch_library.h"

#include "expression/reference_batch_ends.h"

#include <cmath>

namespace actinide::reference {

#define ACTINIDE_LIBRARY_FUNCTION(name)                                    \
  ACTINIDE_WIDE void Library::name(const Values &x, Values &y) {           \
    for (std::size_t i = 0; i < batch_points; ++i) y[i] = std::name(x[i]); \
  }

ACTINIDE_LIBRARY_FUNCTION(exp)
ACTINIDE_LIBRARY_FUNCTION(expm1)
ACTINIDE_LIBRARY_FUNCTION(log)
ACTINIDE_LIBRARY_FUNCTION(log1p)
ACTINIDE_LIBRARY_FUNCTION(sin)
ACTINIDE_LIBRARY_FUNCTION(cos)
ACTINIDE_LIBRARY_FUNCTION(tanh)
ACTINIDE_LIBRARY_FUNCTION(erf)
ACTINIDE_LIBRARY_FUNCTION(erfc)

}  // namespace actinide::reference
