// `actinide list`: every built-in activation.
#include "activations.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "expression/reference.h"
#include "pipeline.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide::cli {
namespace {

const Constraint *constraint_of(const Activation &row, const Parameter &parameter) {
  const auto found = std::ranges::find(row.constraints, parameter.name, &Constraint::parameter);
  return found == row.constraints.end() ? nullptr : &*found;
}

template <typename Word>
nlohmann::ordered_json spellings(std::span<const Word> words) {
  auto list = nlohmann::ordered_json::array();
  for (const Word word : words) list.push_back(to_string(word));
  return list;
}

// The bound in ULP of every (pass, dtype, tier), as the contract has it.
nlohmann::ordered_json bounds_json(const Activation &row) {
  auto list = nlohmann::ordered_json::array();
  for (const DType dtype : all_dtypes())
    for (const Tier tier : all_tiers())
      for (const Pass pass : all_passes()) {
        const auto bound = bound_of(parse_kernel_request(std::string(row.name), pass, dtype, tier));
        if (bound)
          list.push_back(
              {{"pass", to_string(pass)}, {"dtype", to_string(dtype)}, {"tier", to_string(tier)}, {"ulp", *bound}});
      }
  return list;
}

nlohmann::ordered_json row_json(const Activation &row) {
  auto parameters = nlohmann::ordered_json::array();
  for (const Parameter &parameter : definition_of(row).parameters) {
    const Constraint *constraint = constraint_of(row, parameter);
    parameters.push_back({{"name", parameter.name},
                          {"default", Reference(constant(parameter.default_value), {}).rounded({}, DType::f64)},
                          {"constraint", constraint ? constraint->text : ""},
                          {"compiled_in", constraint && constraint->option}});
  }
  return {{"name", row.name},
          {"aliases", row.aliases},
          {"definition", row.definition},
          {"parameters", parameters},
          {"shape", to_string(row.shape)},
          {"derivative_at_kink", row.at_kink},
          {"passes", spellings(all_passes())},
          {"dtypes", spellings(all_dtypes())},
          {"tiers", spellings(all_tiers())},
          {"bounds", bounds_json(row)}};
}

void print_json() {
  auto list = nlohmann::ordered_json::array();
  for (const Activation &row : all_activations()) list.push_back(row_json(row));
  fmt::print("{}\n", nlohmann::ordered_json{{"activations", list}}.dump(2));
}

// The definition, then a line of what it doesn't say.
void print_text() {
  for (const Activation &row : all_activations()) {
    std::vector<std::string> notes;
    for (const Parameter &parameter : definition_of(row).parameters) {
      const Constraint *constraint = constraint_of(row, parameter);
      if (constraint)
        notes.push_back(fmt::format("{}{}", constraint->text, constraint->option ? " (compiled in)" : ""));
    }
    if (!row.at_kink.empty()) notes.push_back(fmt::format("derivative at the kink: {}", row.at_kink));
    if (!row.aliases.empty()) notes.push_back(fmt::format("also called {}", fmt::join(row.aliases, ", ")));
    fmt::print("{}\n", row.definition);
    if (!notes.empty()) fmt::print("    {}\n", fmt::join(notes, "; "));
  }
  fmt::print("\npasses: {}\ndtypes: {}\ntiers:  {}\n", known_passes(), known_dtypes(), known_tiers());
}

}  // namespace

void add_list(CLI::App &app) {
  CLI::App *command = app.add_subcommand("list", "Every activation: definition, parameters, kinks, aliases");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As JSON, with the bounds in ULP");
  command->callback([json] { *json ? print_json() : print_text(); });
}

}  // namespace actinide::cli
