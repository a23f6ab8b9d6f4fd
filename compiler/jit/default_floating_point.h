// Compiling computes: constants, bounds, which literals are exact. What comes of it must not depend on how the thread
// that asks for a kernel rounds, and whether it flushes subnormal numbers.
#pragma once

#include <cfenv>

namespace actinide::jit {

/// The default floating-point environment in this scope, then the caller's again.
class DefaultFloatingPoint {
 public:
  DefaultFloatingPoint() {
    std::fegetenv(&callers_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~DefaultFloatingPoint() { std::fesetenv(&callers_); }
  DefaultFloatingPoint(const DefaultFloatingPoint &) = delete;
  DefaultFloatingPoint &operator=(const DefaultFloatingPoint &) = delete;

 private:
  std::fenv_t callers_;
};

}  // namespace actinide::jit
