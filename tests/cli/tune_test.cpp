// actinide tune: what it keeps, and what ends it. No test says which schedule is fastest.
#include "exceptions.h"
#include "schedules/database.h"
#include "tests/cli/command.h"
#include "tests/scratch_directory.h"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace actinide::testing_support {
namespace {

namespace fs = std::filesystem;

class Tune : public testing::Test {
 protected:
  std::string content() const {
    std::ifstream stream(file_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  Outcome tune(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"tune", "--size", "4096,65536", "--output", file_.string()});
    return run_actinide(arguments);
  }

  const ScratchDirectory scratch_;
  const fs::path file_ = scratch_.path() / "new" / "schedules.json";
};

TEST_F(Tune, KeepsWhatItFindsAndGoesOnThere) {
  const Outcome first = tune({"relu", "--budget", "0.2"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_NE(first.out.find("relu_forward_f32: "), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("1 of 1 kernels for "), std::string::npos) << first.out;
  const Outcome second = tune({"relu", "abs", "--pass", "forward,backward", "--budget", "0.8"});
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_NE(second.out.find("relu_forward_f32 was tuned on "), std::string::npos) << second.out;
  EXPECT_NE(second.out.find("4 of 4 kernels"), std::string::npos) << second.out;
  const Database database = Database::parse(content(), "it");
  ASSERT_EQ(database.all().size(), 4u);
  for (const TunedKernel &tuned : database.all()) {
    EXPECT_NE(tuned.command.find("actinide tune '"), std::string::npos) << tuned.command;
    EXPECT_EQ(tuned.date.size(), 10u) << tuned.date;
    EXPECT_GE(tuned.gain_in_cache, 1);
    EXPECT_GE(tuned.gain_from_memory, 1);
  }
  const Outcome again = tune({"relu", "--again", "--budget", "0.2"});
  EXPECT_EQ(again.out.find("was tuned"), std::string::npos) << again.out;
  EXPECT_EQ(Database::parse(content(), "it").all().size(), 4u);
}

// Whatever was measured, all that is compiled afterwards takes the schedule of the file.
TEST_F(Tune, IsHeededByWhatIsCompiledLater) {
  ASSERT_EQ(tune({"abs", "--target", "x86-64-v3", "--budget", "0.2"}).status, 0);
  Database database = Database::parse(content(), "it");
  ASSERT_EQ(database.all().size(), 1u);
  TunedKernel changed = database.all()[0];
  changed.schedule = "vectors=1,prefetch=192";
  database.put(changed);
  std::ofstream(file_) << database.text();
  const auto assembly = [&](const char *schedules) {
    ::setenv("ACTINIDE_SCHEDULES", schedules, 1);
    const Outcome shown = run_actinide({"show", "abs", "--target", "x86-64-v3", "--stage", "assembly"});
    ::setenv("ACTINIDE_SCHEDULES", "/dev/null", 1);
    EXPECT_EQ(shown.status, 0) << shown.err;
    return shown.out;
  };
  EXPECT_NE(assembly(file_.c_str()).find("prefetcht0\t192("), std::string::npos);
  EXPECT_EQ(assembly("/dev/null").find("prefetcht0"), std::string::npos);
}

// Each keeps what it finds when it finds it, into the file as it is then.
TEST_F(Tune, TwoAtOnceKeepWhatBothFind) {
  const std::string one = ACTINIDE_COMMAND " tune --budget 0.4 --size 4096,65536 --output " + file_.string() + " ";
  const std::string both = "{ " + one + "relu abs & " + one + "square softsign & wait; } >/dev/null 2>&1";
  ASSERT_EQ(std::system(both.c_str()), 0);
  EXPECT_EQ(Database::parse(content(), "it").all().size(), 4u);
}

TEST_F(Tune, SearchesNothingThatItCannotKeep) {
  const Outcome outcome = run_actinide({"tune", "relu", "--budget", "0.1", "--output", "/proc/schedules.json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err.find("best so far"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("can't write /proc: "), std::string::npos) << outcome.err;
}

TEST_F(Tune, FindsSchedulesOfRowsAndSums) {
  const Outcome outcome = tune({"softmax", "prelu", "--pass", "forward,backward", "--budget", "0.4"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(Database::parse(content(), "it").all().size(), 4u);
}

TEST_F(Tune, EndsByInterruptionWithoutALoss) {
  ASSERT_EQ(tune({"relu", "--budget", "0.2"}).status, 0);
  const std::string command = "timeout --signal=INT 1 " ACTINIDE_COMMAND " tune abs square --budget 600 --output " +
                              file_.string() + " 2>" + (scratch_.path() / "err").string() + " >/dev/null";
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  std::ifstream stream(scratch_.path() / "err");
  const std::string err{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_NE(err.find("interrupted; the same command goes on with the 2 that are left"), std::string::npos) << err;
  EXPECT_EQ(Database::parse(content(), "it").all().size(), 1u);
}

TEST_F(Tune, RefusesWhatCannotBe) {
  struct Refused {
    std::vector<std::string> arguments;
    const char *message;
  };
  fs::create_directories(file_.parent_path());
  std::ofstream(file_) << "{ broken";
  const std::vector<Refused> list = {{{"relu"}, "is no database of schedules; remove it, and tune again"},
                                     {{"relu", "--output", "/dev/null"}, "is no regular file"},
                                     {{"relu", "--output", "/proc/none/x.json"}, "/proc/none"},
                                     {{"relu", "--target", "cuda-sm80"}, "cuda-sm80"},
                                     {{"nosuch"}, "unknown activation"},
                                     {{"relu", "--pass", "sideways"}, "sideways"}};
  for (const auto &[arguments, message] : list) {
    std::vector<std::string> words = arguments;
    if (std::ranges::find(words, "--output") == words.end()) words.insert(words.end(), {"--output", file_.string()});
    words.insert(words.begin(), {"tune", "--budget", "0.1"});
    const Outcome outcome = run_actinide(words);
    EXPECT_EQ(outcome.status, 1) << message;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(content(), "{ broken") << "the file was touched";
}

}  // namespace
}  // namespace actinide::testing_support
