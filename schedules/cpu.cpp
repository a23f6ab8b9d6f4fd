#include "schedules/cpu.h"

#include <fmt/format.h>

#include <fstream>

namespace actinide {
namespace {

// The value of `key : value` in /proc/cpuinfo; empty where there is none.
std::string cpuinfo(const std::string &key) {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) continue;
    if (line.find_first_not_of(" \t", key.size()) == colon) return line.substr(colon + 2);
  }
  return {};
}

}  // namespace

std::string cpu_name() {
  const std::string model = cpuinfo("model name");
  return model.empty() ? "unknown"
                       : fmt::format("{} (family {}, model {})", model, cpuinfo("cpu family"), cpuinfo("model"));
}

}  // namespace actinide
