// What the tests of the reference share.
#pragma once

#include "expression/definition.h"
#include "expression/reference.h"

#include <limits>
#include <string>

namespace actinide {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

inline Reference reference_of(const std::string &text) {
  return Reference(parse_expression(text, {"x"}), {"x"});
}

class Number {
 public:
  explicit Number(mpfr_prec_t precision) { mpfr_init2(value, precision); }
  Number(const Number &) = delete;
  Number &operator=(const Number &) = delete;
  ~Number() { mpfr_clear(value); }
  mpfr_t value;
};

inline double value_at(const Reference &reference, double x) {
  Number result(53);
  reference.evaluate(result.value, {&x, 1});
  return mpfr_get_d(result.value, MPFR_RNDN);
}

}  // namespace actinide
