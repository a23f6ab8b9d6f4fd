// Functions of the C library at many points: its vector functions where it has some.
#pragma once

#include "expression/reference_batch.h"

namespace actinide::reference {

using Values = std::array<double, batch_points>;

/// y[i] = f(x[i]), as exact as `batch_library_error` says. x and y are not the same.
struct Library {
  using Function = void (*)(const Values &x, Values &y);
  static void exp(const Values &x, Values &y);
  static void expm1(const Values &x, Values &y);
  static void log(const Values &x, Values &y);
  static void log1p(const Values &x, Values &y);
  static void sin(const Values &x, Values &y);
  static void cos(const Values &x, Values &y);
  static void tanh(const Values &x, Values &y);
  static void erf(const Values &x, Values &y);
  static void erfc(const Values &x, Values &y);
};

}  // namespace actinide::reference
