// What `actinide check` finds of a kernel, and how it is told.
#pragma once

#include "accuracy/sweep.h"

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actinide::cli {

/// One output of a kernel, or of a peer, by one of its inputs.
struct CheckResult {
  std::string kernel, tier, by, digest, input, output;
  std::vector<std::pair<std::string, double>> others = {};  ///< further inputs of the definition, and where they rest
  DType dtype;
  SweepResult errors;
  std::vector<SpecialResult> specials;
  std::optional<double> bound, relaxed_bound;
  bool nearest = false;  ///< promised
  bool may_flush = false;

  /// The largest error that counts, in ULP.
  double worst() const {
    return may_flush ? errors.normal.ulp : std::max({errors.normal.ulp, errors.subnormal.ulp, errors.flushed_ulp});
  }
  /// What is promised: the bound, and f(-0) = -0 where f is odd there.
  bool kept() const {
    const auto wrong_sign = [](const SpecialResult &special) { return special.input == 0 && !special.sign_matches; };
    if (nearest && errors.not_nearest > 0) return false;
    if (relaxed_bound) return errors.relaxed <= *relaxed_bound && std::ranges::none_of(specials, wrong_sign);
    return !bound || (worst() <= *bound && std::ranges::none_of(specials, wrong_sign));
  }
};

void print_text(const CheckResult &result);
/// JSON has no infinities and NaN: numbers are text where they may be such.
nlohmann::ordered_json to_json(const CheckResult &result);

}  // namespace actinide::cli
