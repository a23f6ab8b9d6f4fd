// Activations of rows by their definitions, in 1,500 binary digits: of exp(u - c) for the c that is largest, which is
// exact there, and no further rearrangement.
#pragma once

#include "vocabulary.h"

#include <span>
#include <string>
#include <vector>

namespace actinide::testing_support {

/// One row of finite elements.
class RowReference {
 public:
  /// `activation`: softmax, softmin, log_softmax, logsumexp or logsumexp(leading_zero=1).
  RowReference(const std::string &activation, std::span<const double> x);
  ~RowReference();
  RowReference(const RowReference &) = delete;
  RowReference &operator=(const RowReference &) = delete;

  std::size_t results() const;
  /// The error of `computed` as the forward result number `index`. An infinity is right where the exact result rounds
  /// to it.
  double forward_ulp(double computed, std::size_t index, DType dtype) const;
  /// The error of each element of dx in ULP at the exact dx, or at the largest of the terms p_i p_j dy_i and p_i p_j
  /// dy_j whose sum it is, if that is larger: where they cancel, no less can be asked.
  /// `dy`: one for each element, or one for the row where the activation has one result.
  std::vector<double> backward_ulps(std::span<const double> computed, std::span<const double> dy, DType dtype) const;

 private:
  struct Impl;
  Impl *impl_;
};

}  // namespace actinide::testing_support
