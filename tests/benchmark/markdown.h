// Tables of Markdown.
#pragma once

#include <string>
#include <vector>

namespace actinide::speed {

using Cells = std::vector<std::string>;

/// A table whose columns are aligned in the text, too: the first to the left, the others to the right.
std::string table(const Cells &head, const std::vector<Cells> &rows);

}  // namespace actinide::speed
