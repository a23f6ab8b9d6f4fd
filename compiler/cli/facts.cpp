#include "cli/facts.h"

#include "call_limits.h"
#include "expression/printer.h"
#include "passes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace actinide::cli {
namespace {

std::string assignment(const std::string &parameter, const Rational &value) {
  return fmt::format("{} = {}", parameter, to_text(constant(value)));
}

std::string constraint_text(const KernelRequest &request, const std::string &parameter) {
  const Constraint *constraint = request.row ? find_constraint(*request.row, parameter) : nullptr;
  return constraint ? std::string(constraint->text) : "any number";
}

// The open ones first, which are arguments of the kernel.
std::string parameters_text(const KernelRequest &request) {
  std::vector<std::string> texts;
  for (const Parameter &parameter : request.definition.parameters)
    texts.push_back(fmt::format("{} ({})", assignment(parameter.name, parameter.default_value),
                                constraint_text(request, parameter.name)));
  for (const auto &[name, value] : request.bound)
    texts.push_back(fmt::format("{} ({}; compiled in)", assignment(name, value), constraint_text(request, name)));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string names_text(const Activation &row) {
  std::vector<std::string> texts(row.aliases.begin(), row.aliases.end());
  for (const Preset &preset : row.presets)
    texts.push_back(fmt::format("{} is {}", preset.name, request_text(row, preset)));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// All of them, or those that there are, or those that there aren't: whichever is shorter.
std::string passes_text(const KernelRequest &forward) {
  std::vector<std::string_view> with, without;
  const std::vector<Pass> defined = passes_of(forward);
  for (const Pass pass : all_passes())
    (std::ranges::find(defined, pass) != defined.end() ? with : without).push_back(to_string(pass));
  if (without.empty()) return "all";
  if (with.size() < without.size()) return fmt::format("{}", fmt::join(with, ", "));
  return fmt::format("all but {}", fmt::join(without, ", "));
}

// True if the request asks for the row as it is: only options, at their defaults, are compiled in.
bool is_whole_row(const KernelRequest &request) {
  return request.row && request.label == request.row->name && request.row->formula.empty();
}

}  // namespace

std::string written_definition(const KernelRequest &forward) {
  return is_whole_row(forward) ? std::string(forward.row->definition) : definition_text(forward);
}

std::string written_latex(const KernelRequest &forward) {
  return is_whole_row(forward) ? to_latex(definition_of(*forward.row).body) : definition_latex(forward);
}

std::vector<Fact> facts_of(const KernelRequest &forward) {
  const Activation *row = forward.row;
  std::vector<Fact> facts = {
      {"parameters", parameters_text(forward)},
      {"kinks", row ? kinks_text(*row, forward.definition.inputs.back()) : ""},
      {"also called", row ? names_text(*row) : ""},
      {"passes", passes_text(forward)},
  };
  if (!facts[1].text.empty()) facts[1].text.insert(0, "derivative ");
  std::erase_if(facts, [](const Fact &fact) { return fact.text.empty(); });
  return facts;
}

KernelRequest with_pass(KernelRequest request, Pass pass) {
  request.pass = pass;
  return request;
}

std::optional<std::string> reason_missing(const KernelRequest &request) {
  if (const auto reason = reason_undefined(request)) return reason;
  return beyond_limits(signature_of(request), false);
}

std::vector<Pass> passes_of(const KernelRequest &forward) {
  std::vector<Pass> passes;
  std::ranges::copy_if(all_passes(), std::back_inserter(passes),
                       [&](Pass pass) { return !reason_missing(with_pass(forward, pass)); });
  return passes;
}

std::string request_text(const Activation &row, const Preset &preset) {
  std::vector<std::string> values;
  for (const auto &[parameter, value] : preset.bound) values.push_back(assignment(parameter, value));
  return fmt::format("{}({})", row.name, fmt::join(values, ", "));
}

}  // namespace actinide::cli
