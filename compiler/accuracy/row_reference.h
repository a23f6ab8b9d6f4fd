// Activations of rows by their definitions, in many binary digits: of exp(u - c) for the c that is largest, which is
// exact there, and no further rearrangement.
#pragma once

#include "vocabulary.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace actinide {

/// One row of finite elements.
class RowReference {
 public:
  /// `activation`: softmax, softmin, log_softmax, logsumexp or logsumexp(leading_zero=1).
  RowReference(const std::string &activation, std::span<const double> x, DType dtype);
  ~RowReference();
  RowReference(RowReference &&) noexcept;
  RowReference &operator=(RowReference &&) noexcept;

  std::size_t results() const;
  /// The error in ULP of each forward result. An infinity is right where the exact result rounds to it.
  std::vector<double> forward_ulps(std::span<const double> computed) const;
  /// The error of each element of dx in ULP at the exact dx, or at the largest of the terms p_i p_j dy_i and p_i p_j
  /// dy_j whose sum it is, if that is larger: where they cancel, no less can be asked.
  /// `dy`: one for each element, or one for the row where the activation has one result.
  std::vector<double> backward_ulps(std::span<const double> computed, std::span<const double> dy) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The same of dx from dy and a given y, whether or not its row is one of the activation's: of y_i (dy_i - sum_j y_j
/// dy_j), or of dy_i - e^y_i sum_j dy_j, in ULP at it or at the largest of its terms. Not of logsumexp.
std::vector<double> from_output_ulps(const std::string &activation, std::span<const double> computed,
                                     std::span<const double> dy, std::span<const double> y, DType dtype);

}  // namespace actinide
