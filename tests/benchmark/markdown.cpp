#include "tests/benchmark/markdown.h"

#include <fmt/format.h>

#include <algorithm>

namespace actinide::speed {

std::string table(const Cells &head, const std::vector<Cells> &rows) {
  std::vector<std::size_t> widths;
  for (const std::string &cell : head) widths.push_back(std::max<std::size_t>(cell.size(), 3));
  for (const Cells &row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto line = [&](const Cells &row) {
    std::string text = "|";
    for (std::size_t i = 0; i < row.size(); ++i)
      text += i ? fmt::format(" {:>{}} |", row[i], widths[i]) : fmt::format(" {:<{}} |", row[i], widths[i]);
    return text + "\n";
  };
  std::string text = line(head) + "|";
  for (std::size_t i = 0; i < widths.size(); ++i)
    text += fmt::format(" {}{} |", std::string(widths[i] - 1, '-'), i ? ":" : "-");
  text += "\n";
  for (const Cells &row : rows) text += line(row);
  return text;
}

}  // namespace actinide::speed
