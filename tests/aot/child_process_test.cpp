// Other programs: what they print, how they end, and that none is waited for longer than allowed.
#include "aot/child_process.h"

#include <gtest/gtest.h>

#include <fstream>

namespace actinide::aot {
namespace {

using namespace std::chrono_literals;

std::optional<ProgramResult> shell(const std::string &script, std::chrono::milliseconds limit = 1min) {
  return run_program("/bin/sh", {"-c", script}, limit);
}

TEST(ChildProcess, GivesStatusAndBothOutputsInOrder) {
  const auto result = shell("echo first; echo second >&2; echo third; exit 3");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 3);
  EXPECT_EQ(result->output, "first\nsecond\nthird\n");
}

TEST(ChildProcess, GetsItsArgumentsAsTheyAre) {
  const auto result = run_program("/bin/echo", {"a  b", "$HOME", "*", ""}, 1min);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "a  b $HOME * \n");
}

TEST(ChildProcess, HasNothingToRead) {
  const auto result = shell("cat; echo end");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "end\n");
}

TEST(ChildProcess, ThatCanNotStartOrIsKilledGivesNothing) {
  EXPECT_FALSE(run_program("/no/such/program", {}, 1min));
  EXPECT_FALSE(run_program("/", {}, 1min));
  EXPECT_FALSE(shell("kill -9 $$"));
}

TEST(ChildProcess, IsKilledAtItsLimit) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(shell("exec sleep 100", 50ms));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 50s);
}

TEST(ScratchDirectory, GoesWithAllThatIsInIt) {
  std::filesystem::path path;
  {
    const ScratchDirectory scratch;
    path = scratch.path();
    ASSERT_TRUE(std::filesystem::is_directory(path));
    std::ofstream(path / "file") << "x";
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace actinide::aot
