#include "measure/timing.h"

#include "error.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

// Keeps what was measured last; prints nothing.
class Collector : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(Clock clock) : clock_(clock) {}
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs) {
      internal_check(!run.error_occurred, "{}: {}", run.benchmark_name(), run.error_message);
      iterations = run.iterations;
      seconds = (clock_ == Clock::wall ? run.real_accumulated_time : run.cpu_accumulated_time) /
                static_cast<double>(run.iterations);
    }
  }
  benchmark::IterationCount iterations = 0;
  double seconds = 0;  ///< of a call

 private:
  Clock clock_;
};

// Runs the contender as often as `limit` says.
template <typename Limit>
Collector measure(const Contender &contender, Clock clock, Limit limit) {
  const auto loop = [&](benchmark::State &state) {
    for ([[maybe_unused]] const auto iteration : state) {
      contender.run();
      benchmark::ClobberMemory();
    }
  };
  benchmark::ClearRegisteredBenchmarks();
  auto *const registered = benchmark::RegisterBenchmark(contender.name.c_str(), loop);
  if (clock == Clock::wall) registered->UseRealTime();
  limit(registered);
  Collector collector(clock);
  benchmark::RunSpecifiedBenchmarks(&collector, ".");
  benchmark::ClearRegisteredBenchmarks();
  internal_check(collector.iterations > 0, "{}: nothing was measured", contender.name);
  return collector;
}

// Between neighbours it interpolates.
double quantile(std::vector<double> values, double part) {
  internal_check(!values.empty(), "a quantile of nothing");
  std::ranges::sort(values);
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

}  // namespace

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

double Timing::median() const {
  return quantile(seconds, 0.5);
}
double Timing::lower_quartile() const {
  return quantile(seconds, 0.25);
}
double Timing::upper_quartile() const {
  return quantile(seconds, 0.75);
}

double paired_ratio(const Timing &one, const Timing &other) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < std::min(one.seconds.size(), other.seconds.size()); ++round)
    ratios.push_back(one.seconds[round] / other.seconds[round]);
  return median(std::move(ratios));
}

std::vector<Timing> take_turns(std::span<const Contender> contenders, const Effort &effort) {
  const auto stopped = [&] { return effort.stopped && effort.stopped(); };
  const double share = effort.seconds / effort.rounds;
  std::vector<Collector> first;
  std::vector<Timing> timings;
  for (const Contender &contender : contenders) {
    if (stopped()) return timings;
    first.push_back(measure(contender, effort.clock, [&](auto *benchmark) { benchmark->MinTime(share); }));
    timings.push_back({contender.name, {}});
  }
  for (int round = 0; round < effort.rounds; ++round)
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      if (stopped()) return timings;
      if (first[i].seconds > kLongSeconds && round >= kLongRounds) continue;
      timings[i].seconds.push_back(measure(contenders[i], effort.clock, [&](auto *benchmark) {
                                     benchmark->Iterations(first[i].iterations);
                                   }).seconds);
    }
  return timings;
}

}  // namespace actinide::speed
