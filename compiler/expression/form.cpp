#include "expression/form.h"

#include "error.h"
#include "expression/definition.h"

#include <algorithm>

namespace actinide {
namespace {

constexpr FormWord words[] = {
    {"packed", &Form::packed, 2, "gated", "swiglu", "f of the two halves of each row of one tensor"},
    {"gated", &Form::gated, 1, "", "silu", "x * f(gate)"},
    {"residual", &Form::residual, 1, "biased", "gelu", "f(x) + r"},
    {"biased", &Form::biased, 1, "", "gelu", "f(x + bias), a bias for each channel"},
};

const FormWord *find_form(std::string_view name) {
  const auto found = std::ranges::find(words, name, &FormWord::name);
  return found == std::end(words) ? nullptr : found;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

/// The part before the first parenthesis.
std::string_view leading_word(std::string_view text) {
  return trimmed(text.substr(0, text.find('(')));
}

}  // namespace

std::span<const FormWord> all_forms() {
  return words;
}

std::string taken_by(const FormWord &word) {
  return word.inputs == 1 ? "an activation of one input" : "an activation of two inputs";
}

const FormWord *innermost(const Form &form) {
  const FormWord *last = nullptr;
  for (const FormWord &word : words)
    if (form.*word.member) last = &word;
  return last;
}

bool is_form_name(std::string_view name) {
  return find_form(name) != nullptr;
}

FormedText parse_form(std::string_view text) {
  FormedText result;
  const FormWord *outer = nullptr;
  for (text = trimmed(text); !looks_like_definition(text);) {
    const FormWord *word = find_form(leading_word(text));
    if (word == nullptr) break;
    if (outer && outer->inside != word->name)
      user_error("{}(...) takes {}{}, which {}(...) is not", outer->name, taken_by(*outer),
                 outer->inside.empty() ? "" : fmt::format(" or {}(...)", outer->inside), word->name);
    const std::size_t open = text.find('(');
    const bool closed = open != text.npos && text.ends_with(')');
    const std::string_view inside = closed ? trimmed(text.substr(open + 1, text.size() - open - 2)) : "";
    if (inside.empty())
      user_error("'{}': {} takes one activation in parentheses, as in {}({})", text, word->name, word->name,
                 word->example);
    result.form.*word->member = true;
    text = inside;
    outer = word;
  }
  result.activation = text;
  return result;
}

std::string with_form(const Form &form, const std::string &activation) {
  std::string text = activation;
  for (auto word = std::rbegin(words); word != std::rend(words); ++word)
    if (form.*word->member) text = fmt::format("{}({})", word->name, text);
  return text;
}

std::string prefix_of(const Form &form) {
  std::string prefix;
  for (const FormWord &word : words)
    if (form.*word.member) prefix.append(word.name) += '_';
  return prefix;
}

}  // namespace actinide
