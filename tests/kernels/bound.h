// The accuracy contract as a test: a kernel against the reference, within the bound that its row promises (pipeline:
// bound_of).
#pragma once

#include "tests/kernels/kernel_case.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace actinide::testing_support {

constexpr std::uint64_t kSeed = 20240229;

/// The defaults of the parameters that are arguments of the kernel.
std::vector<double> default_parameters(const KernelCase &c);

/// Expects every output of the kernel, by every input that doesn't just multiply, to keep the bound, and NaN and the
/// signs of zero to be where they belong. Measured are `points` random points over all exponents, and the
/// neighbourhoods of every danger point, root, saturation and change of kind; of 16 bits all 65,536 inputs.
void expect_within_bound(const KernelCase &c, const std::vector<double> &parameters, std::uint64_t points,
                         const std::string &target = {});

/// A parameter with a value other than its default.
struct ParameterCase {
  const char *activation;
  const char *parameter;
  const char *value;

  std::string bound() const { return std::string(activation) + "(" + parameter + "=" + value + ")"; }
  std::string name() const;
};

inline std::ostream &operator<<(std::ostream &out, const ParameterCase &c) {
  return out << c.bound();
}

/// For every pass that the activation has with this value, in every dtype and tier: compiled in and as an argument.
void expect_compiled_in_within_bound(const ParameterCase &parameter, std::span<const Pass> passes,
                                     std::uint64_t points);
void expect_as_argument_within_bound(const ParameterCase &parameter, std::span<const Pass> passes,
                                     std::uint64_t points);

}  // namespace actinide::testing_support
