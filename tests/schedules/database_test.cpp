// Tuned schedules as a file, and how they are looked up.
#include "schedules/database.h"

#include "exceptions.h"
#include "schedules/cpu.h"
#include "schedules/schedule.h"
#include "schedules/shipped.h"
#include "schedules/user_database.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace actinide {
namespace {

TunedKernel entry(const std::string &cpu, const std::string &kernel, const std::string &schedule) {
  return {.cpu = cpu,
          .target = "x86-64-v3",
          .kernel = kernel,
          .schedule = schedule,
          .gain_in_cache = 1.25,
          .gain_from_memory = 1,
          .date = "2026-11-25",
          .command = "actinide tune '" + kernel + "'"};
}

class Environment : public testing::Test {
 protected:
  static void set(const char *schedules, const char *state, const char *home) {
    ::setenv("ACTINIDE_SCHEDULES", schedules, 1);
    ::setenv("XDG_STATE_HOME", state, 1);
    ::setenv("HOME", home, 1);
  }
  void TearDown() override { set("/dev/null", "", ""); }
};

TEST_F(Environment, NamesTheUsersFile) {
  set("own.json", "/state", "/of_user");
  EXPECT_EQ(user_database_file(), "own.json");
  set("", "/state", "/of_user");
  EXPECT_EQ(user_database_file(), "/state/actinide/schedules.json");
  set("", "relative", "/of_user");
  EXPECT_EQ(user_database_file(), "/of_user/.local/state/actinide/schedules.json");
  set("", "", "");
  EXPECT_EQ(user_database_file(), "");
  EXPECT_EQ(user_state_folder(), "");
}

TEST(Database, ComesBackAsItWas) {
  Database database;
  database.put(entry("one", "forward f(x) = x * \"quoted\"", "vectors=2"));
  database.put(entry("two", "forward g(x) = 2*x", ""));
  EXPECT_EQ(Database::parse(database.text(), "it").all(), database.all());
}

TEST(Database, HasOneScheduleForEachCpuTargetAndKernel) {
  Database database;
  database.put(entry("one", "f", "vectors=2"));
  database.put(entry("two", "f", "vectors=3"));
  database.put(entry("one", "f", "vectors=8"));
  ASSERT_EQ(database.all().size(), 2u);
  EXPECT_EQ(database.find("one", "x86-64-v3", "f")->schedule, "vectors=8");
  EXPECT_EQ(database.find("two", "x86-64-v3", "f")->schedule, "vectors=3");
  EXPECT_EQ(database.find("three", "x86-64-v3", "f"), nullptr);
  EXPECT_EQ(database.find("one", "x86-64-v4", "f"), nullptr);
  EXPECT_EQ(database.find("one", "x86-64-v3", "g"), nullptr);
  EXPECT_NE(database.find("", "x86-64-v3", "f"), nullptr);
}

TEST(Database, RefusesWhatIsNone) {
  Database good;
  good.put(entry("one", "f", "vectors=2"));
  std::string bad_schedule = good.text();
  bad_schedule.replace(bad_schedule.find("vectors=2"), 9, "vectors=0");
  for (const std::string &text : {std::string("{"), std::string("[]"), std::string("{\"schedules\": [{}]}"),
                                  good.text().substr(0, 40), bad_schedule}) {
    try {
      Database::parse(text, "somewhere/file.json");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const UserError &error) {
      EXPECT_NE(std::string(error.what()).find("somewhere/file.json"), std::string::npos) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
}

TEST(ShippedDatabases, AreWhole) {
  for (const std::string_view text : shipped_databases()) {
    const Database database = Database::parse(text, "schedules/tuned");
    for (const TunedKernel &tuned : database.all()) {
      EXPECT_NO_THROW(with_changes({}, tuned.schedule));
      EXPECT_FALSE(tuned.cpu.empty() || tuned.date.empty() || tuned.command.empty()) << tuned.kernel;
    }
  }
}

// In a process of its own: what a process knows it reads once.
TEST(UserDatabaseDeathTest, IsAskedFirstAndForgivenWhenBroken) {
  const ScratchDirectory scratch;
  const auto file = scratch.path() / "schedules.json";
  Database database;
  database.put(entry(cpu_name(), "f", "vectors=7"));
  const auto expect_schedule = [&](const std::string &text, const char *schedule) {
    std::ofstream(file) << text;
    ASSERT_EQ(setenv("ACTINIDE_SCHEDULES", file.c_str(), 1), 0);
    const auto report = [] {
      const TunedKernel *tuned = tuned_kernel("x86-64-v3", "f");
      std::fprintf(stderr, "schedule: %s\n", tuned ? tuned->schedule.c_str() : "none");
      std::exit(0);
    };
    EXPECT_EXIT(report(), testing::ExitedWithCode(0), schedule);
  };
  expect_schedule(database.text(), "schedule: vectors=7");
  expect_schedule("{ broken", "schedule: none");
  expect_schedule("", "schedule: none");
}

}  // namespace
}  // namespace actinide
