// What is judged, and how: that every line of the goals is there, and that a figure which falls short is said to.
#include "codegen/target.h"
#include "error.h"
#include "tests/benchmark/child.h"
#include "tests/benchmark/other_goals.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

// A timing of three rounds that took so long.
Timing timing(const std::string &name, double seconds) {
  return {name, {seconds, seconds, seconds}};
}

Cell cell(const std::string &activation, Pass pass, std::size_t n, std::vector<Timing> timings) {
  return {.activation = activation, .pass = pass, .n = n, .elements = n, .timings = std::move(timings)};
}

Sweep sweep_of(std::vector<Cell> cells) {
  return {.target = "x86-64-v3", .peers = {{"fast", "1"}, {"slow", "2"}, {"eigen", "3"}}, .cells = std::move(cells)};
}

const OtherGoal &goal_of(std::string_view column, std::string_view target = {}) {
  for (const OtherGoal &goal : other_goals())
    if (goal.column == column && (target.empty() || goal.target == target)) return goal;
  throw InternalError("no such goal");
}

TEST(Goals, ForwardOnesAreThose) {
  // As they were set: activation, whom it is about, and standard, faithful, relaxed.
  struct Line {
    std::string activation, peer;
    double standard, faithful, relaxed;
  };
  const Line lines[] = {{"relu", "", 1, 1, 1},
                        {"leaky_relu", "", 1, 1, 1},
                        {"prelu", "", 1, 1, 1},
                        {"hardswish", "", 1, 1, 1},
                        {"squareplus", "eigen", 1.5, 1, 1.5},
                        {"exp", "", 1.6, 1.2, 1.7},
                        {"sigmoid", "", 1.15, 0.7, 1.2},
                        {"silu", "", 1.15, 0.6, 1.2},
                        {"tanh", "0.76 eigen", 0.8, 0.45, 1.05},
                        {"gelu", "0.89 eigen", 0.75, 0.3, 1.05},
                        {"gelu", "onednn", 1.7, 0.7, 2.3},
                        {"gelu_tanh", "0.65 eigen", 0.75, 0.45, 1.05},
                        {"gelu_tanh", "onednn", 7, 4.5, 9},
                        {"elu", "", 1.4, 1.4, 1.5},
                        {"softplus", "", 2.3, 1.2, 2.5},
                        {"mish", "", 1.8, 0.95, 1.9}};
  const auto goals = forward_goals();
  EXPECT_EQ(goals.size(), std::size(lines));
  for (const Line &line : lines) {
    const auto found = std::ranges::find_if(goals, [&](const Goal &goal) {
      const std::string share = goal.share == 1 ? "" : fmt::format("{} ", goal.share);
      return goal.activation == line.activation && share + std::string(goal.peer) == line.peer;
    });
    ASSERT_NE(found, goals.end()) << line.activation << " beside " << line.peer;
    EXPECT_EQ(found->ratios, (std::array{line.standard, line.faithful, line.relaxed})) << line.activation;
  }
  EXPECT_EQ(kForwardMeans, (std::array{1.25, 0.8, 1.4}));
}

TEST(Goals, OtherOnesAreThose) {
  struct Line {
    const char *column;
    std::optional<double> each, mean;
    bool at_most;
  };
  const Line lines[] = {{"`standard`: peer / ours", 1.5, 2.3, false},
                        {"`faithful`: peer / ours", {}, 1.2, false},
                        {"16 Mi: peer / ours", 1.3, {}, false},
                        {"16 Mi: share of the streaming copy's bandwidth", 0.85, {}, false},
                        {"N(0,3): time / that of N(0,1)", 1.3, {}, true},
                        {"all floats: time / that of N(0,1)", 1.3, {}, true},
                        {"all floats, rare path: time / that of N(0,1)", 3, {}, true},
                        {"bf16: speed / f32's", 1, {}, false},
                        {"f16, AVX2: speed / f32's", 1, {}, false},
                        {"f16, native: speed / f32's", 1.3, {}, false},
                        {"bf16, 16 Mi: speed / f32's", 1.4, {}, false},
                        {"f16, 16 Mi: speed / f32's", 1.4, {}, false},
                        {"speed / PyTorch's", 3, {}, false},
                        {"forward: peer / ours", 1.5, {}, false},
                        {"backward: peer / ours", 3, {}, false},
                        {"backward: PyTorch / ours", 1.2, {}, false},
                        {"two callers of 4,096: speed-up", 1.9, {}, false},
                        {"16 Mi: share of the bandwidth of two streaming copies", 0.85, {}, false},
                        {"ns beyond the vectors' time", 10, {}, true},
                        {"`exact` / `standard`", 3.5, {}, true},
                        {"share of it", {}, 0.8, false}};
  for (const Line &line : lines) {
    SCOPED_TRACE(line.column);
    const OtherGoal &goal = goal_of(line.column);
    EXPECT_EQ(goal.each, line.each);
    EXPECT_EQ(goal.mean, line.mean);
    EXPECT_EQ(goal.at_most, line.at_most);
    EXPECT_NE(goal.figures, nullptr);
  }
  const auto has_goal = [](const OtherGoal &goal) { return goal.each || goal.mean; };
  EXPECT_EQ(std::ranges::count_if(other_goals(), has_goal), std::ssize(lines));
}

