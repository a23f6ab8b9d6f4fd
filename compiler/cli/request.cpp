#include "cli/request.h"

#include "activations.h"
#include "error.h"
#include "expression/form.h"
#include "names.h"

#include <algorithm>
#include <limits>

namespace actinide::cli {
namespace {

template <typename Word>
std::string spellings(std::span<const Word> words) {
  std::string text;
  for (const Word word : words) text.append(text.empty() ? "" : ", ").append(to_string(word));
  return text;
}

// The text of a definition with the parameters that a request binds.
std::string requested(const Definition &definition, const NamedRequest &request) {
  Definition result = bound(definition, request.bound);
  result.name = label_of(definition.name, request.bound);
  return to_text(result);
}

}  // namespace

std::string known_passes() {
  return spellings(all_passes());
}
std::string known_dtypes() {
  return spellings(all_dtypes());
}
std::string known_pairs() {
  return spellings(mixed_dtypes());
}
std::string known_tiers() {
  return spellings(all_tiers());
}

Option add_pass(const Command &command, std::string &pass) {
  return command.option("--pass", pass, "What to compute: " + known_passes()).default_as_set();
}
Option add_dtype(const Command &command, std::string &dtype) {
  return command.option("--dtype", dtype, "Element type: " + known_dtypes() + "; or of inputs and outputs, bf16:f32")
      .default_as_set();
}
Option add_tier(const Command &command, std::string &tier) {
  return command.option("--tier", tier, "Accuracy: " + known_tiers()).default_as_set();
}

Option add_schedule(const Command &command, std::string &schedule) {
  return command
      .option("--schedule", schedule,
              "Changes to the schedule, such as vectors=2,stream=0: speed, never a bit [the best known]")
      .type_name("TEXT");
}

void KernelWords::add_to(const Command &command) {
  add_pass(command, pass);
  add_dtype(command, dtype);
  add_tier(command, tier);
  add_schedule(command, schedule);
}

Option Activations::add_options(const Command &command) {
  command
      .option("--define", definitions,
              "A definition of your own: \"mine(x; a = 1) = x * tanh(a * exp(x))\"; can be repeated")
      .type_name("TEXT")
      .repeated();
  return command
      .option("ACT", names, "An activation: gelu, leaky_relu(slope=0.2), a name from --define, or a definition")
      .type_name("");
}

void Activations::add_to(const Command &command) {
  add_options(command);
}

void Activations::add_one_to(const Command &command) {
  add_options(command).words(0, 1);
}

std::vector<std::string> Activations::texts() const {
  std::vector<Definition> defined;
  for (const std::string &text : definitions) {
    defined.push_back(parse_definition(text, activation_scope()));
    for (std::size_t i = 0; i + 1 < defined.size(); ++i)
      if (defined[i].name == defined.back().name) user_error("'{}' is defined twice; rename one", defined[i].name);
  }
  std::vector<bool> used(defined.size());
  std::vector<std::string> result;
  for (const std::string &text : names) {
    result.push_back(text);
    if (defined.empty() || looks_like_definition(text)) continue;
    const auto [form, activation] = parse_form(text);
    if (looks_like_definition(activation)) continue;
    const NamedRequest request = parse_request(activation);
    const auto found = std::ranges::find(defined, request.name, &Definition::name);
    if (found == defined.end()) continue;
    const auto index = static_cast<std::size_t>(found - defined.begin());
    used[index] = true;
    result.back() = with_form(form, request.bound.empty() ? definitions[index] : requested(*found, request));
  }
  for (std::size_t i = 0; i < defined.size(); ++i)
    if (!used[i]) result.push_back(definitions[i]);
  if (result.empty()) require("ACT (`actinide list` shows all) or --define");
  return result;
}

std::string Activations::text() const {
  const std::vector<std::string> all = texts();
  if (all.size() > 1) user_error("this command takes one activation, not {}; leave the others out", all.size());
  return all[0];
}

std::vector<std::string> split_list(const std::string &text, const std::string &what) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ',') continue;
    const std::size_t first = text.find_first_not_of(' ', begin);
    const std::size_t last = text.find_last_not_of(' ', i - 1);
    if (i == begin || first >= i) user_error("{} '{}' has an empty place; separate with single commas", what, text);
    parts.push_back(text.substr(first, last - first + 1));
    begin = i + 1;
  }
  return parts;
}

}  // namespace actinide::cli
