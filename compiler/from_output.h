// Derivatives as functions of the output: dx from dy and y, so that x needn't be kept.
#pragma once

#include "activations.h"

#include <optional>
#include <string>
#include <variant>

namespace actinide {

struct KernelRequest;

/// f'(x) in terms of y = f(x).
struct FromOutput {
  Expr derivative;        ///< over the variable `y` and the parameters
  std::string condition;  ///< on a parameter that is an argument: "slope >= 0"; empty: none
};

/// For a row by what it says; for a definition of the user's by the row that it is equal to. Otherwise why there is
/// none, in words.
std::variant<FromOutput, std::string> derivative_from_output(const KernelRequest &request, const std::string &y);

}  // namespace actinide
