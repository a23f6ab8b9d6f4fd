#include "tests/benchmark/build.h"

#include "error.h"

#include <Halide.h>
#include <llvm/Config/llvm-config.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>

namespace actinide::speed {

std::string command_output(const std::string &command) {
  const std::unique_ptr<FILE, int (*)(FILE *)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) throw InternalError("can't run " + command);
  std::string output;
  std::array<char, 4096> part;
  while (const std::size_t count = fread(part.data(), 1, part.size(), pipe.get())) output.append(part.data(), count);
  return output;
}

std::string toolchain_description() {
  return fmt::format("GCC {}, LLVM {}, Halide {}.{}.{}", __VERSION__, LLVM_VERSION_STRING, HALIDE_VERSION_MAJOR,
                     HALIDE_VERSION_MINOR, HALIDE_VERSION_PATCH);
}

std::string cores_description() {
  std::string siblings;
  std::getline(std::ifstream("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"), siblings);
  if (siblings.find_first_of(",-") == std::string::npos)
    return "The system says that CPU 0 shares its core with no other CPU: two threads have two cores.";
  return fmt::format("CPUs {} are threads of one core, which share its ports: no speed-up of 2 can be had there.",
                     siblings);
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::array<char, 16> text;
  std::strftime(text.data(), text.size(), "%Y-%m-%d", std::gmtime(&now));
  return text.data();
}

LibrarySize runtime_library_size() {
  // `size --totals` ends with a line "text data bss dec hex (TOTALS)".
  const std::string output = command_output("size --totals '" ACTINIDE_RUNTIME_LIBRARY "'");
  const std::size_t end = output.find("(TOTALS)");
  internal_check(end != std::string::npos, "`size --totals` of the runtime library printed no totals");
  std::istringstream line(output.substr(output.rfind('\n', end) + 1));
  LibrarySize size{};
  line >> size.text >> size.data >> size.bss;
  return size;
}

}  // namespace actinide::speed
