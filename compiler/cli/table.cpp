#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace actinide::cli {
namespace {

std::size_t width_of(const std::vector<std::vector<std::string>> &rows, std::size_t column) {
  std::size_t width = 0;
  for (const auto &row : rows) width = std::max(width, row[column].size());
  return width;
}

}  // namespace

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < rows_[0].size(); ++column) widths.push_back(width_of(rows_, column));
  std::string text;
  for (const auto &row : rows_) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column)
      line += fmt::format("{}{:<{}}", column ? "  " : "", row[column], widths[column]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

}  // namespace actinide::cli
