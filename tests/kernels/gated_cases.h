// Kernels of two inputs, x f(gate), that compute in f32: the functions themselves, and their gradients.
#pragma once

#include "contract.h"
#include "element.h"
#include "tests/kernels/kernel_case.h"

#include <ostream>
#include <string>
#include <vector>

namespace actinide::testing_support {

struct GatedCase {
  std::string activation;
  Pass pass;
  DType dtype;

  KernelRequest request() const { return parse_kernel_request(activation, pass, dtype, Tier::standard); }
};
inline void PrintTo(const GatedCase &one, std::ostream *out) {
  *out << one.activation;
}

/// All without parameters whose kernels compute in f32, at least at first.
inline std::vector<GatedCase> gated_in_f32(Pass pass) {
  std::vector<GatedCase> cases;
  for (const Activation &row : all_activations()) {
    if (row.shape != ShapeClass::element || !definition_of(row).parameters.empty()) continue;
    const bool has_gate = definition_of(row).inputs.size() == 2;
    const std::string name = has_gate ? std::string(row.name) : "gated(" + std::string(row.name) + ")";
    for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
      const GatedCase one{name, pass, dtype};
      const Compute compute = precision_of(one.request(), parse_target("x86-64-v3")).compute;
      if (first_of(compute) == Compute::f32) cases.push_back(one);
    }
  }
  return cases;
}

}  // namespace actinide::testing_support
