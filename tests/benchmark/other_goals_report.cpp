#include "tests/benchmark/markdown.h"
#include "tests/benchmark/other_goals.h"

#include <fmt/format.h>

#include <algorithm>

namespace actinide::speed {
namespace {

std::string bound_text(const OtherGoal &goal) {
  const char *sign = goal.at_most ? "<=" : ">=";
  std::string text;
  if (goal.each) text = fmt::format("{} {}", sign, *goal.each);
  if (goal.mean) text += fmt::format("{}mean {} {}", text.empty() ? "" : ", ", sign, *goal.mean);
  return text.empty() ? "-" : text;
}

// `reached` or not, how many rows are as they are to be, their middle and the one that is furthest off.
std::string verdict(const OtherGoal &goal, const Measured &measured) {
  if (!applies(goal, measured)) return "-";
  const Figures figures = goal.figures(measured);
  if (figures.empty()) return "no such kernel or library here";
  std::vector<double> values;
  for (const Figure &figure : figures) values.push_back(figure.value);
  const auto reached = std::ranges::count_if(values, [&](double value) { return is_reached(goal, value); });
  const auto [least, most] = std::ranges::minmax_element(figures, {}, &Figure::value);
  const Figure &worst = goal.at_most ? *most : *least;
  const std::string word = !goal.each && !goal.mean ? "" : is_reached(goal, figures) ? "reached: " : "**missed**: ";
  return fmt::format("{}{}{} {:.2f}, {} {:.2f} ({} {})", word,
                     goal.each ? fmt::format("{} of {}, ", reached, figures.size()) : "", goal.mean ? "mean" : "median",
                     goal.mean ? geometric_mean(values) : median(values), goal.at_most ? "most" : "least", worst.value,
                     worst.row, to_string(worst.pass));
}

// The rows of a pass, with a column for every goal that has figures of it.
std::string figures_of(const Measured &measured, Pass pass) {
  Cells head = {std::string(to_string(pass))};
  std::vector<Cells> rows;
  for (const OtherGoal &goal : other_goals()) {
    if (!applies(goal, measured)) continue;
    Figures figures = goal.figures(measured);
    std::erase_if(figures, [&](const Figure &figure) { return figure.pass != pass; });
    if (figures.empty()) continue;
    head.emplace_back(goal.column);
    for (const Figure &figure : figures) {
      auto row = std::ranges::find(rows, figure.row, [](const Cells &cells) { return cells[0]; });
      if (row == rows.end()) row = rows.insert(rows.end(), {figure.row});
      row->resize(head.size() - 1, "-");
      row->push_back(fmt::format(fmt::runtime(is_reached(goal, figure.value) ? "{:.2f}" : "**{:.2f}**"), figure.value));
    }
  }
  for (Cells &row : rows) row.resize(head.size(), "-");
  return rows.empty() ? "" : "\n" + table(head, rows);
}

}  // namespace

std::string other_goals_text(std::span<const Measured> all) {
  Cells head = {"of", "figure", "goal"};
  for (const Measured &measured : all) head.push_back(measured.sweep.target);
  std::vector<Cells> rows;
  for (const OtherGoal &goal : other_goals()) {
    Cells &row = rows.emplace_back(Cells{std::string(goal.about), std::string(goal.column), bound_text(goal)});
    for (const Measured &measured : all) row.push_back(verdict(goal, measured));
  }
  return table(head, rows);
}

std::string figures_text(const Measured &measured) {
  std::string text;
  for (const Pass pass : {Pass::forward, Pass::backward, Pass::backward_from_output})
    text += figures_of(measured, pass);
  return text;
}

}  // namespace actinide::speed
