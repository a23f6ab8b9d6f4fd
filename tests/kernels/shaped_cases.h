// Kernels whose tensors have shapes of their own, and sums: what tests of every target iterate over.
#pragma once

#include "activations.h"
#include "exceptions.h"
#include "pipeline.h"

#include <fmt/format.h>

#include <cctype>
#include <string>
#include <vector>

namespace actinide::testing_support {

struct ShapedCase {
  std::string activation;
  Pass pass;
  DTypes dtypes;

  KernelRequest request() const { return parse_kernel_request(activation, pass, dtypes, Tier::standard); }
  std::string name() const {
    std::string text = fmt::format("{}_{}_{}", activation, to_string(pass), to_string(dtypes));
    for (char &c : text)
      if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return text;
  }
  bool is_defined() const {
    try {
      request();
      return true;
    } catch (const UserError &) {
      return false;
    }
  }
};

/// Of the table what isn't element-wise, in every pass and dtype, and sums; forms of each kind.
inline std::vector<ShapedCase> shaped_cases() {
  std::vector<std::string> shaped = {
      "packed(swiglu)", "packed(glu)", "biased(gelu)", "residual(biased(silu))", "logsumexp(leading_zero=1)",
      "maxout(k=3)"};
  std::vector<ShapedCase> all;
  for (const Activation &row : all_activations()) {
    if (row.shape == ShapeClass::element)
      all.push_back({std::string(row.name), Pass::parameter_gradient, DType::f32});
    else
      shaped.emplace_back(row.name);
  }
  for (const std::string &activation : shaped)
    for (Pass pass : all_passes())
      for (DType dtype : all_dtypes()) all.push_back({activation, pass, dtype});
  for (const char *activation : {"softmax", "prelu", "biased(gelu)"})
    for (DTypes dtypes : {DTypes(DType::bf16, DType::f32), DTypes(DType::f32, DType::f16)})
      all.push_back({activation, Pass::backward, dtypes});
  all.push_back({"packed(f(x, gate; a = 1) = x * sigmoid(a * gate))", Pass::parameter_gradient, DType::f32});
  for (DType dtype : {DType::f64, DType::bf16}) all.push_back({"swish", Pass::parameter_gradient, dtype});
  std::erase_if(all, [](const ShapedCase &one) { return !one.is_defined(); });
  return all;
}

}  // namespace actinide::testing_support