TEST(Goals, FastestPeerCountsUnlessOneIsNamed) {
  const Sweep sweep = sweep_of({cell("tanh", Pass::forward, kSmall,
                                     {timing(name_of(kStandard), 1), timing("slow", 4), timing("fast", 2),
                                      timing("eigen", 3), timing("copy of 4 bytes", 0.1)})});
  EXPECT_DOUBLE_EQ(duel(sweep, sweep.cells[0], kStandard)->ratio, 2);
  EXPECT_EQ(duel(sweep, sweep.cells[0], kStandard)->peer, "fast 1");
  EXPECT_DOUBLE_EQ(duel(sweep, sweep.cells[0], kStandard, "slow")->ratio, 4);
  EXPECT_DOUBLE_EQ(duel(sweep, sweep.cells[0], kStandard, "eigen", 0.5)->ratio, 1.5);
  EXPECT_FALSE(duel(sweep, sweep.cells[0], kStandard, "onednn"));
  const std::vector<Duel> duels = forward_duels(sweep, {}, Tier::standard);
  ASSERT_EQ(duels.size(), 1u);
  EXPECT_DOUBLE_EQ(duels[0].ratio, 0.76 * 3) << "tanh is beside Eigen's, whose share XNNPACK takes";
}

TEST(Goals, WhatFallsShortIsSaidTo) {
  const std::string ours = name_of(kStandard);
  Sweep sweep = sweep_of({cell("exp", Pass::forward, kSmall, {timing(ours, 1), timing("fast", 1.7)}),
                          cell("silu", Pass::forward, kSmall, {timing(ours, 1), timing("fast", 1.1)}),
                          cell("exp", Pass::backward, kSmall, {timing(ours, 1), timing("fast", 3)}),
                          cell("silu", Pass::backward, kSmall, {timing(ours, 1), timing("fast", 1.4)})});
  sweep.cells.push_back(cell("gelu", Pass::forward, kSmall, {timing(ours, 1)}));
  const std::string text = duels_text(sweep, {});
  EXPECT_NE(text.find("Not judged, for want of the library: gelu beside eigen, gelu beside onednn."), std::string::npos)
      << text;
  EXPECT_NE(text.find("1.6 reached"), std::string::npos) << text;
  EXPECT_NE(text.find("**1.15 missed**"), std::string::npos) << text;
  EXPECT_NE(text.find("Reached: 1 of 2."), std::string::npos) << text;
  EXPECT_NE(text.find("1.37 (goal 1.25: reached)"), std::string::npos) << text;
  EXPECT_NE(text.find("2.05 (goal 2.3: **missed**)"), std::string::npos) << text;
  const std::vector<Measured> all = {{sweep, {}}};
  EXPECT_NE(other_goals_text(all).find("**missed**: 1 of 2, mean 2.05, least 1.40 (silu backward)"), std::string::npos)
      << other_goals_text(all);
}

TEST(Goals, EachAndTheMeanMustBeReached) {
  const OtherGoal &backward = goal_of("`standard`: peer / ours");
  const auto figures = [](std::vector<double> values) {
    Figures list;
    for (const double value : values) list.push_back({"row", Pass::backward, value});
    return list;
  };
  EXPECT_TRUE(is_reached(backward, figures({1.5, 4})));
  EXPECT_FALSE(is_reached(backward, figures({1.4, 40}))) << "one is below";
  EXPECT_FALSE(is_reached(backward, figures({1.6, 2}))) << "the mean is below";
  EXPECT_FALSE(is_reached(backward, figures({}))) << "nothing was measured";
  const OtherGoal &exact = goal_of("`exact` / `standard`");
  EXPECT_TRUE(is_reached(exact, figures({3.5, 1})));
  EXPECT_FALSE(is_reached(exact, figures({3.6, 1})));
}

