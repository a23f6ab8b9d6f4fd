// Schedules as text and as defaults.
#include "schedules/schedule.h"

#include "exceptions.h"

#include <gtest/gtest.h>

#include <string>

namespace actinide {
namespace {

TEST(ScheduleText, ComesBackAsItWas) {
  const Schedule schedules[] = {
      {},
      {.vectors = 1},
      {.vectors = 16, .prefetch = 1 << 16, .stream = ~std::uint64_t{0}},
      {.vectors = 2, .prefetch = 0, .stream = 0, .block_threads = 128},
  };
  for (const Schedule &schedule : schedules)
    EXPECT_EQ(with_changes({}, to_text(schedule)), schedule) << to_text(schedule);
}

TEST(ScheduleText, ChangesOnlyWhatItNames) {
  const Schedule base{.vectors = 3, .prefetch = 512, .stream = 99};
  EXPECT_EQ(with_changes(base, ""), base);
  EXPECT_EQ(with_changes(base, "stream=0"), (Schedule{.vectors = 3, .prefetch = 512, .stream = 0}));
  EXPECT_EQ(with_changes(base, "vectors=8,prefetch=64"), (Schedule{.vectors = 8, .prefetch = 64, .stream = 99}));
}

struct Refused {
  const char *text;
  const char *message;  ///< a part of it
};

class ScheduleTextRefused : public testing::TestWithParam<Refused> {};

INSTANTIATE_TEST_SUITE_P(Texts, ScheduleTextRefused,
                         testing::Values(Refused{"vector=2", "not 'vector=2'"}, Refused{"vectors", "not 'vectors'"},
                                         Refused{"vectors=0", "from 1 to 16, not '0'"},
                                         Refused{"vectors=17", "from 1 to 16, not '17'"}, Refused{"vectors=", "not ''"},
                                         Refused{"vectors=2x", "not '2x'"}, Refused{"vectors=-1", "not '-1'"},
                                         Refused{"vectors=99999999999", "not '9"}, Refused{"stream=-1", "not '-1'"},
                                         Refused{"prefetch=1e3", "not '1e3'"},
                                         Refused{"block_threads=7", "from 32 to 1024"}, Refused{",", "not ''"},
                                         Refused{"vectors=2,", "end with a comma"},
                                         Refused{"vectors=2,,stream=0", "not ''"}, Refused{" vectors=2", "not ' v"}));

TEST_P(ScheduleTextRefused, NamesTheCause) {
  try {
    with_changes({}, GetParam().text);
    FAIL() << "accepted";
  } catch (const UserError &error) {
    EXPECT_NE(std::string(error.what()).find(GetParam().message), std::string::npos) << error.what();
  }
}

TEST(DefaultSchedule, OfCudaLoadsAheadWhereInstructionsAreTheLimit) {
  const ScheduleFacts relu{.cuda = true, .cuda_slots = 10, .inputs = 1, .widest_bytes = 4, .element_bytes = 8};
  ScheduleFacts gelu = relu;
  gelu.cuda_slots = 60;
  EXPECT_EQ(default_schedule(relu), (Schedule{.vectors = 1, .block_threads = 128, .multiprocessor_blocks = 0}));
  EXPECT_EQ(default_schedule(gelu), (Schedule{.vectors = 2, .block_threads = 128, .multiprocessor_blocks = 128}));
  gelu.inputs = 2;
  EXPECT_EQ(default_schedule(gelu).vectors, 1) << "two tensors fill the registers";
}

TEST(DefaultSchedule, StreamsWhatMemoryBindsWhereItCan) {
  const ScheduleFacts cheap{.can_stream = true, .nanoseconds = 0.1, .element_bytes = 8};
  EXPECT_GT(default_schedule(cheap).stream, 0u);
  ScheduleFacts costly = cheap, elsewhere = cheap;
  costly.nanoseconds = 10;
  elsewhere.can_stream = false;
  EXPECT_EQ(default_schedule(costly).stream, 0u);
  EXPECT_EQ(default_schedule(elsewhere).stream, 0u);
}

TEST(DefaultSchedule, HasFewerVectorsWhereTheyAreWider) {
  for (const int width : {1, 2, 4}) EXPECT_EQ(default_schedule({.width = width}).vectors * width, 4);
  EXPECT_EQ(default_schedule({.width = 8}).vectors, 1);
  EXPECT_EQ(default_schedule({.cuda = true}).vectors, 1);
}

TEST(DefaultSchedule, HasAsManyPairsAsThereAreRegistersFor) {
  for (const int width : {1, 2}) {
    EXPECT_EQ(default_schedule({.width = width, .numbers = 2, .registers = 16}).vectors * width, 2);
    EXPECT_EQ(default_schedule({.width = width, .numbers = 2, .registers = 32}).vectors * width, 4);
    EXPECT_EQ(default_schedule({.width = width, .numbers = 1, .registers = 32}).vectors * width, 4);
  }
}

}  // namespace
}  // namespace actinide
