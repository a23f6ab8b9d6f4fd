#include "tests/benchmark/measure.h"

#include "error.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

namespace actinide::speed {
namespace {

constexpr double kSeconds = 0.005;  // of a repetition, at least

// Repetitions of calls that take so long that their times hardly scatter.
int repetitions_of(double seconds_of_a_call, int wanted) {
  return seconds_of_a_call > kLongSeconds ? std::min(wanted, kLongRepetitions) : wanted;
}

// Keeps the time of one call in each repetition; prints nothing.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      internal_check(!run.error_occurred, "{}: {}", run.benchmark_name(), run.error_message);
      nanoseconds.push_back(run.real_accumulated_time / static_cast<double>(run.iterations) * 1e9);
    }
  }
  std::vector<double> nanoseconds;
};

}  // namespace

double median(std::vector<double> values) {
  internal_check(!values.empty(), "the median of nothing");
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<Timing> medians(const std::vector<Contender> &contenders, void *const *buffers, std::size_t n,
                            int wanted_repetitions) {
  std::vector<Timing> timings;
  for (const Contender &contender : contenders) {
    benchmark::ClearRegisteredBenchmarks();
    const auto loop = [&](benchmark::State &state) {
      for ([[maybe_unused]] const auto iteration : state) {
        contender.run(buffers, n);
        benchmark::ClobberMemory();
      }
    };
    const auto start = std::chrono::steady_clock::now();
    contender.run(buffers, n);
    const std::chrono::duration<double> call = std::chrono::steady_clock::now() - start;
    const int repetitions = repetitions_of(call.count(), wanted_repetitions);
    benchmark::RegisterBenchmark(contender.name.c_str(), loop)
        ->MinTime(kSeconds)
        ->Repetitions(repetitions + 1)
        ->UseRealTime();
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
    std::vector<double> &times = collector.nanoseconds;
    internal_check(times.size() == static_cast<std::size_t>(repetitions) + 1, "{}: {} repetitions reported",
                   contender.name, times.size());
    times.erase(times.begin());
    timings.push_back({contender.name, median(times) / static_cast<double>(n)});
  }
  benchmark::ClearRegisteredBenchmarks();
  return timings;
}

}  // namespace actinide::speed
