#include "measure/machine.h"

#include "error.h"
#include "schedules/cpu.h"

#include <sched.h>

#include <fstream>

namespace actinide::speed {
namespace {

std::string first_line(const std::string &file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// "32K" -> "32 KiB", "2048K" -> "2 MiB": the kernel writes whole KiB.
std::string cache_size(const std::string &text) {
  const long kib = std::stol(text);
  return kib % 1024 ? fmt::format("{} KiB", kib) : fmt::format("{} MiB", kib / 1024);
}

}  // namespace

Pinned::Pinned(int cpu) : cpu_(cpu) {
  CPU_ZERO(&before_);
  sched_getaffinity(0, sizeof before_, &before_);
  for (int i = 0; i < CPU_SETSIZE && cpu_ < 0; ++i)
    if (CPU_ISSET(CPU_SETSIZE - 1 - i, &before_)) cpu_ = CPU_SETSIZE - 1 - i;
  cpu_set_t one;
  CPU_ZERO(&one);
  if (cpu_ < CPU_SETSIZE) CPU_SET(cpu_, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0)
    user_error("this process may not run on CPU {}; leave out --cpu for the last one that it may use", cpu_);
}

Pinned::~Pinned() {
  sched_setaffinity(0, sizeof before_, &before_);
}

std::string machine_description() {
  std::string text = cpu_name();
  for (int index = 0;; ++index) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    const std::string size = first_line(folder + "size"), type = first_line(folder + "type");
    if (size.empty()) return text;
    if (type == "Instruction") continue;
    text += fmt::format(", {} L{}{}", cache_size(size), first_line(folder + "level"), type == "Data" ? "d" : "");
  }
}

}  // namespace actinide::speed
