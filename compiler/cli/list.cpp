// `actinide list`: every built-in activation.
#include "activations.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/request.h"
#include "expression/printer.h"
#include "expression/reference.h"
#include "passes.h"
#include "pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide::cli {
namespace {

template <typename Word>
nlohmann::ordered_json spellings(std::span<const Word> words) {
  auto list = nlohmann::ordered_json::array();
  for (const Word word : words) list.push_back(to_string(word));
  return list;
}

// The row as a request names it.
KernelRequest forward_of(const Activation &row) {
  return parse_kernel_request(std::string(row.name), Pass::forward, DType::f32, Tier::standard);
}

// Each pass that the row doesn't have, with the reason.
nlohmann::ordered_json undefined_passes_json(const Activation &row) {
  auto reasons = nlohmann::ordered_json::object();
  for (const Pass pass : all_passes())
    if (const auto reason = reason_undefined(row, pass)) reasons[std::string(to_string(pass))] = *reason;
  return reasons;
}

// The bound of every (pass, dtype, tier), as the contract has it: in ULP, or relative to max(1, |exact|).
nlohmann::ordered_json bounds_json(const Activation &row) {
  auto list = nlohmann::ordered_json::array();
  for (const DType dtype : all_dtypes())
    for (const Tier tier : tiers_of(dtype))
      for (const Pass pass : passes_of(forward_of(row))) {
        const KernelRequest request = parse_kernel_request(std::string(row.name), pass, dtype, tier);
        const auto ulp = bound_of(request), relaxed = relaxed_bound_of(request);
        if (!ulp && !relaxed) continue;
        nlohmann::ordered_json bound = {
            {"pass", to_string(pass)}, {"dtype", to_string(dtype)}, {"tier", to_string(tier)}};
        if (ulp)
          bound["ulp"] = *ulp;
        else
          bound["relaxed"] = *relaxed;
        list.push_back(bound);
      }
  return list;
}

nlohmann::ordered_json tiers_json() {
  auto tiers = nlohmann::ordered_json::object();
  for (const DType dtype : all_dtypes()) tiers[std::string(to_string(dtype))] = spellings(tiers_of(dtype));
  return tiers;
}

nlohmann::ordered_json kinks_json(const Activation &row) {
  auto list = nlohmann::ordered_json::array();
  for (const Kink &kink : row.kinks)
    list.push_back({{"input", kink.input}, {"at", kink.at}, {"derivative", kink.derivative}});
  return list;
}

nlohmann::ordered_json row_json(const Activation &row) {
  auto parameters = nlohmann::ordered_json::array();
  for (const Parameter &parameter : definition_of(row).parameters) {
    const Constraint *constraint = find_constraint(row, parameter.name);
    parameters.push_back({{"name", parameter.name},
                          {"default", Reference(constant(parameter.default_value), {}).rounded({}, DType::f64)},
                          {"constraint", constraint ? constraint->text : ""},
                          {"compiled_in", constraint && constraint->option}});
  }
  auto presets = nlohmann::ordered_json::array();
  for (const Preset &preset : row.presets)
    presets.push_back({{"name", preset.name}, {"stands_for", request_text(row, preset)}});
  return {{"name", row.name},
          {"aliases", row.aliases},
          {"presets", presets},
          {"definition", row.definition},
          {"formula", row.formula},
          {"parameters", parameters},
          {"shape", to_string(row.shape)},
          {"kinks", kinks_json(row)},
          {"passes", spellings(std::span<const Pass>(passes_of(forward_of(row))))},
          {"undefined_passes", undefined_passes_json(row)},
          {"dtypes", spellings(all_dtypes())},
          {"tiers", spellings(all_tiers())},
          {"tiers_of_dtypes", tiers_json()},
          {"bounds", bounds_json(row)}};
}

void print_json() {
  auto list = nlohmann::ordered_json::array();
  for (const Activation &row : all_activations()) list.push_back(row_json(row));
  auto forms = nlohmann::ordered_json::array();
  for (const FormWord &form : all_forms())
    forms.push_back({{"name", form.name}, {"inputs", form.inputs}, {"inside", form.inside}, {"meaning", form.meaning}});
  fmt::print(
      "{}\n",
      nlohmann::ordered_json{{"activations", list}, {"forms", forms}, {"mixed_dtypes", spellings(mixed_dtypes())}}.dump(
          2));
}

// `relaxed, standard; f64: relaxed` where a dtype lacks some.
std::string tiers_text() {
  std::string text = known_tiers();
  for (const DType dtype : all_dtypes()) {
    const std::span<const Tier> tiers = tiers_of(dtype);
    if (tiers.size() == all_tiers().size()) continue;
    text += fmt::format("; {}:", to_string(dtype));
    for (const Tier tier : tiers) text += fmt::format("{} {}", tier == tiers[0] ? "" : ",", to_string(tier));
  }
  return text;
}

// The definition, then a line for each thing that it doesn't say.
void print_text() {
  for (const Activation &row : all_activations()) {
    const KernelRequest forward = forward_of(row);
    fmt::print("{}\n", written_definition(forward));
    for (const Fact &fact : facts_of(forward)) fmt::print("    {}: {}\n", fact.name, fact.text);
  }
  fmt::print("\nEach in every dtype and in every tier that the dtype has.\n");
  for (const FormWord &form : all_forms())
    fmt::print("{}(f), for any f that is {}: {}\n", form.name, taken_by(form), form.meaning);
  fmt::print("\npasses: {}\ndtypes: {}; inputs:outputs {}\ntiers:  {}\n", known_passes(), known_dtypes(), known_pairs(),
             tiers_text());
}

}  // namespace

void add_list(const Command &app) {
  const Command command = app.subcommand("list", "Every activation: definition, parameters, kinks, aliases, passes");
  auto json = std::make_shared<bool>(false);
  command.flag("--json", *json, "As JSON, with the bounds in ULP");
  command.runs([json] { *json ? print_json() : print_text(); });
}

}  // namespace actinide::cli
