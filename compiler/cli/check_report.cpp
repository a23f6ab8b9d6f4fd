#include "cli/check_report.h"

#include "cli/number.h"
#include "cli/table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace actinide::cli {

void print_text(const CheckResult &result) {
  const SweepResult &errors = result.errors;
  const Worst &worst = errors.normal;
  const auto number = [&](double value) { return number_text(value, result.dtype); };
  std::string others;
  for (const auto &[name, value] : result.others) others += fmt::format(", {} = {}", name, number(value));
  fmt::print("{}, {}: {} by {}{}, {} points\n", result.kernel, result.by.empty() ? result.tier : result.by,
             result.output, result.input, others, errors.points);
  const std::string bound = result.bound ? fmt::format(" (bound: {})", *result.bound) : "";
  if (worst.ulp > 0)
    fmt::print("  error       {:.4f} ULP at most{} at {} = {} ({:a})\n              computed {}, exact {}\n", worst.ulp,
               bound, result.input, number(worst.input), worst.input, number(worst.computed), worst.exact);
  else
    fmt::print("  error       none{}\n", bound);
  if (result.relaxed_bound)
    fmt::print("  relaxed     {:.3g} max(1, |exact|) at most (bound: {:.3g})\n", errors.relaxed, *result.relaxed_bound);
  if (errors.subnormal_results)
    fmt::print("  subnormal   {:.4f} ULP at most in {} results; {} given as zero, by {:.4f} ULP at most\n",
               errors.subnormal.ulp, errors.subnormal_results, errors.flushed, errors.flushed_ulp);
  fmt::print("  nearest     {:.3f} % are the exact result, correctly rounded; {} are not\n",
             100 - 100 * static_cast<double>(errors.not_nearest) / static_cast<double>(errors.points),
             errors.not_nearest);
  Table table({"  " + result.input, result.output, "exact, rounded"});
  for (const SpecialResult &special : result.specials)
    table.add({"  " + number(special.input), number(special.computed), number(special.expected)});
  fmt::print("{}\n", table.text());
}

nlohmann::ordered_json to_json(const CheckResult &result) {
  const auto number = [&](double value) { return number_text(value, result.dtype); };
  auto specials = nlohmann::ordered_json::array();
  for (const SpecialResult &special : result.specials)
    specials.push_back({{"input", number(special.input)},
                        {"computed", number(special.computed)},
                        {"expected", number(special.expected)}});
  auto others = nlohmann::ordered_json::object();
  for (const auto &[name, value] : result.others) others[name] = value;
  const Worst &worst = result.errors.normal;
  nlohmann::ordered_json json = {{"kernel", result.kernel},
                                 {"tier", result.tier},
                                 {"by", result.by.empty() ? "actinide" : result.by},
                                 {"digest", result.digest},
                                 {"output", result.output},
                                 {"input", result.input},
                                 {"others", others},
                                 {"points", result.errors.points},
                                 {"ulp", worst.ulp},
                                 {"bound", nullptr},
                                 {"kept", result.kept()},
                                 {"worst_input", number(worst.input)},
                                 {"worst_computed", number(worst.computed)},
                                 {"worst_exact", worst.exact},
                                 {"subnormal_ulp", result.errors.subnormal.ulp},
                                 {"subnormal_results", result.errors.subnormal_results},
                                 {"flushed", result.errors.flushed},
                                 {"flushed_ulp", result.errors.flushed_ulp},
                                 {"not_nearest", result.errors.not_nearest},
                                 {"relaxed", result.errors.relaxed},
                                 {"relaxed_bound", nullptr},
                                 {"special_values", specials}};
  if (result.bound) json["bound"] = *result.bound;
  if (result.relaxed_bound) json["relaxed_bound"] = *result.relaxed_bound;
  return json;
}

}  // namespace actinide::cli
