// A target's times of single elements as tables.
#pragma once

#include "tests/benchmark/sweep.h"

#include <string>

namespace actinide::speed {

/// One line for each variant, pass and size: the middle and the extremes of the ratios to the copies.
std::string summary_text(const Sweep &sweep);

/// The copies alone: what the ratios rest on.
std::string copies_text(const Sweep &sweep);

/// Every row in every variant, pass and size: ns for an element, and the ratio to the faster copy.
std::string kernels_text(const Sweep &sweep);

/// How many controls stayed off.
std::string disturbed_text(const Sweep &sweep);

}  // namespace actinide::speed
