#include "tests/ptx/kernel.h"

#include <fmt/format.h>

namespace actinide::ptx {

std::size_t Kernel::first_constant() const {
  return first_special() + special_registers.size();
}

std::string location(const std::vector<std::string> &lines, int line) {
  const std::string &text = lines.at(static_cast<std::size_t>(line - 1));
  const std::size_t first = text.find_first_not_of(" \t");
  return fmt::format("line {}: {}", line, first == text.npos ? "" : text.substr(first));
}

}  // namespace actinide::ptx
