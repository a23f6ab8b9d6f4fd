// What perf and gdb are told of compiled code, on request.
#include "actinide/jit.h"
#include "tests/aot/shell.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace actinide {
namespace {

namespace fs = std::filesystem;

TEST(CodeNames, InTheMapOfPerf) {
  const std::string map = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const auto text = [&] {
    std::ifstream file(map);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  Compiler().kernel("unnamed(x) = x + 0.125", Pass::forward, DType::f32);
  EXPECT_EQ(text(), "") << "nobody has asked";
  setenv("ACTINIDE_PERF_MAP", "1", 1);
  Compiler().kernel("named(x) = x + 0.125", Pass::forward, DType::f32);
  unsetenv("ACTINIDE_PERF_MAP");
  std::istringstream line(text());
  fs::remove(map);
  std::uintptr_t begin = 0, size = 0;
  std::string name;
  line >> std::hex >> begin >> size >> name;
  EXPECT_EQ(name, "named_forward_f32");
  std::ifstream maps("/proc/self/maps");
  bool executable = false;
  for (std::string mapping; std::getline(maps, mapping);) {
    std::uintptr_t first = 0, last = 0;
    char dash = 0;
    std::string rights;
    std::istringstream(mapping) >> std::hex >> first >> dash >> last >> rights;
    executable |= first <= begin && begin + size <= last && rights == "r-xp";
  }
  EXPECT_TRUE(executable) << "the map names no code";
}

// gdb runs this program again, up to here.
TEST(CodeNames, DISABLED_StopsForGdb) {
  Compiler().kernel("seen_by_gdb(x) = x + 0.375", Pass::forward, DType::f32);
  std::raise(SIGTRAP);
}

TEST(CodeNames, InGdb) {
  if (testing_support::run("gdb --version").status != 0) GTEST_SKIP() << "no gdb here";
  const auto names = [](const std::string &environment) {
    return testing_support::run(
               "env " + environment + " gdb -batch -ex run -ex 'info functions seen_by_gdb' --args " +
               fs::read_symlink("/proc/self/exe").string() +
               " --gtest_also_run_disabled_tests --gtest_filter=CodeNames.DISABLED_StopsForGdb </dev/null")
        .output;
  };
  const std::string asked = names("ACTINIDE_GDB=1");
  if (asked.find("received signal SIGTRAP") == asked.npos) GTEST_SKIP() << "gdb can't run programs here:\n" << asked;
  EXPECT_NE(asked.find("seen_by_gdb_forward_f32"), asked.npos) << asked;
  const std::string not_asked = names("ACTINIDE_GDB=0");
  EXPECT_EQ(not_asked.find("seen_by_gdb_forward_f32"), not_asked.npos) << not_asked;
}

}  // namespace
}  // namespace actinide
