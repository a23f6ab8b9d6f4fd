// Tables of text with aligned columns.
#pragma once

#include <string>
#include <vector>

namespace actinide::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// The columns side by side, two spaces between them, no trailing spaces.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< the headings first
};

}  // namespace actinide::cli
