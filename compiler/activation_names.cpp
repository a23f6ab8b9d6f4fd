// What the table says of a name.
#include "activations.h"
#include "error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace actinide {
namespace {

using Index = std::map<std::string_view, BuiltIn>;

const BuiltIn *find_in(const Index &index, std::string_view name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &found->second;
}

// Every spelling. A definition may use only operations and rows above it.
const Index &index() {
  static const Index complete = [] {
    Index above;
    const auto add = [&](std::string_view name, BuiltIn built_in) {
      internal_check(above.emplace(name, std::move(built_in)).second, "two rows are called {}", name);
    };
    const Scope scope{.find = [&above](std::string_view name) -> const Definition * {
                        const BuiltIn *found = find_in(above, name);
                        return found ? &found->definition : nullptr;
                      },
                      .names = {}};
    for (const Activation &row : all_activations()) {
      const Definition definition = parse_definition(row.definition, scope);
      add(row.name, {&row, definition, {}});
      for (std::string_view alias : row.aliases) add(alias, {&row, definition, {}});
      for (const Preset &preset : row.presets) {
        BuiltIn built_in{&row, bound(definition, preset.bound), preset.bound};
        built_in.definition.name = preset.name;
        add(preset.name, std::move(built_in));
      }
    }
    return above;
  }();
  return complete;
}

}  // namespace

bool Constraint::allows(const Rational &value) const {
  const bool too_low = low && (low_open ? value <= *low : value < *low);
  const bool too_high = high && value > *high;
  return !too_low && !too_high && (!integral || value.get_den() == 1);
}

const Constraint *find_constraint(const Activation &row, std::string_view parameter) {
  const auto found = std::ranges::find(row.constraints, parameter, &Constraint::parameter);
  return found == row.constraints.end() ? nullptr : &*found;
}

const BuiltIn *find_built_in(std::string_view name) {
  return find_in(index(), name);
}

const Activation *find_activation(std::string_view name) {
  const BuiltIn *found = find_built_in(name);
  return found ? found->row : nullptr;
}

const Definition &definition_of(const Activation &activation) {
  return find_built_in(activation.name)->definition;
}

std::string kinks_text(const Activation &activation, std::string_view input) {
  std::vector<std::string> texts;
  for (const Kink &kink : activation.kinks)
    texts.push_back(fmt::format("{} at {} = {}", kink.derivative, kink.input.empty() ? input : kink.input, kink.at));
  return fmt::format("{}", fmt::join(texts, ", "));
}

const Scope &activation_scope() {
  static const Scope scope = [] {
    Scope all{.find = [](std::string_view name) -> const Definition * {
                const BuiltIn *found = find_built_in(name);
                if (found && !found->row->formula.empty())
                  user_error("{} is {}; a definition can use functions of single elements only", name,
                             found->row->formula);
                return found ? &found->definition : nullptr;
              },
              .names = {}};
    for (const auto &[name, built_in] : index()) all.names.emplace_back(name);
    return all;
  }();
  return scope;
}

}  // namespace actinide