TEST(Goals, ShortCallsAreJudgedBeyondTheirVectors) {
  // 2 ns an element in long calls; a call takes 5 ns more than its vectors of 8, that of 9 elements 30 ns
  // more, and measuring one takes 2 ns.
  Sweep sweep = sweep_of({cell("exp", Pass::forward, kSmall, {timing(name_of(kStandard), kSmall * 2e-9)})});
  std::vector<Timing> calls;
  for (std::size_t n = 0; n <= kShort; ++n)
    calls.push_back(timing(short_call_name(n), (static_cast<double>((n + 7) / 8) * 16 + (n == 0   ? 2
                                                                                         : n == 9 ? 32
                                                                                                  : 7)) *
                                                   1e-9));
  sweep.short_calls = {cell("exp", Pass::forward, kShort, calls)};
  sweep.short_calls[0].elements = 1;
  const Figures figures = goal_of("ns beyond the vectors' time").figures({sweep, {}});
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_NEAR(figures[0].value, 30, 1e-9);
}

TEST(Goals, SixteenBitsMayTakeAsLongAsAConvertingCopy) {
  const std::string f32 = name_of(kStandard), bf16 = name_of(kBrain);
  const Sweep sweep = sweep_of({cell("square", Pass::forward, kSmall, {timing(f32, 1), timing(bf16, 3)}),
                                cell("relu", Pass::forward, kSmall, {timing(f32, 1), timing(bf16, 4)}),
                                cell("exp", Pass::forward, kSmall, {timing(f32, 10), timing(bf16, 8)})});
  const Figures figures = goal_of("bf16: speed / f32's").figures({sweep, {}});
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_DOUBLE_EQ(figures[0].value, 1);
  EXPECT_DOUBLE_EQ(figures[1].value, 0.75) << "slower than the limit";
  EXPECT_DOUBLE_EQ(figures[2].value, 1.25);
}

TEST(Goals, KernelsWithARarePathHaveAGoalOfTheirOwn) {
  const Variant standard = kStandard;
  std::vector<Cell> cells;
  for (const char *name : {"exp", "sin"})
    cells.push_back(cell(name, Pass::forward, kSmall,
                         {timing(name_of(standard), 1), timing(name_of(standard, Distribution::all), 2)}));
  const PortBounds ports{.cpu = "model",
                         .gigahertz = 1,
                         .bounds = {{find_activation("exp"), standard, Pass::forward, 1},
                                    {find_activation("sin"), standard, Pass::forward, std::nan("")}}};
  const Measured measured{sweep_of(cells), ports};
  const OtherGoal &plain = goal_of("all floats: time / that of N(0,1)");
  const OtherGoal &rare = goal_of("all floats, rare path: time / that of N(0,1)");
  ASSERT_EQ(plain.figures(measured).size(), 1u);
  EXPECT_EQ(plain.figures(measured)[0].row, "exp");
  EXPECT_FALSE(is_reached(plain, plain.figures(measured)));
  ASSERT_EQ(rare.figures(measured).size(), 1u);
  EXPECT_EQ(rare.figures(measured)[0].row, "sin");
  EXPECT_TRUE(is_reached(rare, rare.figures(measured)));
}

TEST(Child, AnswersOrFails) {
  const nlohmann::json answer = in_child([] { return nlohmann::json{{"text", "x"}, {"error", INFINITY}}; });
  EXPECT_EQ(answer.at("text"), "x");
  EXPECT_EQ(answer.at("error").get<double>(), INFINITY);
  EXPECT_THROW(in_child([]() -> nlohmann::json { user_error("no"); }), UserError);
}

// But for those beside libraries, which may not be here, and of some rows alone.
TEST(Sweep, HasFiguresForEveryGoalOfEveryRow) {
  const std::string target = host_target().name;
  SweepOptions options{
      .target = target, .goals_alone = true, .rows = {find_activation("relu"), find_activation("swiglu")}, .rounds = 3};
  options.deadline = std::chrono::steady_clock::now();
  Measured measured{measure_sweep(options, [](const std::string &) {}), {}};
  measured.ports.gigahertz = 1;
  for (const Activation *row : options.rows)
    for (const Pass pass : kPasses) measured.ports.bounds.push_back({row, kStandard, pass, 1});
  for (const OtherGoal &goal : other_goals()) {
    SCOPED_TRACE(goal.column);
    const std::string column(goal.column);
    const bool sometimes = column.find("peer") != std::string::npos || column.find("share") != std::string::npos ||
                           column.find("rare") != std::string::npos || column.find("PyTorch") != std::string::npos ||
                           goal.about == "two threads";
    if (!goal.figures || sometimes || !applies(goal, measured)) continue;
    EXPECT_EQ(goal.figures(measured).size(), 4u);
  }
  for (const Cell &cell : measured.sweep.cells)
    if (cell.n == kSmall) {
      EXPECT_LE(cell.ulp.at(name_of(kStandard)), 4) << cell.activation;
      EXPECT_LE(cell.ulp.at(name_of(kExact)), 0.5) << cell.activation;
    }
  EXPECT_FALSE(figures_text(measured).empty());
}

}  // namespace
}  // namespace actinide::speed
