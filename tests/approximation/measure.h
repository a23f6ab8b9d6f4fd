// Measures a program against the reference.
#pragma once

#include "approximation/evaluate.h"
#include "expression/definition.h"
#include "expression/reference.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace actinide {

inline const char *name_of(DType dtype) {
  return dtype == DType::f32 ? "f32" : "f64";
}

struct Worst {
  double normal = 0;     ///< ULP, where the exact result is normal
  double subnormal = 0;  ///< and where it isn't
  double at_normal = 0;
  double at_subnormal = 0;
};

/// Inputs spread evenly over the exponents, more of them between 2^-30 and 2^10, of both signs.
inline std::vector<double> sample_inputs(DType dtype, int count, unsigned seed) {
  std::mt19937_64 random(seed);
  const bool f32 = dtype == DType::f32;
  std::uniform_real_distribution<double> whole(f32 ? -149 : -1074, f32 ? 128 : 1024), core(-30, 10);
  std::vector<double> inputs;
  for (int i = 0; i < count; ++i) {
    const double magnitude = std::exp2(i % 4 == 0 ? whole(random) : core(random));
    const double x = f32 ? static_cast<float>(magnitude) : magnitude;
    inputs.push_back(random() % 2 == 0 ? x : -x);
  }
  return inputs;
}

/// `program` computes `exact`; both have one input and the given parameters.
inline Worst measure(const Program &program, const Reference &exact, DType dtype, const std::vector<double> &inputs,
                     const std::vector<double> &parameters = {}) {
  const double least_normal = dtype == DType::f32 ? 0x1p-126 : 0x1p-1022;
  Worst worst;
  for (const double x : inputs) {
    const double y = interpret(program, {&x, 1}, parameters)[0];
    std::vector<double> point{x};
    point.insert(point.end(), parameters.begin(), parameters.end());
    const double error = exact.ulp_error(y, point, dtype);
    const bool normal = std::abs(exact.rounded(point, dtype)) >= least_normal;
    double &most = normal ? worst.normal : worst.subnormal;
    if (error <= most) continue;
    most = error;
    (normal ? worst.at_normal : worst.at_subnormal) = x;
  }
  return worst;
}

inline Program program_of(const Expr &expression, DType dtype, Precision precision,
                          const std::vector<std::string> &parameters = {}) {
  return build_program({{"x"}, parameters, {{"y", expression}}}, dtype, precision);
}

inline double value_at(const Program &program, double x, const std::vector<double> &parameters = {}) {
  return interpret(program, {&x, 1}, parameters)[0];
}

}  // namespace actinide
