// What the static library asks of its user: the C library and POSIX threads, no C++ runtime, 64 KiB at most.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

namespace {

std::string output_of(const std::string &command) {
  std::string text;
  FILE *pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer;
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

/// Names that nm lists in the runtime's archive with the given option.
std::set<std::string> symbols(const std::string &option) {
  std::istringstream lines(output_of(ACTINIDE_NM " --format=posix " + option + " " ACTINIDE_RUNTIME_ARCHIVE));
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() != ':') names.insert(line.substr(0, line.find(' ')));
  }
  return names;
}

TEST(RuntimeArchive, DefinesOnlyItsOwnNames) {
  const std::set<std::string> defined = symbols("--defined-only --extern-only");
  EXPECT_TRUE(defined.contains("actinide_kernel_run"));
  for (const std::string &name : defined) EXPECT_TRUE(name.starts_with("actinide_")) << name;
}

TEST(RuntimeArchive, NeedsOnlyTheCLibraryAndThreads) {
  const std::set<std::string> allowed = {
      "getenv", "strcmp", "strtoul", "sysconf", "sched_getaffinity", "__sched_cpucount", "aligned_alloc", "free",
      "malloc", "memcpy", "sigfillset", "dlopen", "dlsym",
      // what position-independent code and hardening flags of the distribution may add
      "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"};
  const std::set<std::string> defined = symbols("--defined-only --extern-only");
  for (const std::string &name : symbols("--undefined-only")) {
    EXPECT_TRUE(defined.contains(name) || allowed.contains(name) || name.starts_with("pthread_")) << name;
  }
}

TEST(RuntimeArchive, IsSmall) {
  EXPECT_LE(std::filesystem::file_size(ACTINIDE_RUNTIME_ARCHIVE), 64u * 1024);
}

}  // namespace
